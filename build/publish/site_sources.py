"""Whether a site is made from what the last one was made from, told without reading it."""

from collections.abc import Iterable, Sequence

from diamond_cutter.build.publish.generator_digest import digest, generator_digest, static_files
from diamond_cutter.build.publish.site_manifest import Part, part_of, read_part, read_stored
from diamond_cutter.build.publish.site_staging import Stage
from diamond_cutter.precompute.stores.store_opening import open_store
from diamond_cutter.precompute.stores.stored_files import stored_files


def sources_state(stores: Iterable[str], settings: Sequence[str]) -> str:
    """A digest of how stores lie, of what else a site is made with, and of its settings.

    Empty where one of the stores does not tell, or is not there.
    """
    lying = [_lying(store) for store in stores]
    if not all(lying):
        return ""
    facts = (generator_digest(), digest(static_files().items()), lying, settings)
    return digest([("facts", repr(facts).encode())])


def unchanged_parts(stage: Stage, sources: str) -> list[Part] | None:
    """What the last site amounts to, itself and its parts, if it is of `sources` and is whole."""
    if not sources or read_stored(stage.output).sources != sources:
        return None
    parts = []
    for path in ("", *stage.last.parts):
        manifest = read_part(stage.output, path) if path else stage.last
        held = Stage(stage.folder, stage.output, manifest)
        if not manifest.files or not all(map(held.holds, manifest.files)):
            return None
        parts.append(part_of(manifest.files))
    return parts


def _lying(store: str) -> str:
    try:
        return stored_files(open_store(store, "r"))
    except Exception:  # noqa: BLE001 - whoever reads it tells what is wrong with it
        return ""

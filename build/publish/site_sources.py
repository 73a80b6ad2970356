"""Whether a site is made from what the last one was made from, told without reading it."""

from collections.abc import Iterable, Sequence

import zarr

from diamond_cutter.build.publish.generator_digest import digest, generator_digest, static_files
from diamond_cutter.build.publish.site_manifest import Manifest, read_part, read_stored
from diamond_cutter.build.publish.site_staging import Stage
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


def unchanged_manifests(stage: Stage, sources: str) -> list[Manifest] | None:
    """The manifests of the last site and its parts, if it was made from `sources` and is whole."""
    if not sources or read_stored(stage.output).sources != sources:
        return None
    manifests = [stage.last, *(read_part(stage.output, part) for part in stage.last.parts)]
    for manifest in manifests:
        held = Stage(stage.folder, stage.output, manifest)
        if not manifest.files or not all(map(held.holds, manifest.files)):
            return None
    return manifests


def _lying(store: str) -> str:
    try:
        return stored_files(zarr.open_group(store, mode="r"))
    except Exception:  # noqa: BLE001 - whoever reads it tells what is wrong with it
        return ""

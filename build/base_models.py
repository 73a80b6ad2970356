"""What a site takes from published atlases: the models that it is to show, into its own atlas."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import ExitStack
from typing import Any

import zarr

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.atlas_writer import ATLAS, create_atlas
from diamond_cutter.precompute.stores.local_folder import check_folder, exclusive
from diamond_cutter.precompute.stores.published.base_atlas import (
    Taken,
    open_bases,
    take_from_bases,
)
from diamond_cutter.precompute.stores.published.base_layer import Wish
from diamond_cutter.precompute.stores.store_address import locate
from diamond_cutter.precompute.stores.study.study_reader import open_studies


def take_models(
    store: str, bases: Sequence[str], models: Iterable[str], studies: Sequence[str]
) -> list[str]:
    """Copy from bases what an atlas lacks of these models and of those that it or studies have.

    store: the address of the atlas, made where it is not there and a base holds such a model. Gives
    lines for whoever asked: what came of each base, and why the atlas could not be written.
    """
    if not bases:
        return []
    found = open_bases(bases)
    address = locate(store, ATLAS)
    try:
        there = address.find()
        wanted = {**dict.fromkeys(models, ""), **_of_studies(studies)}
        wanted.update({} if there is None else {name: "" for name, _ in there.groups()})
        if any(taken.holds(wanted) for taken in found):
            with ExitStack() as stack:
                if address.folder is not None:
                    check_folder(address.folder, ATLAS, 0)
                    stack.enter_context(exclusive(address.folder, ATLAS))
                stack.enter_context(address.writing())
                atlas = create_atlas(address.address)
                take_from_bases(found, atlas, [Wish(*each) for each in sorted(wanted.items())])
    except UserError as error:
        return [f"bases are left out: {error}"]
    return [line for taken in found for line in (*taken.describe(), *_others(taken, wanted))]


def _others(taken: Taken, wanted: Collection[str]) -> list[str]:
    others = [name for name in taken.models if name not in wanted]
    if not others:
        return []
    names = ", ".join(others[:8]) + (", ..." if len(others) > 8 else "")
    return [f"base {taken.address} also holds {names}; name what is to be shown in [atlas] models"]


def _of_studies(studies: Sequence[str]) -> dict[str, str]:
    """The models of studies, and of networks that photos are asked of, with their weights."""
    found: dict[str, str] = {}
    for address in studies:
        for _, study in open_studies(address).groups():
            for part in ("cuts", "attribution"):
                group = study.get(f"{study.attrs.get('slot')}/{part}")
                for model, cuts in group.groups() if isinstance(group, zarr.Group) else ():
                    for _, cut in cuts.groups():
                        told: Any = cut.attrs.get("cut", {})
                        found[model] = str(told.get("weights_digest", ""))
    return found

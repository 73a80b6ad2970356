"""The classes of a cut: their neuron groups and their own pictures, made where they are missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.settings import AttributionSettings
from diamond_cutter.precompute.attribution import store
from diamond_cutter.precompute.attribution.case import Case
from diamond_cutter.precompute.attribution.class_groups import (
    GroupUnit,
    class_key,
    members,
    read_groups,
    store_groups,
)
from diamond_cutter.precompute.attribution.class_pictures import (
    Wanted,
    of_classes,
    of_directions,
    of_groups,
    picture_units,
    store_pictures,
)
from diamond_cutter.precompute.attribution.photo_groups import choose_few, read_directions
from diamond_cutter.precompute.attribution.sample import photo_count
from diamond_cutter.precompute.attribution.shelf import Place, find_rows, key_of, read_rows
from diamond_cutter.precompute.attribution.task import Inquiry, Row
from diamond_cutter.precompute.contract.attribution import ClassGroups, PhotoGroups, Pictures
from diamond_cutter.precompute.features.key import shelf_of


@dataclass(frozen=True, eq=False)
class Site:
    """Where things are made and stored: a study's group and name, and what makes units.

    `depth`: the place of the cut among those that are explained.
    """

    study: zarr.Group
    name: str
    depth: int
    seed: int
    make: Callable[[Any, list[Any], str], None]


def shelf_of_classes(case: Case) -> str:
    """The shelf of what is made of a cut's classes."""
    stands_for = {**shelf_of(case.backbone.name).attributes, "cut": case.layers[-1].name}
    return f"classes-{key_of(stands_for)[:12]}"


def write_classes(
    group: zarr.Group,
    site: Site,
    case: Case,
    inquiry: Inquiry,
    rows: Sequence[Row],
    keys: Sequence[str],
    parts: tuple[str, Sequence[Place]],
    own: NDArray[np.int64],
    chosen: NDArray[np.int32],
    settings: AttributionSettings,
) -> set[str]:
    """Make and store the groups and pictures of a cut's classes; the keys of all of them.

    `rows`, `keys`, `own`, `chosen`: of each explained photo the row, its key, the class that it
    counts for, and its index in the study; `parts`: their shelf, and where each is on it.
    `group`: of the cut in the slot.
    """
    labels = [int(k) for k in np.unique(own)]
    logit, way = of_classes(case, labels, settings.pictures)
    wanted, used = {"logit": logit, "way": way}, set[str]()
    if settings.groups:
        groups, used = _groups(site, case, inquiry, rows, keys, own, chosen)
        if settings.pictures:
            wanted["classes"] = of_groups(case, groups)
            shelf, places = parts
            told = read_rows(site.study, shelf, places, "logit")
            few = choose_few(told, own, photo_count("pictured", settings.pictured, least=0))
            if few:
                directions = read_directions(site.study, shelf, [places[row] for row in few], case)
                names = [f"of photo {keys[row][:16]}" for row in few]
                wanted["photos"] = of_directions(case, names, directions)
    made = dict(zip(wanted, _pictures(site, case, list(wanted.values())), strict=True))
    if settings.groups:
        if "photos" in made:
            of_photo = _each(made["photos"], settings.groups)
            store.write_photo_groups(group, PhotoGroups(chosen[few], of_photo))
        if "classes" in made:
            groups = replace(groups, picture=_each(made["classes"], settings.groups))
        store.write_class_groups(group, groups)
    if settings.pictures:
        logits, ways = (_each(made[name], settings.pictures) for name in ("logit", "way"))
        store.write_pictures(group, Pictures(np.array(labels, np.int32), logits, ways))
    return used.union(*(each.keys for each in wanted.values()))


def _each(pictures: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Pictures (n * count, S, S, 3) as (n, count, S, S, 3)."""
    return pictures.reshape(-1, count, *pictures.shape[1:])


def _groups(
    site: Site,
    case: Case,
    inquiry: Inquiry,
    rows: Sequence[Row],
    keys: Sequence[str],
    own: NDArray[np.int64],
    chosen: NDArray[np.int32],
) -> tuple[ClassGroups, set[str]]:
    shelf = shelf_of_classes(case)
    at_cut = replace(inquiry, layers=inquiry.layers[-1:])
    there = find_rows(site.study, shelf)
    units, labels, photos, names = [], [], [], []
    for label, inside in members(own.tolist(), [row.head for row in rows]):
        key = class_key([*(keys[row] for row in inside), str(inquiry.groups)], label)
        labels.append(label)
        photos.append([int(chosen[row]) for row in inside])
        names.append(key)
        if key not in there:
            unit = GroupUnit(
                model=at_cut.model,
                inquiry=at_cut,
                depth=site.depth,
                gflops=case.backbone.gflops * 2,
                study=site.name,
                shelf=shelf,
                label=label,
                key=key,
                rows=tuple(rows[row] for row in inside),
                heads=case.heads,
            )
            units.append(unit)
    site.make(store_groups, units, "classes")
    there = find_rows(site.study, shelf)
    places = [there[key] for key in names]
    return read_groups(site.study, shelf, labels, photos, places), set(names)


def _pictures(site: Site, case: Case, wanted: Sequence[Wanted]) -> list[NDArray[np.uint8]]:
    """The pictures of each kind, (n, P, P, 3), those that are missing rendered first.

    Kinds of one family stand together: each change of family costs a tracing.
    """
    shelf = shelf_of_classes(case)
    there = set(find_rows(site.study, shelf))
    units = [
        unit
        for each in wanted
        for unit in picture_units(
            case,
            each,
            there,
            depth=site.depth,
            study=site.name,
            shelf=shelf,
            seed=site.seed,
        )
    ]
    site.make(store_pictures, units, "pictures")
    found = find_rows(site.study, shelf)
    nothing = np.zeros((0, 1, 1, 3), np.uint8)
    return [
        read_rows(site.study, shelf, [found[key] for key in each.keys], "picture")
        if each.keys
        else nothing
        for each in wanted
    ]

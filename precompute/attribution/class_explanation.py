"""The classes of a cut: neuron groups and class pictures, made where missing, of photos too."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.settings import AttributionSettings
from diamond_cutter.precompute.attribution.attribution_selection import (
    choose_classes,
    dealt,
    photo_count,
)
from diamond_cutter.precompute.attribution.attribution_task import AttributionRequest, PhotoRow
from diamond_cutter.precompute.attribution.class_groups import (
    ClassGroupsTask,
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
    picture_tasks,
    store_class_pictures,
)
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain
from diamond_cutter.precompute.features.feature_keys import namespace_of
from diamond_cutter.precompute.jobs.display import duration
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.attribution.attribution_layout import (
    PACKED,
    ClassGroups,
    PhotoGroups,
    Pictures,
)
from diamond_cutter.precompute.stores.attribution.number_packing import unpack
from diamond_cutter.precompute.stores.shards import RowIndex, find_rows, key_of, read_rows

if TYPE_CHECKING:
    from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain


def choose_few(logit: NDArray[np.float32], own: NDArray[np.int64], count: int | None) -> list[int]:
    """The rows of `count` photos, all if None: half of them the worst errors, half the surest.

    By margin, dealt out over the classes. `logit` (n, K); `own` (n,): the class that each photo
    counts for.
    """
    count = len(own) if count is None else min(count, len(own))
    others = logit.copy()
    others[np.arange(len(own)), own] = -np.inf
    margin = logit[np.arange(len(own)), own] - others.max(axis=1)
    worst = dealt(np.argsort(margin, kind="stable"), own)[: (count + 1) // 2]
    surest = np.argsort(-margin, kind="stable")
    surest = dealt(surest[~np.isin(surest, worst)], own)[: count // 2]
    return sorted(map(int, (*worst, *surest)))


def read_directions(
    study: zarr.Group, namespace: str, places: Sequence[RowIndex], to_explain: "CutToExplain"
) -> NDArray[np.float32]:
    """The directions of the groups of photos at the cut, (n, G, C)."""
    path = f"layers/{to_explain.layers[-1].name}/group_direction"
    packed, peak = (read_rows(study, namespace, places, name) for name in (path, f"{path}_peak"))
    return unpack(packed, peak, PACKED["group_direction"][1])


@dataclass(frozen=True, eq=False)
class Site:
    """Where things are made and stored: a study's group and name, what makes tasks and tells.

    `depth`: the place of the cut among those that are explained.
    """

    study: zarr.Group
    name: str
    depth: int
    make: Callable[[Any, list[Any], str], None]
    note: Callable[[str], None]


def shelf_of_classes(to_explain: CutToExplain) -> str:
    """The namespace of what is made of a cut's classes."""
    namespace = namespace_of(to_explain.backbone.network, to_explain.backbone.input_size)
    stands_for = {**namespace.attributes, "cut": to_explain.layers[-1].name}
    return f"classes-{key_of(stands_for)[:12]}"


def write_classes(
    group: zarr.Group,
    site: Site,
    to_explain: CutToExplain,
    request: AttributionRequest,
    rows: Sequence[PhotoRow],
    keys: Sequence[str],
    parts: tuple[str, Sequence[RowIndex]],
    own: NDArray[np.int64],
    chosen: NDArray[np.int32],
    settings: AttributionSettings,
) -> set[str]:
    """Make and store the groups and pictures of a cut's classes; the keys of all of them.

    `rows`, `keys`, `own`, `chosen`: of each explained photo the row, its key, the class that it
    counts for, and its index in the study; `parts`: their namespace, and where each is on it.
    `group`: of the cut in the slot.
    """
    namespace, places = parts
    told = read_rows(site.study, namespace, places, "logit")
    labels = choose_classes(told, own, settings.pictured_classes) if settings.pictures else []
    logit, way = of_classes(to_explain, labels, settings.pictures)
    wanted, used = {"logit": logit, "way": way}, set[str]()
    if settings.groups:
        groups, used = _groups(site, to_explain, request, rows, keys, own, chosen)
        if settings.pictures:
            pictured = np.isin(groups.label, labels)
            wanted["classes"] = of_groups(to_explain, groups, pictured)
            few = choose_few(told, own, photo_count("pictured", settings.pictured, least=0))
            if few:
                directions = read_directions(
                    site.study, namespace, [places[row] for row in few], to_explain
                )
                names = [f"of photo {keys[row][:16]}" for row in few]
                wanted["photos"] = of_directions(to_explain, names, directions)
    pictures, seconds = _pictures(site, to_explain, list(wanted.values()))
    made = dict(zip(wanted, pictures, strict=True))
    others = len(np.unique(own)) - len(labels)
    if settings.pictures and others:
        each = 2 * settings.pictures + settings.groups
        took = f"; those of all others would take about {duration(seconds * each * others)}"
        site.note(
            f"Pictures of {len(labels)} of {len(labels) + others} classes at "
            f"{to_explain.layers[-1].name}, those most often confused{took if seconds else ''}: "
            'pictured_classes = "all"'
        )
    if settings.groups:
        if "photos" in made:
            of_photo = _each(made["photos"], settings.groups)
            attribution_writer.write_photo_groups(group, PhotoGroups(chosen[few], of_photo))
        if made.get("classes", np.zeros(0)).size:
            of_class = _each(made["classes"], settings.groups)
            picture = np.zeros((len(pictured), *of_class.shape[1:]), np.uint8)
            picture[pictured] = of_class
            groups = replace(groups, picture=picture)
        attribution_writer.write_class_groups(group, groups)
    if settings.pictures:
        logits, ways = (_each(made[name], settings.pictures) for name in ("logit", "way"))
        attribution_writer.write_pictures(group, Pictures(np.array(labels, np.int32), logits, ways))
    return used.union(*(each.keys for each in wanted.values()))


def _each(pictures: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Pictures (n * count, S, S, 3) as (n, count, S, S, 3)."""
    return pictures.reshape(-1, count, *pictures.shape[1:])


def _groups(
    site: Site,
    to_explain: CutToExplain,
    request: AttributionRequest,
    rows: Sequence[PhotoRow],
    keys: Sequence[str],
    own: NDArray[np.int64],
    chosen: NDArray[np.int32],
) -> tuple[ClassGroups, set[str]]:
    namespace = shelf_of_classes(to_explain)
    at_cut = replace(request, layers=request.layers[-1:])
    there = find_rows(site.study, namespace)
    tasks, labels, photos, names = [], [], [], []
    for label, inside in members(own.tolist(), [row.head for row in rows]):
        key = class_key([*(keys[row] for row in inside), str(request.groups)], label)
        labels.append(label)
        photos.append([int(chosen[row]) for row in inside])
        names.append(key)
        if key not in there:
            task = ClassGroupsTask(
                request=at_cut,
                depth=site.depth,
                gflops=to_explain.backbone.gflops * 2,
                study=site.name,
                namespace=namespace,
                label=label,
                key=key,
                rows=tuple(rows[row] for row in inside),
                heads=to_explain.heads,
            )
            tasks.append(task)
    site.make(store_groups, tasks, "classes")
    there = find_rows(site.study, namespace)
    places = [there[key] for key in names]
    return read_groups(site.study, namespace, labels, photos, places), set(names)


def _pictures(
    site: Site, to_explain: CutToExplain, wanted: Sequence[Wanted]
) -> tuple[list[NDArray[np.uint8]], float]:
    """The pictures of each kind, (n, P, P, 3), and the seconds that each one missing took, or 0.

    Those that are missing are rendered first. Kinds of one family stand together: each change of
    family costs a tracing.
    """
    namespace = shelf_of_classes(to_explain)
    there = set(find_rows(site.study, namespace))
    tasks = [
        task
        for each in wanted
        for task in picture_tasks(
            to_explain,
            each,
            there,
            depth=site.depth,
            study=site.name,
            namespace=namespace,
        )
    ]
    started = time.monotonic()
    site.make(store_class_pictures, tasks, "pictures")
    seconds = (time.monotonic() - started) / max(1, sum(task.size for task in tasks))
    found = find_rows(site.study, namespace)
    nothing = np.zeros((0, 1, 1, 3), np.uint8)
    pictures = [
        read_rows(site.study, namespace, [found[key] for key in each.keys], "picture")
        if each.keys
        else nothing
        for each in wanted
    ]
    return pictures, seconds if tasks else 0.0

"""The shortcut check: attribution that lies where the thing itself would hardly lie.

Heads may tell classes apart by what has nothing to do with them: a date in a corner, the edge of a
scanner, one spot of dirt (Lapuschkin et al. 2019, "Unmasking Clever Hans predictors"). Of each
class, the attribution that speaks for it is looked at photo by photo: which share lies at one
place, always the same, in the corners, on the border. What is usual is what the photos of the other
classes show for theirs, or an even spread, whichever is more.

A late cut has few cells, and each of them sees most of the photo: what a head makes of a mark there
is spread over many. So the layers below the cut are looked at as well, for the same head.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.attribution.attribution_layout import Shortcut

Floats = NDArray[np.float32]

LEAST_PHOTOS = 10
"""Photos of a class below which nothing is said of it: a few may happen to be framed alike."""
LEAST_CELLS = 4
"""Cells a side below which a place tells nothing."""
EXCESS = 0.12
"""The share beyond the usual one that is worth a warning,"""
TIMES = 2.0
"""if it is so many times the usual as well. Photos of things reach 0.08 and 1.8 times, a mark that
covers a fiftieth of most photos of a class 0.2 and 3.5 times."""
SPOT_EXCESS = 0.03
"""The same for a spot, a block of a seventh of the sides: photos of things reach 0.04"""
SPOT_TIMES = 2.4
"""and 2 times, such a mark 0.04 to 0.1 and 2.8 to 6 times, at layers from a stride of 8 to 32."""
SPOT_MEDIAN = 2.0
"""times the usual is what half of the photos reach there: a few photos alone make no spot."""
FEW = 0.04
"""The share of the cells that are few."""
FEW_USUAL = 0.15
"""The share of attribution that lies on so few cells anyway, at least."""
EXAMPLES = 6
"""Photos that a warning names."""


def find_shortcuts(
    heatmap: Floats,
    own: NDArray[np.int64],
    photo: NDArray[np.int32],
    names: Sequence[str],
    layer: str,
) -> list[Shortcut]:
    """The warnings of a layer, class by class.

    `heatmap` (n, R, Q): the attribution of each photo to the class `own` (n,) that it counts for;
    `photo` (n,): the photos' indices; `names` of the classes; `layer`: its name.
    """
    _, rows, columns = heatmap.shape
    if min(rows, columns) < LEAST_CELLS:
        return []
    share = np.maximum(heatmap, 0)
    share = share / np.maximum(share.sum(axis=(1, 2), keepdims=True), 1e-12)
    found = []
    for label in np.unique(own):
        inside = own == label
        if inside.sum() >= LEAST_PHOTOS:
            warnings = _of_class(share, inside, photo, int(label), names[label])
            found += [replace(warning, layer=layer) for warning in warnings]
    return found


def join_layers(layers: Sequence[Sequence[Shortcut]]) -> list[Shortcut]:
    """Of each class the warnings of the deepest layer that has any; `layers` deepest first."""
    joined: dict[int, Sequence[Shortcut]] = {}
    for warnings in layers:
        classes = {warning.label for warning in warnings}
        for label in sorted(classes - joined.keys()):
            joined[label] = [warning for warning in warnings if warning.label == label]
    return [warning for label in sorted(joined) for warning in joined[label]]


def _of_class(
    share: Floats, inside: NDArray[np.bool_], photo: NDArray[np.int32], label: int, name: str
) -> list[Shortcut]:
    rows, columns = share.shape[1:]
    corners, border = _corners(rows, columns), _border(rows, columns)
    spot = _window(share[inside].mean(axis=0), 4)
    found: list[Shortcut] = []
    for kind, mask, words in (
        ("place", spot, "at one place, whatever the photo shows"),
        ("corners", corners, "in the corners"),
        ("border", border, "on the outermost cells"),
    ):
        there = (share * mask).sum(axis=(1, 2))
        if found and (mask & spot).any():
            continue  # that place says it better
        usual = max(_mean(there[~inside]), float(mask.mean()))
        reached = _mean(there[inside])
        if reached - usual < EXCESS or reached < TIMES * usual:
            continue
        order = np.argsort(-there[inside], kind="stable")[:EXAMPLES]
        found.append(_warning(kind, label, name, reached, usual, mask, photo[inside][order], words))
    return (
        found or _spot(share, inside, photo, label, name) or _few(share, inside, photo, label, name)
    )


def _spot(
    share: Floats, inside: NDArray[np.bool_], photo: NDArray[np.int32], label: int, name: str
) -> list[Shortcut]:
    """A small place where a class has more than all others, however little that is."""
    if inside.all():
        return []
    mask = _window(share[inside].mean(axis=0) - share[~inside].mean(axis=0), 7)
    there = (share * mask).sum(axis=(1, 2))
    usual, reached = max(_mean(there[~inside]), float(mask.mean())), _mean(there[inside])
    if reached - usual < SPOT_EXCESS or reached < SPOT_TIMES * usual:
        return []
    if np.median(there[inside]) < SPOT_MEDIAN * usual:
        return []
    order = np.argsort(-there[inside], kind="stable")[:EXAMPLES]
    words = "at one small place, whatever the photo shows"
    return [_warning("place", label, name, reached, usual, mask, photo[inside][order], words)]


def _few(
    share: Floats, inside: NDArray[np.bool_], photo: NDArray[np.int32], label: int, name: str
) -> list[Shortcut]:
    """Attribution that lies on few cells of each photo, wherever they are."""
    count = max(1, round(share[0].size * FEW))
    ordered = np.sort(share.reshape(len(share), -1), axis=1)[:, ::-1]
    there = ordered[:, :count].sum(axis=1)
    usual, reached = max(_mean(there[~inside]), FEW_USUAL), _mean(there[inside])
    if reached - usual < EXCESS or reached < TIMES * usual:
        return []
    order = np.argsort(-there[inside], kind="stable")[:EXAMPLES]
    mask = np.zeros(share.shape[1:], bool)
    words = f"on {count} of {share[0].size} cells"
    return [_warning("few", label, name, reached, usual, mask, photo[inside][order], words)]


def _warning(
    kind: str,
    label: int,
    name: str,
    reached: float,
    usual: float,
    mask: NDArray[np.bool_],
    photos: NDArray[np.int32],
    words: str,
) -> Shortcut:
    return Shortcut(
        kind=kind,  # type: ignore[arg-type]
        label=label,
        layer="",
        share=reached,
        usual=usual,
        cells=[(int(y), int(x)) for y, x in np.argwhere(mask)],
        photos=[int(each) for each in photos],
        sentence=(
            f"{100 * reached:.0f} % of what speaks for {name} lies {words}; {100 * usual:.0f} % is "
            "usual. Look at the photos: the heads may have learned a mark there, not the thing."
        ),
    )


def _window(mean: Floats, part: int) -> NDArray[np.bool_]:
    """The block of cells, one `part` of the sides, that holds most: the mask (R, Q)."""
    rows, columns = mean.shape
    height, width = max(1, round(rows / part)), max(1, round(columns / part))
    windows = np.lib.stride_tricks.sliding_window_view(mean, (height, width)).sum(axis=(2, 3))
    top, left = np.unravel_index(windows.argmax(), windows.shape)
    mask = np.zeros(mean.shape, bool)
    mask[top : top + height, left : left + width] = True
    return mask


def _corners(rows: int, columns: int) -> NDArray[np.bool_]:
    height, width = max(1, round(rows / 7)), max(1, round(columns / 7))
    mask = np.zeros((rows, columns), bool)
    for y in (slice(0, height), slice(rows - height, rows)):
        for x in (slice(0, width), slice(columns - width, columns)):
            mask[y, x] = True
    return mask


def _border(rows: int, columns: int) -> NDArray[np.bool_]:
    mask = np.ones((rows, columns), bool)
    mask[max(1, rows // 14) : rows - max(1, rows // 14)][
        :, max(1, columns // 14) : columns - max(1, columns // 14)
    ] = False
    return mask


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else 0.0

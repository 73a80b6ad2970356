"""Writes studies, in the layout of `study_layout`; one that is there stays until replaced.

Everything of a study goes into the slot that is not in use; `finish` turns to it, in one write.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.codecs import ZstdCodec

from diamond_cutter.command.structuring import unstructure
from diamond_cutter.precompute.stores.format_version import check_format, format_attributes
from diamond_cutter.precompute.stores.store_address import array
from diamond_cutter.precompute.stores.store_opening import open_store
from diamond_cutter.precompute.stores.study.dataset_report import Report, to_json
from diamond_cutter.precompute.stores.study.study_layout import THUMBNAIL, Cut, Planned, Study
from diamond_cutter.precompute.stores.study.study_reader import cut_group

PHOTOS = 64
"""Photos in one chunk of the arrays of photos."""
SLOTS = ("a", "b")
"""Where a study may lie; one is in use."""


@dataclass(frozen=True)
class Draft:
    """A study that is being written: its own group, and that of the slot it goes into."""

    study: zarr.Group
    slot: zarr.Group


def create_studies(address: str) -> zarr.Group:
    """Open the studies at `address`, or make an empty store; a `UserError` for another format."""
    studies = open_store(address, "a")
    if not studies.attrs.asdict() and not list(studies.members()):
        studies.attrs.put(format_attributes("study"))
    check_format(studies.attrs.asdict(), "study", address)
    return studies


def begin(studies: zarr.Group, name: str) -> Draft:
    """Begin to write a study anew; what a run that was stopped has left in the slot goes."""
    study = studies.require_group(name)
    slot = SLOTS[1] if study.attrs.get("slot") == SLOTS[0] else SLOTS[0]
    return Draft(study, study.create_group(slot, overwrite=True))


def write_planned(draft: Draft, planned: Planned) -> None:
    """Store what the study is going to try."""
    draft.slot.attrs.put({"planned": unstructure(planned)})


def write_report(draft: Draft, report: Report) -> None:
    """Store the dataset report."""
    text = json.dumps(to_json(report)).encode()
    _write(draft.slot, "report", np.frombuffer(text, np.uint8))


def write_photos(
    draft: Draft, labels: NDArray[np.int32], folds: NDArray[np.int32], groups: NDArray[np.int32]
) -> None:
    """Store each photo's class, fold and group, (N,) each, and make room for the thumbnails."""
    photos = draft.slot.create_group("photos")
    for name, values in (("label", labels), ("fold", folds), ("group", groups)):
        _write(photos, name, values.astype(np.int32))
    side = (THUMBNAIL, THUMBNAIL, 3)
    photos.create_array(
        "thumbnail",
        shape=(len(labels), *side),
        chunks=(PHOTOS, *side),
        dtype="uint8",
        compressors=ZstdCodec(level=3),
    )


def write_thumbnails(draft: Draft, start: int, thumbnails: NDArray[np.uint8]) -> None:
    """Store the thumbnails, (B, 96, 96, 3) uint8, of the photos from `start` on."""
    array(draft.slot, "photos/thumbnail")[start : start + len(thumbnails)] = thumbnails


def write_predictions(
    draft: Draft,
    model: str,
    cut: str,
    probability: NDArray[np.float32],
    confusion: NDArray[np.int64],
    heads: Sequence[Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]],
) -> None:
    """Store a cut's (N, K) held-out predictions, (K, K) confusions, and the layers of its heads.

    `heads`: those of the folds, in order, and last that which all photos trained.
    """
    group = draft.slot.require_group(f"cuts/{model}/{cut}")
    _write(group, "probability", probability.astype(np.float32))
    _write(group, "confusion", confusion.astype(np.int64))
    for index, layers in enumerate(zip(*heads, strict=True)):
        for name, values in zip(("weight", "bias"), zip(*layers, strict=True), strict=True):
            _write(group, f"{name}_{index}", values[-1].astype(np.float32))
            if len(heads) > 1:
                _write(group, f"fold_{name}_{index}", np.stack(values[:-1]).astype(np.float32))


def write_cut(draft: Draft, cut: Cut) -> None:
    """Store what is known of a cut whose predictions are there; with that the cut is done."""
    cut_group(draft.slot, cut.model, cut.cut).attrs.put({"cut": unstructure(cut)})


def finish(draft: Draft, study: Study) -> None:
    """Turn to what was written; what was there before goes."""
    _turn(draft, {"study": unstructure(study)})


def finish_own(draft: Draft) -> None:
    """Turn to photos without a study, of which networks are asked by themselves."""
    _turn(draft, {})


def _turn(draft: Draft, attributes: dict[str, Any]) -> None:
    draft.study.attrs.put({**attributes, "slot": draft.slot.basename})
    for name in SLOTS:
        if name != draft.slot.basename and name in draft.study:
            del draft.study[name]


def _write(group: zarr.Group, name: str, values: NDArray[Any]) -> None:
    target = group.create_array(
        name, shape=values.shape, dtype=values.dtype, compressors=ZstdCodec(level=3)
    )
    target[...] = values

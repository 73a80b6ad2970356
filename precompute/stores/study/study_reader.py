"""Reads studies: the layout that `study_layout` describes."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import structure
from diamond_cutter.precompute.stores.format_version import VERSIONS, check_format
from diamond_cutter.precompute.stores.store_address import array, subgroup
from diamond_cutter.precompute.stores.store_opening import open_store
from diamond_cutter.precompute.stores.study.dataset_report import Report, counts, from_json
from diamond_cutter.precompute.stores.study.study_layout import (
    Cut,
    Expected,
    Measured,
    Planned,
    Study,
)


def open_studies(address: str, mode: Literal["r", "r+"] = "r") -> zarr.Group:
    """Open the studies at `address`; a `UserError` if there are none or their format is another."""
    try:
        group = open_store(address, mode)
    except FileNotFoundError as error:
        raise UserError(
            f"no studies at {address}: expected a Zarr store; `diamond study NAME` makes one"
        ) from error
    check_format(group.attrs.asdict(), "study", address)
    return group


def names(studies: zarr.Group) -> list[str]:
    """The names of the finished studies, sorted."""
    return sorted(name for name, group in studies.groups() if "study" in group.attrs)


def read_study(studies: zarr.Group, name: str) -> Study:
    """What is known of a finished study; a `UserError` if it is not there."""
    return structure(_finished(studies, name).attrs["study"], Study)


def study_group(studies: zarr.Group, name: str) -> zarr.Group:
    """The group with the report, the photos and the cuts of a finished study.

    Raises `UserError` if it is not there.
    """
    study = _finished(studies, name)
    return subgroup(study, str(study.attrs["slot"]))


def draft_group(studies: zarr.Group, name: str) -> zarr.Group | None:
    """The group of a study that is being written, or was when it was stopped; None without one."""
    if name not in studies:
        return None
    study = subgroup(studies, name)
    drafts = [
        group
        for slot, group in study.groups()
        if slot != study.attrs.get("slot") and "planned" in group.attrs
    ]
    return drafts[0] if drafts else None


def read_planned(study: zarr.Group) -> Planned:
    """What a study, or a draft of one, is to try; its group is that of `draft_group`."""
    return structure(study.attrs["planned"], Planned)


def cut_group(study: zarr.Group, model: str, cut: str) -> zarr.Group:
    """The group of a cut; `study` is that of `study_group`."""
    return subgroup(study, f"cuts/{model}/{cut}")


def read_cut(cut: zarr.Group) -> Cut:
    """What is known of a cut, whose group is that of `cut_group`."""
    return structure(cut.attrs["cut"], Cut)


def read_head(cut: zarr.Group) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The dense layers of a cut's head, (D, U) weights and (U,) biases, first to last."""
    return [(np.asarray(weight[:]), np.asarray(bias[:])) for weight, bias in _dense_layers(cut, "")]


def read_fold_head(
    cut: zarr.Group, fold: int
) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """As `read_head`, of the head that did not see the photos which a fold holds out."""
    return [
        (np.asarray(weight[fold]), np.asarray(bias[fold]))
        for weight, bias in _dense_layers(cut, "fold_")
    ]


def read_report(study: zarr.Group) -> Report:
    """The dataset report of a study, whose group is that of `study_group`."""
    return from_json(json.loads(np.asarray(array(study, "report")[:]).tobytes()))


def ranking_document(study: Study, cuts: Sequence[Cut], report: Report) -> dict[str, Any]:
    """A study as JSON has it: `diamond study --json`, and `study.json` of the site.

    `cuts` are all of them, best first, `report` is the dataset's; shares are 0..1, latency is in
    seconds.
    """
    expected, doubts = study.recommendation.expected, study.label_doubts
    baselines = {each.name: each.accuracy.value for each in study.baselines}
    if expected is not None:
        baselines["habit"] = expected.habit.accuracy.value
        baselines["neighbours"] = expected.neighbours.value
    return {
        "format_version": VERSIONS["ranking"],
        "study": study.name,
        "photos": study.photos,
        "groups": study.groups,
        "held_out": study.held_out,
        "classes": study.classes,
        "dataset": counts(report),
        "recommended": {"model": study.recommendation.model, "cut": study.recommendation.cut},
        **({} if expected is None else _expected(expected)),
        "sentence": study.recommendation.sentence,
        "enough": study.recommendation.enough,
        "baselines": baselines,
        "last_cuts": {cut.model: cut.metrics.accuracy.value for cut in last_cuts(cuts)},
        **({} if doubts is None else {"label_doubts": [asdict(each) for each in doubts.photos]}),
        "cuts": [_ranked(cut) for cut in cuts],
    }


def last_cuts(cuts: Iterable[Cut]) -> list[Cut]:
    """The deepest cut of each network, in the order in which the networks come."""
    last: dict[str, Cut] = {}
    for cut in cuts:
        if cut.model not in last or cut.index > last[cut.model].index:
            last[cut.model] = cut
    return list(last.values())


def _expected(expected: Expected) -> dict[str, Any]:
    saver, learning = expected.saver, expected.learning
    more = {}
    if learning is not None:
        more["more_photos"] = {"photos": learning.more, "gain": _measured(learning.gain)}
    return {
        **more,
        "expected_accuracy": _measured(expected.accuracy),
        "saver": {
            "model": saver.model,
            "cut": saver.cut,
            "expected_loss": saver.expected_loss.value,
            "interval": list(saver.expected_loss.interval),
        },
        "gain": _measured(expected.gain),
    }


def _measured(figure: Measured) -> dict[str, Any]:
    return {"value": figure.value, "interval": list(figure.interval)}


def _ranked(cut: Cut) -> dict[str, Any]:
    metrics, cost = cut.metrics, cut.cost
    return {
        "model": cut.model,
        "cut": cut.cut,
        "accuracy": metrics.accuracy.value,
        "interval": list(metrics.accuracy.interval),
        "difference": cut.comparison.difference,
        "difference_interval": list(cut.comparison.interval),
        "tied_with_best": cut.comparison.tied,
        "balanced_accuracy": metrics.balanced_accuracy.value,
        "macro_f1": metrics.macro_f1.value,
        "log_loss": metrics.log_loss.value,
        "calibration_error": metrics.calibration.error,
        "parameters": cost.parameters,
        "gflops": cost.gflops,
        "bytes": cost.bytes,
        "latency": cost.latency,
        "batch_latency": cost.batch_latency,
    }


def _dense_layers(cut: zarr.Group, kind: str) -> list[tuple[zarr.Array[Any], zarr.Array[Any]]]:
    count = sum(name.startswith(f"{kind}weight_") for name in cut.array_keys())
    return [
        (array(cut, f"{kind}weight_{index}"), array(cut, f"{kind}bias_{index}"))
        for index in range(count)
    ]


def _finished(studies: zarr.Group, name: str) -> zarr.Group:
    if name not in names(studies):
        there = ", ".join(repr(each) for each in names(studies)) or "none"
        raise UserError(
            f"no finished study {name!r} in the store: it has {there}; `diamond study {name}` "
            "makes it"
        )
    return subgroup(studies, name)

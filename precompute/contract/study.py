"""The layout of a study: what passes from `precompute` to `build`, without TensorFlow.

Studies lie in a Zarr v3 group at any fsspec address::

    <store>                             attributes: format_version, kind = "study"
    <store>/<study>                     attributes: study (see `Study`), slot ("a" or "b")
    <store>/<study>/<slot>
        report                          (B,) uint8: the dataset report, JSON in UTF-8
        photos/thumbnail                (N, 96, 96, 3) uint8, sRGB: the centre of each photo
        photos/label                    (N,) int32: index of the photo's class
        photos/fold                     (N,) int32: the fold in which the photo is held out; -1:
                                        in none, it only trains
        photos/group                    (N,) int32: the same for near duplicates, else its own
        cuts/<model>/<cut>              attributes: cut (see `Cut`)
            probability                 (N, K) float32: the held-out prediction of each photo; NaN
                                        where it is held out in no fold
            confusion                   (K, K) int64: photos by class and by predicted class
            weight_0, bias_0, ...       (D, U) and (U,) float32: the dense layers of the head that
                                        all photos trained, ReLU between them, logits at the end;
                                        the scaling of the activations is inside
            fold_weight_0, fold_bias_0, ...  the same for the heads of the folds, each trained
                                        without the photos that it holds out, with F in front

        attribution                     what the heads look at: see `contract.attribution`
    <store>/<study>/attribution         and what that is made of

N photos are those that the report accepts, in its order; K classes. A study that is made anew is
written into the slot that is not in use; the attributes of `<study>` are written last, and turn to
it. A group without them is not there.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cattrs
import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.contract.members import array, subgroup
from diamond_cutter.precompute.contract.report import Report, from_json
from diamond_cutter.precompute.contract.version import FORMAT_VERSION, check_format

THUMBNAIL = 96
"""Side in pixels of a photo's thumbnail."""

Interval = tuple[float, float]
"""The lower and upper end of a 95 % interval, from a bootstrap over photos."""


@dataclass(frozen=True)
class Measured:
    """A share, 0..1, or another figure, with its interval."""

    value: float
    interval: Interval


@dataclass(frozen=True)
class ClassFigures:
    """One class as a cut tells it: how many photos, and shares 0..1.

    `precision` is None where no photo was predicted to be of the class; `recall` and `f1` are where
    no photo of it was held out.
    """

    name: str
    photos: int
    precision: float | None
    recall: float | None
    f1: float | None
    recall_interval: Interval


@dataclass(frozen=True)
class Bin:
    """Photos whose surest class has a probability in [low, high): how sure, and how often right.

    `confidence` and `accuracy` are means, 0..1, and None in an empty bin.
    """

    low: float
    high: float
    photos: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """How far probabilities are from frequencies; `error` is the expected calibration error."""

    error: float
    bins: list[Bin]


@dataclass(frozen=True)
class Metrics:
    """What held-out photos say of a cut. `log_loss` in nats; `top_k`: {k: share}, may be empty."""

    accuracy: Measured
    balanced_accuracy: Measured
    macro_f1: Measured
    log_loss: Measured
    top_k: dict[str, float]
    calibration: Calibration
    classes: list[ClassFigures]


@dataclass(frozen=True)
class Comparison:
    """A cut against the best: accuracy minus the best's, paired over photos.

    `interval` is of the difference to the truly best cut, whichever that is: it ends at 0 where
    the cut may be that. `p` is corrected for the number of cuts; `tied`: the difference may be
    chance.
    """

    difference: float
    interval: Interval
    p: float
    tied: bool


@dataclass(frozen=True)
class Cost:
    """The network up to a cut with its head.

    `gflops` for one photo; `bytes` of the weights as float32; latency in seconds, measured on
    `Study.machine`: of one photo alone, and a photo in a batch of `batch`.
    """

    parameters: int
    gflops: float
    bytes: int
    latency: float
    batch_latency: float
    batch: int


@dataclass(frozen=True)
class Curve:
    """The training of one fold, epoch by epoch; `epoch` is the one whose weights were kept."""

    fold: int
    epoch: int
    loss: list[float]
    validation_loss: list[float]
    accuracy: list[float]
    validation_accuracy: list[float]


@dataclass(frozen=True)
class Cut:
    """A cut of a study: where it is, its head, what was measured.

    `index`: of the layer in depth order; `features`: D, the activations that the head reads;
    `strengths`: the L2 strength chosen in each fold, and last that of the head that all photos
    trained; empty for heads trained by Keras, which have `curves`.
    """

    model: str
    cut: str
    index: int
    features: int
    strengths: list[float]
    metrics: Metrics
    comparison: Comparison
    cost: Cost
    curves: list[Curve]


@dataclass(frozen=True)
class Runner:
    """A cut that was not recommended, and why not, in a sentence."""

    model: str
    cut: str
    reason: str


@dataclass(frozen=True)
class Recommendation:
    """The cheapest cut that can't be told from the best.

    `enough`: whether the photos were enough to tell cuts apart; `sentence` says it all in words,
    `reasons` are the facts behind it.
    """

    model: str
    cut: str
    sentence: str
    reasons: list[str]
    enough: bool
    runners_up: list[Runner]


@dataclass(frozen=True)
class Baseline:
    """What needs no network: "chance", "majority" or "colour", and its accuracy."""

    name: str
    accuracy: Measured


@dataclass(frozen=True)
class Backbone:
    """A backbone of a study; its cuts are listed in depth order, by layer name."""

    name: str
    input_size: int
    parameters: int
    gflops: float
    cuts: list[str]


@dataclass(frozen=True)
class Study:
    """A study as a whole.

    `classes`: names by index; `counts`: photos of each. `split`: "folds" made here, or the
    dataset's "given" one. `settings`: those of [study.NAME] with `training`, that repeat it.
    `machine`: where latency was measured; `versions`: of the packages, by name; `seconds`: what
    each step took.
    """

    name: str
    classes: list[str]
    counts: list[int]
    photos: int
    held_out: int
    split: Literal["folds", "given"]
    folds: int
    seed: int
    settings: dict[str, Any]
    backbones: list[Backbone]
    ranking: list[tuple[str, str]]
    recommendation: Recommendation
    baselines: list[Baseline]
    machine: str
    versions: dict[str, str]
    seconds: dict[str, float]


def open_studies(address: str, mode: Literal["r", "r+"] = "r") -> zarr.Group:
    """Open the studies at `address`; a `UserError` if there are none or their format is another."""
    try:
        group = zarr.open_group(address, mode=mode)
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
    return cattrs.structure(_finished(studies, name).attrs["study"], Study)


def study_group(studies: zarr.Group, name: str) -> zarr.Group:
    """The group with the report, the photos and the cuts of a finished study.

    Raises `UserError` if it is not there.
    """
    study = _finished(studies, name)
    return subgroup(study, str(study.attrs["slot"]))


def cut_group(study: zarr.Group, model: str, cut: str) -> zarr.Group:
    """The group of a cut; `study` is that of `study_group`."""
    return subgroup(study, f"cuts/{model}/{cut}")


def read_cut(cut: zarr.Group) -> Cut:
    """What is known of a cut, whose group is that of `cut_group`."""
    return cattrs.structure(cut.attrs["cut"], Cut)


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


def ranking_document(study: Study, cuts: Sequence[Cut]) -> dict[str, Any]:
    """A study as JSON has it: `diamond study --json`, and `study.json` of the site.

    `cuts` are all of them, best first; shares are 0..1, latency is in seconds.
    """
    return {
        "format_version": FORMAT_VERSION,
        "study": study.name,
        "photos": study.photos,
        "held_out": study.held_out,
        "classes": study.classes,
        "recommended": {"model": study.recommendation.model, "cut": study.recommendation.cut},
        "sentence": study.recommendation.sentence,
        "enough": study.recommendation.enough,
        "baselines": {each.name: each.accuracy.value for each in study.baselines},
        "cuts": [_ranked(cut) for cut in cuts],
    }


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

"""The layout of a study: what passes from `precompute` to `build`, without TensorFlow.

Studies lie in a Zarr v3 group at any fsspec address::

    <store>                             attributes: format_version, kind = "study"
    <store>/<study>                     attributes: study (see `Study`), slot ("a" or "b")
    <store>/<study>/<slot>              attributes: planned (see `Planned`)
        report                          (B,) uint8: the dataset report, JSON in UTF-8
        photos/thumbnail                (N, 96, 96, 3) uint8, sRGB: the centre of each photo
        photos/label                    (N,) int32: index of the photo's class
        photos/fold                     (N,) int32: the fold in which the photo is held out; -1:
                                        in none, it only trains
        photos/group                    (N,) int32: the same for near duplicates, and for photos
                                        that the dataset's table says belong together
        cuts/<model>/<cut>              attributes: cut (see `Cut`)
            probability                 (N, K) float32: the held-out prediction of each photo; NaN
                                        where it is held out in no fold
            confusion                   (K, K) int64: photos by class and by predicted class
            weight_0, bias_0, ...       (D, U) and (U,) float32: the dense layers of the head that
                                        all photos trained, ReLU between them, logits at the end;
                                        the scaling of the activations is inside
            fold_weight_0, fold_bias_0, ...  the same for the heads of the folds, each trained
                                        without the photos that it holds out, with F in front

        attribution                     what the heads look at: see `attribution_layout`
    <store>/<study>/attribution         and what that is made of

N photos are those that the report accepts, in its order; K classes. A study that is made anew is
written into the slot that is not in use; the attributes of `<study>` are written last, and turn to
it. A group without them is not there.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

THUMBNAIL = 96
"""Side in pixels of a photo's thumbnail."""

FALLING = 0.01
"""Nats."""

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

    @property
    def is_falling(self) -> bool:
        """Whether the last tenth of the epochs still took more than `FALLING` from the loss.

        That of validation photos where there are some: more epochs would have been of use.
        """
        losses = self.validation_loss or self.loss
        before = len(losses) - max(1, len(losses) // 10)
        return before > 0 and min(losses[:before]) - min(losses[before:]) > FALLING


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
class Saver:
    """The cheapest cut whose expected loss of accuracy against the recommended one is tolerable."""

    model: str
    cut: str
    expected_loss: Measured


@dataclass(frozen=True)
class Habit:
    """Where those cut who don't ask: the last cut of the backbone best on ImageNet.

    `is_last`: whether it is that, and not only the last of those that the study was to try.
    """

    model: str
    cut: str
    accuracy: Measured
    is_last: bool = True


@dataclass(frozen=True)
class LearningCurve:
    """How often the recommended cut is right, by the number of photos that train its head.

    `photos`: of each point; `accuracy`: 0..1, on held-out photos. `trend`: the curve through the
    points, at `trend_photos`, and beyond them, as that of a single head. `whole`: how much more
    often the head that all photos train is expected to be right than those of the folds, 0..1;
    `gain`: the same of `more` photos added.
    """

    photos: list[float]
    accuracy: list[Measured]
    trend_photos: list[int]
    trend: list[Measured]
    whole: Measured
    more: int
    gain: Measured


@dataclass(frozen=True)
class Expected:
    """What is expected of the recommended cut on new photos, its having been chosen allowed for.

    `accuracy` 0..1; `gain`: that less the habit's; `neighbours`: held-out accuracy of the nearest
    neighbours at the recommended cut. `tolerance`: the loss that the saver stays below. `learning`
    is None where heads are trained by Keras or by very few photos, and in older studies.
    """

    accuracy: Measured
    habit: Habit
    gain: Measured
    saver: Saver
    tolerance: float
    neighbours: Measured
    learning: LearningCurve | None = None


@dataclass(frozen=True)
class Recommendation:
    """The cut of the highest expected accuracy.

    `enough`: whether the photos were enough to tell cuts apart; `sentence` says it all in words:
    the `caveats`, the cut, the `gain` and the `saving`, sentences of their own. `reasons` are the
    facts behind it. `expected` is None, and no sentence stands alone, in studies made before it was
    known: they recommend the cheapest cut that can't be told from the best.
    """

    model: str
    cut: str
    sentence: str
    reasons: list[str]
    enough: bool
    runners_up: list[Runner]
    expected: Expected | None = None
    caveats: list[str] = field(default_factory=list)
    gain: str = ""
    saving: str = ""


@dataclass(frozen=True)
class Planned:
    """What a study is going to try, written before anything else of it.

    `cuts`: backbone and name, in the order in which they are tried: those of a backbone together,
    in depth order; `classes`: names by index; `seed` of the resamples, `tolerance` of the saver.
    """

    cuts: list[tuple[str, str]]
    classes: list[str]
    seed: int
    tolerance: float


@dataclass(frozen=True)
class LabelDoubt:
    """A photo whose label the heads doubt: they find another class likelier.

    `path` as the report has it; `given` and `suggested`: names of classes. `score`: the mean
    held-out probability of the suggested class as a share of both classes', above 0.5 up to 1.
    """

    path: str
    given: str
    suggested: str
    score: float


@dataclass(frozen=True)
class LabelDoubts:
    """What the heads doubt of the labels of held-out photos.

    `cuts`: backbone and name of those that were asked; `unknown`: classes that they know too little
    of to say anything. `photos`: the doubted ones, the surest doubt first.
    """

    cuts: list[tuple[str, str]]
    unknown: list[str]
    photos: list[LabelDoubt]


@dataclass(frozen=True)
class Baseline:
    """What needs no network: "chance", "majority" or "colour", and its accuracy."""

    name: str
    accuracy: Measured


@dataclass(frozen=True)
class Backbone:
    """A backbone of a study; its cuts are listed in depth order, by layer name.

    `weights_digest`: as `Network` has it; empty in studies that were made without.
    """

    name: str
    input_size: int
    parameters: int
    gflops: float
    cuts: list[str]
    weights_digest: str = ""


@dataclass(frozen=True)
class Study:
    """A study as a whole.

    `classes`: names by index; `counts`: photos of each. `split`: "folds" made here, or the
    dataset's "given" one, or its "own folds". `settings`: those of [study.NAME] that repeat it.
    `machine`: where latency was measured; `versions`: of the packages, by name; `seconds`: what
    each step took. `label_doubts` is None in studies made before heads were asked for them;
    `groups`: how many groups the photos form, none on both sides of a fold, None in studies made
    before it was counted. `dealings`: how often the photos were dealt out into folds: cuts are
    chosen by all dealings, and the figures of each are of the first.
    """

    name: str
    classes: list[str]
    counts: list[int]
    photos: int
    held_out: int
    split: Literal["folds", "given", "own folds"]
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
    label_doubts: LabelDoubts | None = None
    groups: int | None = None
    dealings: int = 1

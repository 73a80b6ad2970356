"""Studies for tests, written by the real writer: known photos, made-up held-out probabilities."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.stores.study import study_writer
from diamond_cutter.precompute.stores.study.dataset_report import Duplicates, File, Report
from diamond_cutter.precompute.stores.study.study_layout import (
    THUMBNAIL,
    Backbone,
    Baseline,
    Cost,
    Curve,
    Cut,
    Expected,
    Habit,
    LabelDoubts,
    LearningCurve,
    Measured,
    Saver,
    Study,
)
from diamond_cutter.precompute.study.dataset.confident_learning import find_doubts
from diamond_cutter.precompute.study.metrics import measure
from diamond_cutter.precompute.study.recommendation.cut_comparison import compare
from diamond_cutter.precompute.study.recommendation.recommendation_text import rank, recommend
from diamond_cutter.precompute.study.resampling import resample, wilson

AWKWARD = ('"quoted" o\'hare', "<b>bold</b> & co", "plain", "наука \u202e犬")
"""Class names, sorted, that a careless page would break at."""


@dataclass(frozen=True)
class MadeCut:
    """A cut to make up: where it is, how often it is right, and GFLOPs up to it."""

    model: str
    name: str
    index: int
    accuracy: float
    gflops: float
    curves: bool = False


@dataclass(frozen=True)
class MadeStudy:
    """A study to make up; every `train_every`-th photo only trains, of 0: none, all are folded.

    Photos that are `mislabelled` look surely as if they were of the class before their own.
    """

    name: str
    classes: Sequence[str]
    photos: int
    cuts: Sequence[MadeCut]
    train_every: int = 0
    mislabelled: tuple[int, ...] = ()


SMALL = MadeStudy(
    "pets",
    AWKWARD,
    60,
    (
        MadeCut("tiny-net", "stem", 0, 0.45, 0.01),
        MadeCut("tiny-net", "block1", 2, 0.9, 0.3),
        MadeCut("tiny-net", "head", 3, 0.7, 0.5),
        MadeCut("far.net_2", "conv1", 0, 0.4, 0.2),
        MadeCut("far.net_2", "block2", 3, 0.55, 0.9),
        MadeCut("far.net_2", "block3", 5, 0.92, 1.6, curves=True),
        MadeCut("far.net_2", "block4", 8, 0.85, 2.4),
        MadeCut("far.net_2", "last", 9, 0.75, 2.6),
    ),
    mislabelled=(36, 54),  # no cut gets them right anyway
)
LARGE = MadeStudy(
    "thirty",
    tuple(f"class {index:02}" for index in range(30)),
    600,
    (MadeCut("tiny-net", "stem", 0, 0.2, 0.01), MadeCut("tiny-net", "block1", 2, 0.6, 0.3)),
    train_every=3,
)


def realistic(backbones: int = 3, photos: int = 450, depth: int = 16) -> MadeStudy:
    """As a study of the Lite networks comes out: best before the end; `depth` in blocks."""
    generator = np.random.default_rng([*b"realistic"])
    cuts = []
    for backbone in range(backbones):
        model = f"efficientnet-lite{backbone}"
        blocks = depth + min(2 * backbone, 4) + backbone // 3
        names = ["stem", *(f"block{index}" for index in range(blocks)), "head"]
        for place, name in enumerate(names):
            share = place / (len(names) - 1)
            accuracy = 0.42 + 0.44 * np.sin(share**0.8 * 1.75) ** 1.3 + 0.004 * backbone
            accuracy += generator.normal(0, 0.012)
            gflops = (0.06 + 0.72 * share) * (1 + 0.6 * backbone)
            cuts.append(MadeCut(model, name, 3 * place, float(accuracy), float(gflops)))
    classes = ("cardboard", "glass", "metal", "paper", "plastic")
    return MadeStudy("trash", classes, photos, cuts)


def label_of(made: MadeStudy, photo: int) -> int:
    """The class of a photo; the first is the largest, the last the smallest."""
    generator = np.random.default_rng([photo, *b"label"])
    share = np.linspace(1.5, 0.5, len(made.classes))
    return int(generator.choice(len(made.classes), p=share / share.sum()))


def colour_of_photo(photo: int) -> tuple[int, int, int]:
    """The one colour of a photo's thumbnail, far from those beside it."""
    return (30 + photo * 67 % 210, 30 + photo * 29 % 210, 30 + photo * 113 % 210)


def write_study(address: str, made: MadeStudy) -> None:
    """Write a study into the store at `address`, beside those that are there."""
    draft = study_writer.begin(study_writer.create_studies(address), made.name)
    photos = np.arange(made.photos)
    labels = np.array([label_of(made, photo) for photo in photos], np.int32)
    folds = (photos % 5).astype(np.int32)
    if made.train_every:
        folds = np.where(photos % made.train_every == 0, -1, 0).astype(np.int32)
    groups = photos.astype(np.int32)
    groups[[3, 5]] = groups[[2, 4]]  # the near duplicates of the report
    study_writer.write_report(draft, make_report(made, labels, folds))
    study_writer.write_photos(draft, labels, folds, groups)
    plain = np.array([colour_of_photo(photo) for photo in photos], np.uint8)
    pictures = np.broadcast_to(plain[:, None, None], (len(photos), THUMBNAIL, THUMBNAIL, 3))
    study_writer.write_thumbnails(draft, 0, pictures)
    cuts = _write_cuts(draft, made, labels, folds, groups)
    study_writer.finish(draft, _study(made, labels, folds, cuts))


def make_report(made: MadeStudy, labels: NDArray[np.int32], folds: NDArray[np.int32]) -> Report:
    """A report with files of every outcome, and duplicates of every kind."""
    taken = [
        _file(made, photo, int(labels[photo]), int(folds[photo])) for photo in range(made.photos)
    ]
    others = [
        File("broken/<img src=x>.jpg", "reject", "not an image: cut off after 12 bytes", "plain"),
        File("huge.png", "reject", "has 90000 x 90000 pixels, more than can be read", "plain"),
        File(".DS_Store", "ignore", "hidden"),
        File("notes & 'quotes'.txt", "ignore", "not an image"),
    ]
    counts = np.bincount(labels, minlength=len(made.classes))
    trained = int((folds < 0).sum())
    return Report(
        source="photos/<my set>.csv",
        classes={name: int(count) for name, count in zip(made.classes, counts, strict=True)},
        splits={"train": trained, "test": made.photos - trained} if made.train_every else {},
        imbalance=float(counts.max() / max(counts.min(), 1)),
        small=[made.classes[-1]],
        sides=[60, 480, 1080],
        duplicates=[
            Duplicates("exact", "", [taken[0].path, taken[1].path]),
            Duplicates("near", "classes", [taken[2].path, taken[3].path]),
            Duplicates("near", "split" if made.train_every else "", [taken[4].path, taken[5].path]),
        ],
        problem="",
        files=[*taken[:7], *others, *taken[7:]],
    )


def _file(made: MadeStudy, photo: int, label: int, fold: int) -> File:
    noted = photo % 20 == 3
    name = {6: "a\nb\u202e <i>.jpg", 7: 'd\'été "7".png'}.get(photo, f"{photo:03}.jpg")
    return File(
        path=f"photos/{name}",
        outcome="note" if noted else "accept",
        reason="turned as its EXIF orientation says" if noted else "",
        label=made.classes[label],
        split=("train" if fold < 0 else "test") if made.train_every else "",
        width=640,
        height=480,
        digest=hashlib.sha256(str(photo // 2 * 2 if photo < 2 else photo).encode()).hexdigest(),
    )


def _write_cuts(
    draft: study_writer.Draft,
    made: MadeStudy,
    labels: NDArray[np.int32],
    folds: NDArray[np.int32],
    groups: NDArray[np.int32],
) -> list[Cut]:
    held_out = folds >= 0
    resamples = resample(groups[held_out], 0, 400)
    probabilities = [_probability(made, cut, labels, folds) for cut in made.cuts]
    right = np.stack([p.argmax(1) == labels for p in probabilities], 1)[held_out]
    cuts = []
    for cut, probability, comparison in zip(
        made.cuts, probabilities, compare(right, resamples), strict=True
    ):
        metrics, confusion = measure(
            labels[held_out], probability[held_out], made.classes, resamples
        )
        features = 16 + cut.index
        generator = np.random.default_rng([cut.index, *b"head"])
        weight = generator.normal(size=(features, len(made.classes))).astype(np.float32)
        bias = np.zeros(len(made.classes), np.float32)
        study_writer.write_predictions(
            draft, cut.model, cut.name, probability, confusion, [[(weight, bias)]]
        )
        cuts.append(
            Cut(
                model=cut.model,
                cut=cut.name,
                index=cut.index,
                features=features,
                strengths=[] if cut.curves else [1.0, 0.1, 1.0, 1.0, 10.0, 1.0],
                metrics=metrics,
                comparison=comparison,
                cost=_cost(cut),
                curves=[_curve(fold) for fold in range(5)] if cut.curves else [],
            )
        )
        study_writer.write_cut(draft, cuts[-1])
    return cuts


def _probability(
    made: MadeStudy, cut: MadeCut, labels: NDArray[np.int32], folds: NDArray[np.int32]
) -> NDArray[np.float32]:
    """(N, K) probabilities, right about as often as `accuracy`; hard photos are hard for all."""
    photos, classes = len(labels), len(made.classes)
    hardness = np.random.default_rng([photos, *b"hardness"]).normal(size=photos)
    mislabelled = np.isin(np.arange(photos), made.mislabelled)
    hardness = np.where(mislabelled, -np.abs(hardness), hardness)
    generator = np.random.default_rng([cut.index, len(cut.model), *cut.name.encode()])
    noise = generator.normal(0, 0.6, photos)
    skill = NormalDist().inv_cdf(min(max(cut.accuracy, 0.01), 0.99)) * (1 + 0.6**2) ** 0.5
    logits = generator.normal(0, 1, (photos, classes))
    truth = labels - mislabelled
    logits[np.arange(photos), truth] = -np.inf
    margin = skill - hardness + noise
    logits[np.arange(photos), truth] = logits.max(1) + 1.5 * margin
    odds = np.exp(logits - logits.max(1, keepdims=True))
    probability = (odds / odds.sum(1, keepdims=True)).astype(np.float32)
    probability[folds < 0] = np.nan
    return probability


def _cost(cut: MadeCut) -> Cost:
    parameters = int(4_000_000 * cut.gflops + 1000)
    return Cost(
        parameters=parameters,
        gflops=cut.gflops,
        bytes=4 * parameters,
        latency=0.002 + 0.02 * cut.gflops,
        batch_latency=0.0005 + 0.012 * cut.gflops,
        batch=32,
    )


def _curve(fold: int) -> Curve:
    epochs = np.arange(12 + fold)
    loss = 1.4 * 0.8**epochs + 0.05
    validation = 1.4 * 0.85**epochs + 0.2 + 0.004 * epochs
    return Curve(
        fold=fold,
        epoch=int(validation.argmin()),
        loss=[float(value) for value in loss],
        validation_loss=[float(value) for value in validation],
        accuracy=[float(value) for value in 1 - loss / 2],
        validation_accuracy=[float(value) for value in 1 - validation / 2],
    )


def _study(
    made: MadeStudy, labels: NDArray[np.int32], folds: NDArray[np.int32], cuts: list[Cut]
) -> Study:
    counts = np.bincount(labels, minlength=len(made.classes))
    held_out = int((folds >= 0).sum())
    models = list(dict.fromkeys(cut.model for cut in made.cuts))
    baselines = [
        _baseline("chance", 1 / len(made.classes), held_out),
        _baseline("majority", float(counts.max() / made.photos), held_out),
        _baseline("colour", min(0.9, 1.4 * float(counts.max() / made.photos)), held_out),
    ]
    return Study(
        name=made.name,
        classes=list(made.classes),
        counts=[int(count) for count in counts],
        photos=made.photos,
        held_out=held_out,
        split="given" if made.train_every else "folds",
        folds=1 if made.train_every else 5,
        seed=0,
        settings=asdict(
            StudySettings(dataset="photos/<my set>.csv", models=tuple(models), cuts=("all",))
        ),
        backbones=[_backbone(made, model) for model in models],
        ranking=[(cut.model, cut.cut) for cut in rank(cuts)],
        recommendation=recommend(
            _recommended(cuts), cuts, baselines, _expected(made, cuts), made.photos
        ),
        baselines=baselines,
        machine="Made-up processor, 2 threads",
        versions={"diamond-cutter": "0.1.0", "tensorflow": "2.21.0", "numpy": "2.2.0"},
        seconds={"photos": 1.5, "features": 63.2, "heads": 4.4, "latency": 9.0},
        dealings=5 if made.photos < 100 else 1,
        label_doubts=_label_doubts(made, labels, folds, cuts),
    )


def _label_doubts(
    made: MadeStudy, labels: NDArray[np.int32], folds: NDArray[np.int32], cuts: list[Cut]
) -> LabelDoubts:
    tied = {(cut.model, cut.cut) for cut in cuts if cut.comparison.tied}
    asked = [cut for cut in made.cuts if (cut.model, cut.name) in tied]
    return find_doubts(
        [(cut.model, cut.name) for cut in asked],
        [_probability(made, cut, labels, folds) for cut in asked],
        labels,
        made.classes,
        [photo.path for photo in make_report(made, labels, folds).photos],
    )


def _recommended(cuts: list[Cut]) -> Cut:
    """The cheapest of those that may be the best."""
    return min((cut for cut in cuts if cut.comparison.tied), key=lambda cut: cut.cost.gflops)


def _expected(made: MadeStudy, cuts: list[Cut]) -> Expected:
    """What is expected of it: the habit is the last cut of the last backbone, the saver itself."""
    chosen, model = _recommended(cuts), made.cuts[-1].model
    last = max((cut for cut in cuts if cut.model == model), key=lambda cut: cut.index)
    gain = chosen.metrics.accuracy.value - last.metrics.accuracy.value
    return Expected(
        accuracy=chosen.metrics.accuracy,
        habit=Habit(last.model, last.cut, last.metrics.accuracy),
        gain=Measured(gain, (gain - 0.03, gain + 0.03)) if gain else Measured(0.0, (0.0, 0.0)),
        saver=Saver(chosen.model, chosen.cut, Measured(0.0, (0.0, 0.0))),
        tolerance=0.01,
        neighbours=last.metrics.accuracy,
        learning=_learning(chosen, made.photos),
    )


def _learning(chosen: Cut, photos: int) -> LearningCurve:
    """A curve on which four times the photos make half the errors."""

    def at(number: float) -> Measured:
        error = (1 - chosen.metrics.accuracy.value) * (0.8 * photos / number) ** 0.5
        return Measured(1 - error, (1 - 1.4 * error, 1 - 0.6 * error))

    measured = [0.2 * photos, 0.4 * photos, 0.8 * photos]
    along = [round(photos * share) for share in (0.2, 0.4, 0.8, 1)] + [photos + 100]
    return LearningCurve(
        photos=measured,
        accuracy=list(map(at, measured)),
        trend_photos=along,
        trend=list(map(at, along)),
        whole=Measured(0.01, (-0.01, 0.03)),
        more=100,
        gain=Measured(0.02, (-0.01, 0.05)),
    )


def _backbone(made: MadeStudy, model: str) -> Backbone:
    cuts = [cut for cut in made.cuts if cut.model == model]
    gflops = cuts[-1].gflops
    return Backbone(model, 64, int(4_000_000 * gflops), gflops, [cut.name for cut in cuts])


def _baseline(name: str, share: float, photos: int) -> Baseline:
    return Baseline(name, Measured(share, wilson(share, photos)))

"""Studies of three photos with made-up heads on EfficientNet-Lite0, and what the heads say."""

from functools import cache
from typing import Any

import numpy as np
import skimage.data
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.cut_network import truncate
from diamond_cutter.precompute.stores.study import study_layout, study_reader, study_writer
from diamond_cutter.precompute.stores.study.dataset_report import File, Report

MODEL = "efficientnet-lite0"
CLASSES = ["cats", 'a "cup" & <b>saucer</b>', "\u706b\u7bad"]
LINEAR, HIDDEN = "block3a_project_bn", "block2a_project_bn"
SHARE = study_layout.Measured(0.875, (0.75, 0.9375))
METRICS = study_layout.Metrics(
    SHARE, SHARE, SHARE, SHARE, {}, study_layout.Calibration(0.1, []), classes=[]
)

Photo = NDArray[np.uint8]
Head = list[tuple[NDArray[np.float32], NDArray[np.float32]]]


def photos() -> dict[str, Photo]:
    """Real photos: wide, tall, of odd sides, smaller than the network's input, and two pixels."""
    chelsea, coffee, rocket = (
        getattr(skimage.data, name)() for name in ("chelsea", "coffee", "rocket")
    )
    return {
        "chelsea": chelsea,
        "coffee": coffee,
        "rocket": rocket,
        "tall": np.ascontiguousarray(rocket[:, 100:233]),
        "odd": coffee[7:258, 30:393],
        "small": np.asarray(Image.fromarray(chelsea).resize((53, 37))),
        "two pixels": chelsea[100:101, 100:102],
    }


def heads() -> dict[str, tuple[int, Head]]:
    """A head for each cut: one dense layer and two, of weights far from any that is trained."""
    rng = np.random.default_rng(3)

    def dense(features: int, units: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        spread = 3 / np.sqrt(features)
        return (
            rng.normal(0, spread, (features, units)).astype(np.float32),
            rng.normal(0, 1, units).astype(np.float32),
        )

    return {LINEAR: (40, [dense(40, 3)]), HIDDEN: (24, [dense(24, 7), dense(7, 3)])}


def write_study(address: str, name: str, pooling: str, source: str) -> None:
    cost = study_layout.Cost(10, 0.5, 40, 0.01, 0.005, 8)
    studies = study_writer.create_studies(address)
    draft = study_writer.begin(studies, name)
    files = [
        File("bad.png", "reject", "empty"),
        *(File(f"{number}.png", "accept", "", CLASSES[number]) for number in range(3)),
    ]
    counts = dict.fromkeys(CLASSES, 1)
    study_writer.write_report(draft, Report(source, counts, {}, 1.0, [], [], [], "", files))
    three = np.arange(3, dtype=np.int32)
    study_writer.write_photos(draft, three, three, three)
    for cut, (features, head) in heads().items():
        weight, bias = head[0]
        if pooling == "both":
            head = [(np.concatenate([weight, weight[::-1] / 16]), bias), *head[1:]]
        elif pooling == "maximum":
            head = [(weight / 16, bias), *head[1:]]
        probability = np.zeros((3, 3), np.float32)
        study_writer.write_predictions(
            draft, MODEL, cut, probability, np.eye(3, dtype=np.int64), [head]
        )
        comparison = study_layout.Comparison(0.0, (0.0, 0.0), 1.0, True)
        found = study_layout.Cut(MODEL, cut, 3, features, [1.0], METRICS, comparison, cost, [])
        study_writer.write_cut(draft, found)
    study = study_layout.Study(
        name=name,
        classes=CLASSES,
        counts=[1, 1, 1],
        photos=3,
        held_out=3,
        split="folds",
        folds=3,
        seed=0,
        settings={"pooling": pooling},
        backbones=[study_layout.Backbone(MODEL, 224, 10, 0.5, list(heads()))],
        ranking=[(MODEL, cut) for cut in heads()],
        recommendation=study_layout.Recommendation(MODEL, LINEAR, "Cut.", [], False, []),
        baselines=[],
        machine="",
        versions={},
        seconds={},
    )
    study_writer.finish(draft, study)


@cache
def pooled(cut: str, photo: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """The average and the maximum of a cut's activations, as the features pass has them."""
    network = _truncated(cut)
    (activation,) = np.asarray(network(prepare(photos()[photo], 224)[None]), np.float64)
    return activation.mean((0, 1)), activation.max((0, 1))


@cache
def _truncated(cut: str) -> Any:
    return truncate(catalogue.load(MODEL), cut, pre_activation=False)


def expected(address: str, study: str, cut: str, photo: str) -> NDArray[np.float64]:
    """What the head that is stored says of a photo, in float64."""
    group = study_reader.study_group(study_reader.open_studies(address), study)
    average, maximum = pooled(cut, photo)
    parts = {"mine": [average], "maximum": [maximum], "both": [average, maximum]}[study]
    value = np.concatenate(parts)
    *hidden, (weight, bias) = study_reader.read_head(study_reader.cut_group(group, MODEL, cut))
    for one, other in hidden:
        value = np.maximum(value @ one + other, 0)
    logits = value @ weight + bias
    chances = np.exp(logits - logits.max())
    return np.asarray(chances / chances.sum())

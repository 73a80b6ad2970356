"""What the steps of a study take, in GFLOP: what they compute, or as much as takes that long.

Of heads and latency, which are no matrix products, the figures fit studies of 80 to 600 photos and
3 to 300 classes with EfficientNet-Lite0 on two cores of a server, as the GFLOP that a large product
makes there meanwhile.
"""

from collections.abc import Sequence

from diamond_cutter.command.settings import ActivationAtlasSettings, StudySettings
from diamond_cutter.precompute.activation_atlas.map_forecast import cells_expected, layers_effort
from diamond_cutter.precompute.activation_atlas.map_settings import parts_of
from diamond_cutter.precompute.attribution.attribution_selection import LAYERS, photo_count
from diamond_cutter.precompute.attribution.class_pictures import pictures_effort
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.study.cross_validation import Sample

FIT, PRODUCT = 0.9, 1.5e-5
"""Of a head: what each takes, and for each photo, activation and class."""
STEP, EPOCH_SHARE = 0.15, 0.5
"""Of a head by Keras: each step, and how many of the epochs there are until it is stopped."""
COMPILED, ROUNDS = 30.0, 37
"""Of the latency of a cut: what it takes to compile, and how many photos are passed."""
UNKNOWN = 5.0
"""GFLOPs of a network of which none are known."""
STAGES = 5
"""Layers of a network that "stages" stands for, about."""


def gflops_of(model: Model) -> float:
    """The operations of a pass forward."""
    return model.gflops or UNKNOWN


def latency_effort(model: Model, cuts: int) -> float:
    """What it takes to measure so many cuts of a network: half of it is below one, on average."""
    return cuts * (COMPILED + ROUNDS * gflops_of(model) / 2)


def heads_effort(sample: Sample, channels: Sequence[int], settings: StudySettings) -> float:
    """What the heads of cuts take that have so many channels each."""
    photos, classes = len(sample.label), len(sample.classes)
    fits = (1 + len(sample.again)) * len(sample.folds) + 1
    wide = sum(channels) * (2 if settings.pooling == "both" else 1)
    training = settings.training
    if training.head == "keras":
        steps = EPOCH_SHARE * training.epochs * -(-photos // training.batch_size)
        return fits * len(channels) * STEP * steps
    return fits * (FIT * len(channels) + PRODUCT * photos * wide * classes)


def explanation_efforts(
    model: Model, settings: StudySettings, photos: int, classes: int
) -> dict[str, float]:
    """What it takes to explain a cut of a network on so many held-out photos, by kind of work."""
    asked = settings.attribution
    gflops = gflops_of(model)
    count = min(photo_count("photos", asked.photos) or photos, photos)
    steps = asked.steps if asked.method == "integrated" else 1
    efforts = {"attribution, photos": count * gflops * (1 + 6 * steps)}
    if asked.pictures:
        wanted = photo_count("pictured_classes", asked.pictured_classes, least=0)
        labels = classes if wanted is None else min(wanted, classes)
        few = photo_count("pictured", asked.pictured, least=0)
        of_photos = min(count if few is None else few, count)
        directions = labels * (asked.pictures + asked.groups) + of_photos * asked.groups
        efforts["attribution, pictures"] = pictures_effort(
            gflops, model.input_size, labels * asked.pictures, directions
        )
    if asked.graph:  # of photos, then of classes over their photos
        efforts["attribution graphs, photos"] = 2 * count * gflops * (2 + asked.graph)
    return efforts


def map_efforts(
    model: Model, cuts: Sequence[Layer], settings: ActivationAtlasSettings, photos: int
) -> dict[str, float]:
    """What it takes to map layers of one network, by kind of work."""
    if "none" in settings.layers:
        return {}
    gflops = gflops_of(model)
    count = min(photo_count("photos", settings.photos, table="activation_atlas") or photos, photos)
    vectors = count * parts_of(count, settings.parts) ** 2
    shown = {"stages": min(STAGES, len(cuts)), "cuts": len(cuts), "cut": 1}
    layers = max((shown.get(name, len(settings.layers)) for name in settings.layers), default=1)
    layers += sum(name not in LAYERS for name in settings.layers) and 1  # and the cut itself
    cells = layers * cells_expected(settings.grid, vectors)
    return {
        "activation atlas, photos": count * gflops * 7,
        "activation atlas, layers": layers_effort(layers, vectors),
        "activation atlas, cells": pictures_effort(gflops, model.input_size, 0, cells),
    }

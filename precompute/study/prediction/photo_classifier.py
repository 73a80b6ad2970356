"""What classifies new photos: an exported file, a cut of a study, or a network by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ModelSettings
from diamond_cutter.precompute.backbones.catalogue.top_classes import class_chances
from diamond_cutter.precompute.backbones.catalogue.user_model_source import (
    EXPORTED,
    UserModelEntry,
)
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.keras_runtime import tf
from diamond_cutter.precompute.photos.images.value_range import Range
from diamond_cutter.precompute.stores.study import study_reader
from diamond_cutter.precompute.stores.study.study_layout import Study
from diamond_cutter.precompute.study.export.exported_file import is_exported, read_exported
from diamond_cutter.precompute.study.export.study_classifier import choose_cut, load_classifier
from diamond_cutter.precompute.study.study_text import place

BATCH = 32
"""Photos in one pass where all are of one size."""


@dataclass(frozen=True)
class PhotoClassifier:
    """From photos to probabilities, `batch` of them at a time.

    `name`: what it is, in words; `value_range`: how photos of more than 8 bits are read, None: by
    what suits them. `prepare` makes of a photo, (H, W, 3) uint8 sRGB, what `classify` takes some
    of, and gives (n, K). `trained_on`: SHA-256 of the files that trained it, as far as is known;
    `rename`: what its study calls classes of its dataset.
    """

    name: str
    classes: tuple[str, ...]
    value_range: Range | None
    batch: int
    prepare: Callable[[NDArray[np.uint8]], Any]
    classify: Callable[[Sequence[Any]], NDArray[np.floating]]
    trained_on: frozenset[str] = frozenset()
    rename: Mapping[str, str] = field(default_factory=dict)


def open_classifier(
    name: str, store: str, model: str, cut: str, network: ModelSettings
) -> PhotoClassifier:
    """What `name` means: a file that `diamond export` wrote, a study of `store`, or a network.

    `model`, `cut`: of a study, empty for the recommended ones. `network`: how the file of a network
    that is no export is read; its `file` is not looked at. Raises `UserError` where it is none of
    these, or can't be read.
    """
    path = Path(name)
    if is_exported(path):
        exported = read_exported(path)
        return PhotoClassifier(
            name=name,
            classes=exported.classes,
            value_range=exported.value_range,
            batch=1,
            prepare=lambda image: image,
            classify=lambda images: np.stack([exported.classify(image) for image in images]),
        )
    inside = (path / each for each in ("saved_model.pb", EXPORTED))
    if path.is_file() or any(each.is_file() for each in inside):
        return _network(name, network)
    try:
        study = study_reader.read_study(study_reader.open_studies(store), name)
    except UserError as error:
        raise UserError(
            f"{name}: expected a file that `diamond export` wrote, a network or a study, got "
            f"no file there, and {error}"
        ) from error
    return _cut_of_study(study, store, model, cut)


def _cut_of_study(study: Study, store: str, model: str, cut: str) -> PhotoClassifier:
    made = load_classifier(store, study.name, *choose_cut(study, model, cut))
    network, size = made.network.network, made.network.size
    pixels = tf.TensorSpec((None, size, size, 3), tf.float32)
    run = tf.function(lambda photos: network(photos, training=False), input_signature=[pixels])
    return PhotoClassifier(
        name=f"{place(made.cut)}, of the study {study.name}",
        classes=made.network.classes,
        value_range=made.network.value_range,
        batch=BATCH,
        prepare=lambda image: prepare(image, size),
        classify=lambda images: np.asarray(run(tf.constant(np.stack(images)))),
        trained_on=frozenset(file.digest for file in made.report.photos),
        rename=made.report.renamed,
    )


def _network(name: str, settings: ModelSettings) -> PhotoClassifier:
    """A network of the user's own, asked for the classes that it was trained on."""
    backbone = UserModelEntry(Path(name).stem, replace(settings, file=name)).load()
    return PhotoClassifier(
        name=name,
        classes=backbone.class_names,
        value_range=None,
        batch=1,
        prepare=lambda image: image,
        classify=partial(class_chances, backbone),
    )

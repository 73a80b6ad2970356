"""The classifier that a study makes of a cut: the cut network with the head of all photos."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.photos.images.value_range import FULL
from diamond_cutter.precompute.stores.study import study_layout, study_reader
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.study.export.classifier_network import (
    ClassifierNetwork,
    build_classifier,
)


@dataclass(frozen=True)
class StudyCut:
    """A cut of a study, what is known of both, the backbone, and the layers of the head.

    `head`: that which all photos trained, (D, U) and (U,) each, see `read_head`.
    """

    study: study_layout.Study
    cut: study_layout.Cut
    report: Report
    backbone: Backbone
    head: list[tuple[NDArray[np.float32], NDArray[np.float32]]]


@dataclass(frozen=True)
class StudyClassifier(StudyCut):
    """A cut of a study with what classifies photos by it."""

    network: ClassifierNetwork


def load_classifier(store: str, name: str, model: str, cut: str) -> StudyClassifier:
    """Build the classifier of a cut; raises as `load_cut` does."""
    loaded = load_cut(store, name, model, cut)
    network = build_classifier(
        loaded.backbone,
        cut,
        loaded.study.settings["pooling"],
        loaded.head,
        loaded.study.classes,
        loaded.report.value_range or FULL,
    )
    return StudyClassifier(
        loaded.study, loaded.cut, loaded.report, loaded.backbone, loaded.head, network
    )


def choose_cut(study: study_layout.Study, model: str, cut: str) -> tuple[str, str]:
    """The recommended cut, or the best of those that bear the names given; empty for any."""
    if not model and not cut:
        return study.recommendation.model, study.recommendation.cut
    for known in study.ranking:
        if model in ("", known[0]) and cut in ("", known[1]):
            return known
    return model or study.recommendation.model, cut  # which is told to be absent


def load_cut(store: str, name: str, model: str, cut: str) -> StudyCut:
    """Load a cut of a study with its head.

    Raises `UserError` for a study, model or cut that is not there, and for weights that are absent
    or others than those that the heads were trained on.
    """
    studies = study_reader.open_studies(store)
    study = study_reader.read_study(studies, name)
    group = study_reader.study_group(studies, name)
    _check_cut(study, model, cut)
    cut_group = study_reader.cut_group(group, model, cut)
    report = study_reader.read_report(group)
    backbone = catalogue.load(model)
    _check_weights(study, backbone)
    head = study_reader.read_head(cut_group)
    return StudyCut(study, study_reader.read_cut(cut_group), report, backbone, head)


def _check_cut(study: study_layout.Study, model: str, cut: str) -> None:
    backbones = {backbone.name: backbone.cuts for backbone in study.backbones}
    for kind, name, known in (
        ("model", model, list(backbones)),
        ("cut", cut, backbones.get(model, [])),
    ):
        if name not in known:
            raise UserError(
                f"study {study.name}: no {kind} {name!r}, expected one of {', '.join(known)}; "
                "name one of these"
            )


def _check_weights(study: study_layout.Study, backbone: Backbone) -> None:
    """Refuse a network that the heads of a study were not trained on."""
    [digest] = [each.weights_digest for each in study.backbones if each.name == backbone.name]
    if digest not in ("", backbone.weights_digest):
        raise UserError(
            f"{backbone.name}: expected the weights that the heads of {study.name} were trained "
            f"on, of SHA-256 {digest[:12]}..., got {backbone.weights_digest[:12]}...; put those "
            f"back, or make the study anew with `diamond study {study.name}`"
        )

"""The classifier that a study makes of a cut: the cut network with the head of all photos."""

from dataclasses import dataclass

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
class StudyClassifier:
    """A cut of a study with its head, what is known of both, and the backbone that was cut."""

    study: study_layout.Study
    cut: study_layout.Cut
    report: Report
    backbone: Backbone
    network: ClassifierNetwork


def load_classifier(store: str, name: str, model: str, cut: str) -> StudyClassifier:
    """Build the classifier of a cut.

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
    network = build_classifier(
        backbone,
        cut,
        study.settings["pooling"],
        study_reader.read_head(cut_group),
        study.classes,
        report.value_range or FULL,
    )
    return StudyClassifier(study, study_reader.read_cut(cut_group), report, backbone, network)


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

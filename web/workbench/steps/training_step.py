"""The step training of a study: every setting that is not chosen before, the simple ones first."""

from dataclasses import dataclass, fields
from typing import Any

from flask import Blueprint

from diamond_cutter.command.settings import (
    ActivationAtlasSettings,
    AttributionSettings,
    StudySettings,
    TrainingSettings,
)
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.setting_fields import SettingField, setting_fields
from diamond_cutter.web.workbench.workbench_page import step_page

HEAD = ("head", "class_weights")
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("The head", "training", HEAD),
    ("How cuts are compared", "", ("folds", "tolerance", "seed")),
    ("What heads read", "", ("pooling", "views", "augment")),
    (
        "Heads trained by Keras",
        "training",
        tuple(item.name for item in fields(TrainingSettings) if item.name not in HEAD),
    ),
    (
        "What the cuts look at",
        "attribution",
        tuple(item.name for item in fields(AttributionSettings)),
    ),
    (
        "Maps of layers",
        "activation_atlas",
        tuple(item.name for item in fields(ActivationAtlasSettings)),
    ),
    (
        "This machine",
        "",
        ("workers", "memory_limit", "scheduler", "store", "features", "cache"),
    ),
)
"""Title, table in the study's and settings, those that are needed most first."""
SIMPLE = 3
"""Groups that are shown at once."""


@dataclass(frozen=True)
class Group:
    """Settings that belong together; `seen`: what the file says of them."""

    title: str
    table: str
    fields: list[SettingField]
    seen: dict[str, Any]


def training_step(project: Project) -> Blueprint:
    """`/studies/<study>/training/`."""
    part = Blueprint("training", __name__)

    @part.get("/studies/<study>/training/")
    def show(study: str) -> str:
        settings = project.studies().get(study)
        groups = [_group(project, study, settings, *each) for each in GROUPS] if settings else []
        return step_page(
            project,
            study,
            "training",
            simple=groups[:SIMPLE],
            others=groups[SIMPLE:],
            command=project.arguments("study", study),
        )

    return part


def _group(
    project: Project,
    study: str,
    settings: StudySettings,
    title: str,
    table: str,
    names: tuple[str, ...],
) -> Group:
    there = project.editor.table("study", study, *([table] if table else []))
    inner = getattr(settings, table) if table else settings
    return Group(
        title, table, setting_fields(inner, names), {name: there.get(name) for name in names}
    )

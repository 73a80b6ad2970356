"""The step models of a study: which are cut, at which layers, and what that will take."""

from typing import Any

from flask import Blueprint, render_template, request

from diamond_cutter.build.charts.network_profile import draw_profile
from diamond_cutter.build.pages.atlas.catalogue_rows import COLUMNS, model_rows
from diamond_cutter.command.configuration import check_name
from diamond_cutter.command.structuring import structure
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer, Model
from diamond_cutter.precompute.stores.atlas.model_list import Listed
from diamond_cutter.web.workbench.command_call import ask
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.workbench_page import step_page

CHOSEN = ("models", "cuts")
"""The settings that are chosen here."""
PLAN_SECONDS = 600.0
"""In which the plan has to be made: photos that were never looked at are looked at first."""


def models_step(project: Project) -> Blueprint:
    """`/studies/<study>/models/`, and what it asks."""
    part = Blueprint("models", __name__)

    @part.get("/studies/<study>/models/")
    def show(study: str) -> str:
        models = [_listed(entry) for entry in ask(project, "models")]
        rows = model_rows(models, frozenset(), frozenset())
        table = project.editor.table("study", study)
        return step_page(
            project,
            study,
            "models",
            headings=COLUMNS,
            rows=rows,
            sources=list(dict.fromkeys(row.source for row in rows)),
            families=sorted({row.family for row in rows}, key=str.casefold),
            here=sum(row.weights == "here" for row in rows),
            seen={name: table.get(name) for name in CHOSEN},
            command=project.arguments("study", study, "--plan"),
        )

    @part.get("/models/<model>/cuts/")
    def cuts(model: str) -> str:
        check_name(model, "model")
        layers = [structure(entry, Layer) for entry in ask(project, "layers", model)]
        size = request.args.get("size", 224, int)
        return render_template(
            "workbench/choosing/cut_choice.html",
            model=model,
            profile=draw_profile(layers, size) if layers else None,
            cuts=[layer for layer in layers if layer.is_cut],
        )

    @part.get("/api/studies/<study>/plan")
    def plan(study: str) -> dict[str, Any]:
        chosen = (f"--{name}={request.args[name]}" for name in CHOSEN if name in request.args)
        found: dict[str, Any] = ask(
            project, "study", study, "--plan", *chosen, seconds=PLAN_SECONDS
        )
        return found

    return part


def _listed(entry: dict[str, Any]) -> Listed:
    """A model as `diamond models --json` has it."""
    weights = entry.pop("weights")
    return Listed(structure(entry, Model), weights, ())

"""What can be run for a study: the commands of each kind of job."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.queue.job import Job
from diamond_cutter.web.workbench.queue.jobs_pages import job_document, queue_of

FORMATS = {"keras": ".keras", "tflite": ".tflite", "savedmodel": ""}
"""What a cut is exported as, and how its file's name ends; a SavedModel is a folder."""
_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_./+-]*")
"""Of backbones and layers: none looks like an option."""


def study_run(project: Project, study: str, _asked: Mapping[str, Any]) -> Job:
    """The study, and then the pages that show it."""
    commands = (project.arguments("study", study), project.arguments("site"))
    return Job(f"Study {study}", study, commands)


def pictures(project: Project, study: str, _asked: Mapping[str, Any]) -> Job:
    """The pictures of the channels that the study uses, and then its pages with them."""
    commands = (project.arguments("atlas", "--for", study), project.arguments("site"))
    return Job(f"Pictures for {study}", study, commands)


def pages(project: Project, study: str, _asked: Mapping[str, Any]) -> Job:
    """The pages of all studies."""
    return Job("Pages of the site", study, (project.arguments("site"),))


def export(project: Project, study: str, asked: Mapping[str, Any]) -> Job:
    """A cut network with its head, into a file of the workbench."""
    model, cut = cut_of(asked)
    file = export_file(project, study, model, cut, str(asked.get("format")))
    words = ("export", study, model, cut, "-o", str(file))
    return Job(f"Export {file.name}", study, (project.arguments(*words),))


def export_file(project: Project, study: str, model: str, cut: str, form: str) -> Path:
    """Where an export lies."""
    if form not in FORMATS:
        raise UserError(f"format: expected one of {', '.join(FORMATS)}, got {form!r}; choose one")
    name = f"{study}-{model}-{cut}".replace("/", "_")
    return project.folder / "exports" / (name + FORMATS[form])


def publish(project: Project, study: str, asked: Mapping[str, Any]) -> Job:
    """The site, into a folder of this machine that may be written to."""
    folder = Path(str(asked.get("folder") or "")).expanduser()
    if not folder.is_absolute() or not project.allows(folder):
        allowed = ", ".join(map(str, project.roots))
        raise UserError(
            f"folder: expected one in {allowed}, got {str(folder)!r}; name another, or allow it by "
            "[workbench] roots"
        )
    words = ("site", "--output", str(folder))
    return Job(f"Site in {folder}", study, (project.arguments(*words),))


KINDS: dict[str, Callable[[Project, str, Mapping[str, Any]], Job]] = {
    "study": study_run,
    "pictures": pictures,
    "site": pages,
    "export": export,
    "publish": publish,
}
"""What a page may ask for, and the job that it is."""


def study_jobs(project: Project) -> Blueprint:
    """`/api/studies/<study>/jobs`: have a job of a kind run."""
    part = Blueprint("study_jobs", __name__)

    @part.post("/api/studies/<study>/jobs")
    def add(study: str) -> Response:
        if study not in project.studies():
            raise UserError(
                f"{project.file}: expected [study.{study}], got none; choose its photos first"
            )
        asked = request.get_json()
        kind = asked.get("kind") if isinstance(asked, dict) else None
        if not isinstance(kind, str) or kind not in KINDS:
            raise UserError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
        queue = queue_of(project)
        number = queue.add(KINDS[kind](project, study, asked))
        return jsonify(job_document(number, queue.job(number), queue))

    return part


def cut_of(asked: Mapping[str, Any]) -> tuple[str, str]:
    """The backbone and the cut that are asked for; neither looks like an option."""
    named = {key: str(asked.get(key) or "") for key in ("model", "cut")}
    for key, name in named.items():
        if not _NAME.fullmatch(name):
            raise UserError(f"{key}: expected a name of the ranking, got {name!r}; choose one")
    return named["model"], named["cut"]

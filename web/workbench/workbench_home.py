"""The first page: the studies of the settings file, how far they are, and a new one."""

import json
from dataclasses import dataclass
from itertools import count

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from diamond_cutter.command.configuration import check_name
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.workbench_page import page


@dataclass(frozen=True)
class StudyEntry:
    """A study in the list; `answer`: its recommended cut, empty before there is one."""

    name: str
    dataset: str
    models: tuple[str, ...]
    step: str
    answer: str


def workbench_home(project: Project) -> Blueprint:
    """`/`, and `/studies/?name=` that leads to the first step of a study."""
    part = Blueprint("home", __name__)

    @part.get("/")
    def home() -> str:
        studies = project.studies()
        entries = []
        for name, settings in studies.items():
            answer = _answer(project, name)
            step = "answer" if answer else "models" if settings.dataset else "photos"
            entries.append(StudyEntry(name, settings.dataset, settings.models, step, answer))
        free = next(name for number in count(1) if (name := f"study-{number}") not in studies)
        return page("home.html", "", entries=entries, free=free, file=project.file)

    @part.get("/studies/")
    def begin() -> BaseResponse:
        name = request.args.get("name", "").strip()
        check_name(name)
        return redirect(f"/studies/{name}/photos/", 303)

    @part.get("/studies/<study>/")
    def first(study: str) -> BaseResponse:
        return redirect(f"/studies/{study}/photos/", 303)

    return part


def _answer(project: Project, study: str) -> str:
    """What the built site says of a study, in a line; empty if it has none."""
    try:
        text = (project.site / "studies" / study / "study.json").read_text(encoding="utf-8")
        document = json.loads(text)
        chosen = document["recommended"]
        cuts = {(cut["model"], cut["cut"]): cut["accuracy"] for cut in document["cuts"]}
        accuracy = 100 * cuts[chosen["model"], chosen["cut"]]
    except (OSError, ValueError, LookupError, TypeError):
        return ""
    return f"{chosen['model']} at {chosen['cut']}" + f" ({accuracy:.1f} %)"

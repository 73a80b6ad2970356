"""The step "Run": the study's job, and the ranking of the cuts that are done."""

import time
from threading import Lock
from typing import Any

from flask import Blueprint, Response, jsonify

from diamond_cutter.web.workbench.command_call import ask
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.study_jobs import study_run
from diamond_cutter.web.workbench.workbench_page import step_page

FRESH_SECONDS = 2.0
"""For which a ranking is not asked for again: by another window."""


def run_step(project: Project) -> Blueprint:
    """`/studies/<study>/run/`, and its ranking so far as JSON."""
    part = Blueprint("run", __name__)
    turn = Lock()
    known: dict[str, tuple[float, Any]] = {}

    @part.get("/studies/<study>/run/")
    def show(study: str) -> str:
        commands = study_run(project, study, {}).commands
        return step_page(project, study, "run", commands=commands)

    @part.get("/api/studies/<study>/ranking")
    def ranking(study: str) -> Response:
        with turn:
            asked, document = known.get(study, (0.0, None))
            if document is None or time.monotonic() - asked > FRESH_SECONDS:
                document = ask(project, "study", study, "--so-far")
                known[study] = (time.monotonic(), document)
        return jsonify(document)

    return part

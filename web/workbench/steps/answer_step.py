"""The step "Answer": what came of the study, and what can be made of it."""

import shutil
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request, send_file
from werkzeug.wrappers import Response as BaseResponse

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.folder_files import send
from diamond_cutter.web.workbench.command_call import ask
from diamond_cutter.web.workbench.photo_trials import LARGEST, PhotoTrials
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.study_jobs import FORMATS, cut_of, export_file, pictures
from diamond_cutter.web.workbench.workbench_page import step_page

PLAN_SECONDS = 600.0
"""In which it has to be known how long pictures take: speeds that are not known are measured."""


def answer_step(project: Project) -> Blueprint:
    """`/studies/<study>/answer/`, and what it asks for below `/api/studies/<study>/`."""
    part = Blueprint("answer", __name__)
    trials = PhotoTrials(project)

    @part.get("/studies/<study>/answer/")
    def show(study: str) -> str:
        return step_page(
            project,
            study,
            "answer",
            others=[name for name in project.studies() if name != study],
            has_pages=(project.site / "studies" / study / "index.html").is_file(),
            render=pictures(project, study, {}).commands[0],
            formats=FORMATS,
            target=project.roots[0] / f"{study}-site",
        )

    @part.get("/api/studies/<study>/pictures")
    def plan_pictures(study: str) -> Response:
        """How many pictures are missing, and how long they take."""
        words = ("atlas", "--for", study, "--plan")
        return jsonify(ask(project, *words, seconds=PLAN_SECONDS))

    @part.get("/api/studies/<study>/export")
    def download(study: str) -> BaseResponse:
        """The file of a cut in a format, a SavedModel's folder as a zip."""
        model, cut = cut_of(request.args)
        file = export_file(project, study, model, cut, request.args.get("format", "")).absolute()
        if not file.exists():
            raise UserError(f"{file.name}: expected an export, got none; export it first")
        return send_file(
            _zipped(file) if file.is_dir() else file,
            as_attachment=True,
            download_name=f"{file.name}.zip" if file.is_dir() else file.name,
            max_age=0,
        )

    @part.post("/api/studies/<study>/trials")
    def attempt(study: str) -> Response:
        """What a cut takes a photo for: the bytes sent; `?model=&cut=`, else the recommended."""
        words: tuple[str, ...] = ()
        if request.args.get("model"):
            model, cut = cut_of(request.args)
            words = ("--model", model, "--cut", cut)
        photo = request.stream.read(LARGEST + 1)
        if not 0 < len(photo) <= LARGEST:
            size = "nothing" if not photo else "more"
            raise UserError(
                f"expected a photo of up to {LARGEST // 10**6} MB, got {size}; send another"
            )
        seen = trials.attempt(study, words, photo)
        for channel in seen["channels"]:
            channel["page"] = _channel_page(project, seen["model"], channel)
        return jsonify(seen)

    @part.get("/trials/<path:path>")
    def trial_file(path: str) -> BaseResponse:
        return send(trials.folder, path)

    return part


def _channel_page(project: Project, model: str, channel: dict[str, Any]) -> str:
    """The address of a channel's page in the site; empty where it has none."""
    path = f"models/{model}/{channel['layer']}/{channel['channel']}"
    return f"/site/{path}/" if (project.site / path / "index.html").is_file() else ""


def _zipped(folder: Path) -> Path:
    """A folder as a zip beside it, made anew."""
    made = shutil.make_archive(f"{folder}.new", "zip", folder.parent, folder.name)
    return Path(made).replace(folder.with_name(f"{folder.name}.zip"))

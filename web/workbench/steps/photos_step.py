"""The step photos of a study: which they are, and what is made of them."""

from typing import Any

from flask import Blueprint, Response, abort
from werkzeug.wrappers import Response as BaseResponse

from diamond_cutter.web.folder_files import send
from diamond_cutter.web.workbench.photos.check_report import check_report
from diamond_cutter.web.workbench.photos.photo_checks import THUMBNAILS, PhotoChecks
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.setting_fields import setting_fields
from diamond_cutter.web.workbench.uploads.upload_folder import gigabytes
from diamond_cutter.web.workbench.uploads.upload_routes import free_disk, uploads_of
from diamond_cutter.web.workbench.workbench_page import step_page

READING = (
    *("file_names", "folders", "several_labels", "table", "labels", "groups"),
    *("near_duplicates", "links"),
)
"""Settings of how photos are read, those that are needed most first."""


def photos_step(project: Project) -> Blueprint:
    """`/studies/<study>/photos/`, and what it asks."""
    part = Blueprint("photos", __name__)
    checks = PhotoChecks(project)

    @part.get("/studies/<study>/photos/")
    def show(study: str) -> str:
        settings = project.studies().get(study)
        table = project.editor.table("study", study)
        check = checks.check(study) if settings and settings.dataset else None
        return step_page(
            project,
            study,
            "photos",
            check=check,
            report=check_report(check.report) if check and check.report else None,
            command=checks.arguments(study),
            fields=setting_fields(settings, READING) if settings else [],
            seen={name: table.get(name) for name in (*READING, "rename", "leave_out")},
            left_out=table.get("leave_out", []),
            limit=gigabytes(free_disk(project)),
            roots=[str(root) for root in project.roots],
            uploads=uploads_of(project).uploads(),
        )

    @part.get("/api/studies/<study>/check")
    def check(study: str) -> dict[str, Any]:
        found = checks.check(study)
        return {"state": found.state, "line": found.line, "share": found.share}

    @part.post("/api/studies/<study>/check")
    def begin(study: str) -> dict[str, Any]:
        checks.begin(study)
        return {}

    @part.get("/thumbnails/<name>")
    def thumbnail(name: str) -> BaseResponse:
        if not (project.folder / "checks" / THUMBNAILS).is_dir():
            abort(404)
        answer: Response = send(checks.folder.absolute() / THUMBNAILS, name)  # type: ignore[assignment]
        answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
        return answer

    return part

"""What the page of photos asks: which there are, which to take, what classes are called."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, request

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.asked_content import asked
from diamond_cutter.web.workbench.photos.allowed_photos import AllowedPhotos
from diamond_cutter.web.workbench.photos.check_report import photos_of
from diamond_cutter.web.workbench.photos.class_changes import leave_out_changed, rename_changed
from diamond_cutter.web.workbench.photos.photo_checks import PhotoChecks
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.uploads.upload_routes import uploads_of


@dataclass(frozen=True)
class Chosen:
    """Photos that a study is to be of: an upload that is all here, or an address."""

    dataset: str = ""
    upload: str = ""


@dataclass(frozen=True)
class Seen:
    """What the settings file said when the page was made."""

    rename: dict[str, str] | None
    leave_out: list[str] | None


@dataclass(frozen=True)
class Changed:
    """Names of classes by those in the photos, photos left out, entries that are taken again."""

    names: dict[str, str]
    out: list[str]
    again: list[str]
    seen: Seen


def photo_routes(project: Project) -> Blueprint:
    """`/api/studies/<study>/` `photos`, `dataset` and `classes`, and `/api/places`."""
    part = Blueprint("photo_routes", __name__)
    checks = PhotoChecks(project)

    @part.get("/api/studies/<study>/photos")
    def photos(study: str) -> dict[str, Any]:
        found = checks.check(study)
        if found.report is None:
            raise UserError(f"study {study}: expected a check that is done; reload the page")
        first = max(0, request.args.get("from", 0, int))
        shown, count = photos_of(found.report, request.args.get("class", ""), first)
        return {"photos": [vars(thumb) for thumb in shown], "count": count}

    @part.post("/api/studies/<study>/dataset")
    def choose(study: str) -> dict[str, Any]:
        wanted = asked(Chosen)
        if wanted.upload:
            file = uploads_of(project).upload(wanted.upload).file
            if file is None:
                raise UserError("upload: expected all of it, got a part; drop it again to go on")
            dataset = str(file)
        else:
            allowed = AllowedPhotos(tuple(project.roots))
            dataset = allowed.check(wanted.dataset.strip(), Path.cwd())
        changes = {"dataset": dataset, "rename": None, "leave_out": None}
        if project.editor.table("study", study).get("dataset") != dataset:
            project.editor.edit({("study", study): changes}, {})
        return {"dataset": dataset}

    @part.post("/api/studies/<study>/classes")
    def change(study: str) -> dict[str, Any]:
        changed = asked(Changed)
        table = project.editor.table("study", study)
        seen = {"rename": changed.seen.rename, "leave_out": changed.seen.leave_out}
        changes = {
            "rename": rename_changed(table.get("rename", {}), changed.names),
            "leave_out": leave_out_changed(table.get("leave_out", []), changed.out, changed.again),
        }
        project.editor.edit({("study", study): changes}, {("study", study): seen})
        return {}

    @part.get("/api/places")
    def places() -> dict[str, Any]:
        allowed = AllowedPhotos(tuple(project.roots))
        return vars(allowed.place(request.args.get("path", ""), Path.cwd()))

    return part

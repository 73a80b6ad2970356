"""What the pages ask about uploads."""

import shutil
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.asked_content import asked
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.uploads.upload_folder import (
    CHUNK,
    DiskFullError,
    Upload,
    UploadFolder,
)


@dataclass(frozen=True)
class Announced:
    """A file that is to be sent; see `UploadFolder.begin`."""

    name: str
    size: int
    mark: str


def uploads_of(project: Project) -> UploadFolder:
    """The uploads of a project."""
    return UploadFolder(project.folder / "uploads", project.upload_limit)


def upload_routes(project: Project) -> Blueprint:
    """`/api/uploads`, and one of them."""
    part = Blueprint("uploads", __name__)

    @part.get("/api/uploads")
    def show() -> dict[str, Any]:
        return {"uploads": [_document(upload) for upload in uploads_of(project).uploads()]}

    @part.post("/api/uploads")
    def begin() -> dict[str, Any]:
        return _document(uploads_of(project).begin(**vars(asked(Announced))))

    @part.post("/api/uploads/<upload>")
    def append(upload: str) -> dict[str, Any]:
        request.max_content_length = CHUNK
        length = request.content_length
        if length is None or length > CHUNK:
            raise UserError(f"chunk: expected at most {CHUNK:,} bytes, got more; reload the page")
        at = request.args.get("at", -1, int)
        return _document(uploads_of(project).append(upload, at, request.stream))

    @part.post("/api/uploads/<upload>/remove")
    def remove(upload: str) -> dict[str, Any]:
        place = str(uploads_of(project).upload(upload).file)
        for study, settings in project.studies().items():
            if settings.dataset == place:
                raise UserError(
                    f"{place}: expected photos that no study is made of, got those of {study}; "
                    "choose others for it first"
                )
        uploads_of(project).remove(upload)
        return {}

    @part.errorhandler(DiskFullError)
    def full(error: DiskFullError) -> tuple[dict[str, str], int]:
        return {"error": " ".join(str(error).split())}, 507

    return part


def free_disk(project: Project) -> int:
    """Bytes that uploads may have now."""
    folder = project.folder
    folder.mkdir(parents=True, exist_ok=True)
    uploads = uploads_of(project)
    return max(0, min(shutil.disk_usage(folder).free - uploads.reserve, uploads.limit))


def _document(upload: Upload) -> dict[str, Any]:
    file = None if upload.file is None else str(upload.file)
    return {**vars(upload), "file": file, "chunk": CHUNK}

"""What forms of settings ask: to be written into the settings file."""

from typing import Any

from flask import Blueprint

from diamond_cutter.web.workbench.asked_content import asked
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.setting_fields import FilledForm, save_settings


def setting_routes(project: Project) -> Blueprint:
    """`/api/studies/<study>/settings`."""
    part = Blueprint("setting_routes", __name__)

    @part.post("/api/studies/<study>/settings")
    def save(study: str) -> dict[str, Any]:
        save_settings(project.editor, study, asked(dict[str, FilledForm]))
        return {}

    return part

"""What every page of the workbench has around its content, and how pages are made."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, render_template
from jinja2 import StrictUndefined

from diamond_cutter.build.page_text import decimal, grouped, shown
from diamond_cutter.web.workbench.project import Project, command_text
from diamond_cutter.web.workbench.request_guard import POLICY
from diamond_cutter.web.workbench.settings_editor import as_toml

STEPS = {
    "photos": "Photos",
    "models": "Models and cuts",
    "training": "Training",
    "run": "Run",
    "answer": "Answer",
}
"""The steps from photos to answer: the part of the address, and what it is called."""


@dataclass(frozen=True)
class Crumb:
    """A page above this one."""

    label: str
    href: str


@dataclass(frozen=True)
class Frame:
    """What a page has around its content: see the site's frame (`parts/page_base.html`)."""

    title: str
    description: str
    crumbs: tuple[Crumb, ...]
    token: str
    assets: str = "/assets/"
    root: str = "/"
    policy: str = POLICY
    pictures: str = ""  # of the workbench itself lie here


@dataclass(frozen=True)
class Step:
    """One of the five steps of a study; `current`: it is this page."""

    label: str
    href: str
    current: bool


def prepare_pages(app: Flask, token: str) -> None:
    """Have `app` make pages as the site's are made: all values escaped, none undefined."""
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update(grouped=grouped, decimal=decimal, shown=shown, command=command_text)
    app.config["WORKBENCH_TOKEN"] = token


def page(template: str, title: str, *crumbs: Crumb, **content: Any) -> str:
    """A page; its template finds `content` by name."""
    above = (Crumb("Workbench", "/"), *crumbs) if title else ()
    frame = Frame(
        f"{title} · Workbench" if title else "Workbench",
        "From photos to answer, on this machine.",
        above,
        current_app.config["WORKBENCH_TOKEN"],
    )
    return render_template(f"workbench/{template}", page={"frame": frame}, **content)


def step_page(project: Project, study: str, step: str, **content: Any) -> str:
    """The page of a step of a study, by the template of its name.

    Its template finds `study`, the name; `settings`, those of the study, or None before it stands
    in the settings file; `toml`, its table there; `steps`, the line of steps; and `content` by
    name.
    """
    steps = [
        Step(label, f"/studies/{study}/{name}/", name == step) for name, label in STEPS.items()
    ]
    settings = project.studies().get(study)
    return page(
        f"{step}.html",
        f"{study}: {STEPS[step]}",
        study=study,
        settings=settings,
        toml=as_toml(("study", study), project.editor.table("study", study)),
        steps=steps,
        **content,
    )

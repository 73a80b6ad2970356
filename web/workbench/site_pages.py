"""The built site in the workbench: its pages as they are, with buttons where they show commands."""

from flask import Blueprint, current_app, redirect, render_template
from werkzeug.wrappers import Response as BaseResponse

from diamond_cutter.web.folder_files import send
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.workbench_page import page


def site_pages(project: Project) -> Blueprint:
    """`/site/` and all below it."""
    part = Blueprint("site", __name__)

    @part.get("/site")
    def without_slash() -> BaseResponse:
        return redirect("/site/", 308)

    @part.get("/site/")
    def home() -> BaseResponse | str:
        if not (project.site / "index.html").is_file():
            return page("no_site.html", "No site yet", command=project.arguments("site"))
        return show("")

    @part.get("/site/<path:path>")
    def show(path: str) -> BaseResponse:
        answer = send(project.site, path)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            answer.direct_passthrough = False
            token = current_app.config["WORKBENCH_TOKEN"]
            added = render_template("workbench/site_head.html", token=token).encode()
            answer.set_data(answer.get_data().replace(b"</head>", added + b"</head>", 1))
        return answer

    return part

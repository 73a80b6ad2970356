"""The pages of the queue, and its JSON."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request

from diamond_cutter.web.workbench.project import Project, command_text
from diamond_cutter.web.workbench.queue.job import Job
from diamond_cutter.web.workbench.queue.job_progress import read_progress
from diamond_cutter.web.workbench.queue.job_queue import JobQueue
from diamond_cutter.web.workbench.workbench_page import Crumb, page

_SHOWN = 200_000
"""Bytes of a log that a page gets at once, at most."""


def queue_of(project: Project) -> JobQueue:
    """The queue of a project."""
    return JobQueue(project.folder / "queue")


def jobs_pages(project: Project) -> Blueprint:
    """`/jobs/`, `/jobs/<number>/`, and below `/api/jobs` what they show and do."""
    part = Blueprint("jobs", __name__)

    @part.get("/jobs/")
    def list_jobs() -> str:
        return page("jobs.html", "Jobs")

    @part.get("/jobs/<int:number>/")
    def show_job(number: int) -> str:
        job = queue_of(project).job(number)
        return page("job.html", job.title, Crumb("Jobs", "/jobs/"), number=number, job=job)

    @part.get("/api/jobs")
    def jobs() -> Response:
        """All, the last first; those of a `?study=`, whose first command is a `?command=`."""
        study, command = request.args.get("study"), request.args.get("command")
        queue = queue_of(project)
        found = [
            job_document(number, job, queue)
            for number, job in queue.jobs().items()
            if study in (None, job.study) and command in (None, job.commands[0][0])
        ]
        return jsonify(found[::-1])

    @part.get("/api/jobs/<int:number>")
    def job(number: int) -> Response:
        return jsonify(job_document(number, queue_of(project).job(number), queue_of(project)))

    @part.get("/api/jobs/<int:number>/log")
    def log(number: int) -> Response:
        """What was said from the byte `?from=` on, and the byte to go on from."""
        said = queue_of(project).log(number)
        start = max(request.args.get("from", 0, int), len(said) - _SHOWN, 0)
        return jsonify(text=said[start:].decode(errors="replace"), end=len(said))

    @part.post("/api/jobs/<int:number>/pause")
    def pause(number: int) -> Response:
        queue_of(project).end(number, "paused")
        return job(number)

    @part.post("/api/jobs/<int:number>/stop")
    def stop(number: int) -> Response:
        queue_of(project).end(number, "stopped")
        return job(number)

    @part.post("/api/jobs/<int:number>/resume")
    def resume(number: int) -> Response:
        queue_of(project).resume(number)
        return job(number)

    return part


def job_document(number: int, job: Job, queue: JobQueue) -> dict[str, Any]:
    """A job as pages have it, with its progress."""
    progress = read_progress(queue.log(number)[-_SHOWN:].decode(errors="replace"))
    return {
        "number": number,
        "title": job.title,
        "study": job.study,
        "commands": [command_text(arguments) for arguments in job.commands],
        "done": job.done,
        "state": job.state,
        "wish": job.wish,
        **asdict(progress),
    }

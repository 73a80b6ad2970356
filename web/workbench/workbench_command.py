"""`diamond workbench`: from photos to answer in the browser, on this machine."""

from argparse import ArgumentParser, Namespace

from diamond_cutter.command.configuration import add_options
from diamond_cutter.web.listening_socket import LOOPBACK, bind, serve
from diamond_cutter.web.workbench.project import Project
from diamond_cutter.web.workbench.queue.jobs_pages import queue_of
from diamond_cutter.web.workbench.request_guard import kept_token
from diamond_cutter.web.workbench.workbench_app import create_workbench

PORT = 8001


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    add_options(parser)
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"the port; 0: any free one (default: {PORT})"
    )
    parser.add_argument(
        "--host",
        default=LOOPBACK,
        help="the address of this machine to listen on, where others are to come in too: 0.0.0.0 "
        f"is all; only with the token that is printed then (default: {LOOPBACK})",
    )
    parser.epilog = "Its commands go on when it ends, and when it starts again they are there."


def run(options: Namespace) -> None:
    """Serve the workbench until interrupted."""
    project = Project(options.config)
    project.studies()  # a file that is wrong is told of here
    token = kept_token(project.folder)
    queue_of(project).start()  # what waited when the machine went down
    with bind(options.port, options.host) as listener:
        port = listener.getsockname()[1]
        shown = f"[{options.host}]" if ":" in options.host else options.host
        after = "" if options.host == LOOPBACK else f"?token={token}"
        print(f"http://{shown}:{port}/{after} is the workbench; Ctrl-C ends it", flush=True)  # noqa: T201
        serve(create_workbench(project, token, options.host), listener, options.host)

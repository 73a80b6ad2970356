"""A quick question to a command: its JSON, or its error."""

import json
import subprocess
import sys
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.project import Project, command_text

PROGRAM = (sys.executable, "-m", "diamond_cutter.command.main")
"""`diamond`, in whatever environment this is."""
SECONDS = 120.0
"""In which a question has to be answered."""


def ask(project: Project, *words: str, seconds: float = SECONDS) -> Any:
    """What `diamond WORDS --json` prints.

    Raises `UserError` with what the command says that the user can mend, and where it takes too
    long; any other failure is a bug and raises `RuntimeError` with what it said.
    """
    arguments = project.arguments(*words, "--json")
    try:
        ran = subprocess.run(  # noqa: S603
            [*PROGRAM, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"{command_text(arguments)}: expected an answer within {seconds:.0f} s, got none; "
            "run it in a terminal"
        ) from error
    if ran.returncode == 2:
        raise UserError(ran.stderr.strip().rpartition("diamond: ")[2])
    if ran.returncode:
        raise RuntimeError(f"{command_text(arguments)} ended with {ran.returncode}: {ran.stderr}")
    return json.loads(ran.stdout)

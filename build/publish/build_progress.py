"""Progress of a build: bars on a terminal and in a notebook, a line a step in a log."""

from types import TracebackType
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from diamond_cutter.command.notebook_bars import NotebookBars, is_notebook


class Progress:
    """Shows what it is told; a context manager, so that a bar ends when the build does."""

    def __init__(self, stream: TextIO) -> None:
        """Show it on `stream`; nothing appears before the first report."""
        self._stream = stream
        self._bars = Bars(
            TextColumn("{task.description:>10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=Console(file=stream),
            disable=not stream.isatty(),
        )
        self._tasks: dict[str, TaskID] = {}
        self._notebook = NotebookBars() if is_notebook(stream) else None
        self._steps: dict[str, tuple[str, int, int]] = {}

    def __enter__(self) -> "Progress":
        """Start to show."""
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop to show."""
        self._bars.stop()

    def report(self, step: str, done: int, total: int) -> None:
        """Show that `done` of `total` of a step is done."""
        if self._notebook is not None:
            self._steps[step] = (step, done, total)
            self._notebook.show(list(self._steps.values()), "")
            return
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=total)
        self._bars.update(self._tasks[step], completed=done, total=total)
        if done == total and total and not self._stream.isatty():
            self._stream.write(f"site: {step}: {total:,} done\n")
            self._stream.flush()

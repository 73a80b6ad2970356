"""What is seen of long work: a bar on a terminal, a line now and then in a log, step by step."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol, TextIO

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from diamond_cutter.command.notebook_bars import NotebookBars, is_notebook

LINE_SECONDS = 10.0
LINE_SHARE = 0.05
LEAST_SECONDS = 1.0


@dataclass(frozen=True)
class Status:
    """How far a pass is: of the whole, and of the places being worked on.

    `noun` is what is counted; `rate` is a second, `left` in seconds, None while nothing is known.
    """

    title: str
    noun: str
    done: int
    total: int
    rate: float | None
    left: float | None
    places: tuple[tuple[str, int, int], ...]


class Display(Protocol):
    """Shows a run."""

    def check(self, text: str) -> None:
        """Say what is being checked, where it does not stay: an error is to stand alone."""

    def phase(self, text: str) -> None:
        """Say what is being done before the work proper."""

    def show(self, standing: Status) -> None:
        """Show how far the work is."""

    def note(self, text: str) -> None:
        """Say something that stays."""

    def close(self) -> None:
        """End the display; what it says last stays."""


def open_display(stream: TextIO) -> Display:
    """A bar where `stream` is a terminal, or in a notebook, else lines."""
    if is_notebook(stream):
        return NotebookDisplay(NotebookBars())
    console = Console(file=stream)
    return Bar(console) if console.is_terminal else Lines(stream)


class Lines:
    """One line every ten seconds or twentieth part, whichever is first, but not one a second."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        """Write to `stream`; `clock` tells seconds."""
        self._stream, self._clock = stream, clock
        self._shown: tuple[str, int, float] | None = None

    def check(self, text: str) -> None:
        """Nothing: a line would stay."""

    def phase(self, text: str) -> None:
        """One line."""
        self.note(f"{text} ...")

    def show(self, standing: Status) -> None:
        """A line, if there was none for some time or progress."""
        now = self._clock()
        if self._shown is not None:
            title, done, shown_at = self._shown
            step = standing.done - done
            finished = standing.done == standing.total and step > 0
            if (
                title == standing.title
                and now - shown_at < LINE_SECONDS
                and (step < LINE_SHARE * standing.total or now - shown_at < LEAST_SECONDS)
                and not finished
            ):
                return
        self._shown = (standing.title, standing.done, now)
        self.note(describe(standing))

    def note(self, text: str) -> None:
        """One line."""
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def close(self) -> None:
        """Nothing is left open."""


class Bar:
    """A bar for the whole and one for each place that is being worked on."""

    def __init__(self, console: Console) -> None:
        """Take over the last lines of a terminal."""
        self._console = console
        self._live = Live(console=console, refresh_per_second=4)
        self._live.start()
        self._bars: RenderableType = ""

    def check(self, text: str) -> None:
        """Shown in the place of the bars."""
        self._live.update(Text(f"{text} ..."), refresh=True)

    def phase(self, text: str) -> None:
        """Shown in the place of the bars."""
        self.check(text)

    def show(self, standing: Status) -> None:
        """The bars anew."""
        table = Table.grid(padding=(0, 2))
        for label, done, total in (
            *standing.places,
            (standing.title, standing.done, standing.total),
        ):
            table.add_row(label, ProgressBar(total, done, width=32), f"{done}/{total}")
        self._bars = Group(table, Text(describe(replace(standing, places=()))))
        self._live.update(self._bars)

    def note(self, text: str) -> None:
        """A line above the bars."""
        self._console.print(text, markup=False, highlight=False)

    def close(self) -> None:
        """Leave the bars as they are, if it came to any."""
        self._live.update(self._bars)
        self._live.stop()


class NotebookDisplay:
    """A bar for the whole and one for each place that is being worked on; notes above them."""

    def __init__(self, bars: NotebookBars) -> None:
        """Show it by `bars`."""
        self._bars = bars
        self._last: tuple[list[tuple[str, int, int]], str] = [], ""

    def check(self, text: str) -> None:
        """Shown in the place of the bars."""
        self._bars.show([], f"{text} ...")

    def phase(self, text: str) -> None:
        """Shown in the place of the bars."""
        self.check(text)

    def show(self, standing: Status) -> None:
        """The bars anew."""
        bars = [*standing.places, (standing.title, standing.done, standing.total)]
        self._last = bars, describe(replace(standing, places=()))
        self._bars.show(*self._last)

    def note(self, text: str) -> None:
        """A line above the bars."""
        self._bars.note(text)

    def close(self) -> None:
        """Leave the bars as they are, if it came to any."""
        self._bars.close(*self._last)


def describe(standing: Status) -> str:
    """A standing as one line."""
    places = "; ".join(f"{label} {done}/{total}" for label, done, total in standing.places)
    rate = "" if standing.rate is None else f", {standing.rate:.1f} a second"
    share = 100 * standing.done // standing.total if standing.total else 100
    left = "" if standing.left is None else f", {duration(standing.left)} left"
    return (
        f"{standing.title}: {standing.done} of {standing.total} {standing.noun} "
        f"({share} %){rate}{left}" + (f" | {places}" if places else "")
    )


def duration(seconds: float) -> str:
    """Seconds as a person reads them: "42 s", "5 min 10 s", "2 h 05 min"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


LEAST_SECONDS = 1.0
"""Before which there is no telling how fast a step goes."""

Progress = Callable[[str, int, int], None]
"""Told the name of the step, how much of it is done and how much there is."""


@dataclass
class StepProgress:
    """Shows steps one after the other; `seconds` is what each took, by name."""

    display: Display
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step; one that comes again adds to it."""
        started = time.monotonic()
        yield
        taken = self.seconds.get(name, 0.0) + time.monotonic() - started
        self.seconds[name] = round(taken, 2)

    def progress(self, noun: str) -> Progress:
        """What shows progress in things of that name, with the time left, from now on."""
        started, current = time.monotonic(), ""

        def show(step: str, done: int, total: int) -> None:
            nonlocal started, current
            if step != current:
                started, current = time.monotonic(), step
            seconds = time.monotonic() - started
            rate = done / seconds if done and seconds > LEAST_SECONDS else None
            left = None if rate is None else (total - done) / rate
            if total:
                self.display.show(Status(step, noun, done, total, rate, left, ()))

        return show

"""Bars of progress in a notebook: one output below its cell, drawn anew as the work goes on."""

import sys
import time
from collections.abc import Callable, Sequence
from html import escape
from typing import Any, TextIO

from rich.console import Console

REDRAW_SECONDS = 0.25
"""Between two drawings, so that the notebook's page does not lag behind."""


def is_notebook(stream: TextIO) -> bool:
    """Whether what is written to `stream` comes to stand below a cell of Jupyter or Colab."""
    return stream is sys.stderr and Console(file=stream).is_jupyter


class NotebookBars:
    """Bars, a line below them, and above them lines that stay."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Nothing is shown before there is something to say; `clock` tells seconds."""
        self._clock = clock
        self._handle: Any = None
        self._notes: list[str] = []
        self._now = ""
        self._drawn_at = float("-inf")

    def show(self, bars: Sequence[tuple[str, int, int]], line: str) -> None:
        """Bars, each its label, how much is done and of how much, a few times a second.

        Where all of the last is done, at once.
        """
        self._now = "".join(_bar(*bar) for bar in bars) + _line(line)
        is_done = all(done == total for _, done, total in bars[-1:])
        if is_done or self._clock() - self._drawn_at > REDRAW_SECONDS:
            self._draw()

    def note(self, text: str) -> None:
        """A line that stays."""
        self._notes.append(_line(text))
        self._draw()

    def close(self, bars: Sequence[tuple[str, int, int]], line: str) -> None:
        """Leave these bars behind, if anything was shown."""
        if self._handle is not None:
            self._drawn_at = float("-inf")
            self.show(bars, line)

    def _draw(self) -> None:
        from IPython.display import HTML, display

        self._drawn_at = self._clock()
        content = HTML("".join((*self._notes, self._now)))
        if self._handle is None:
            self._handle = display(content, display_id=True)
        else:
            self._handle.update(content)


def _line(text: str) -> str:
    return f'<div style="white-space:pre-wrap">{escape(text)}</div>' if text else ""


def _bar(label: str, done: int, total: int) -> str:
    return (
        f'<div><progress max="{max(total, 1)}" value="{done if total else 1}" '
        f'aria-label="{escape(label)}"></progress> {escape(label)} {done:,}/{total:,}</div>'
    )

import io

import pytest
from rich.console import Console

from diamond_cutter.command.notebook_bars import NotebookBars
from diamond_cutter.precompute.jobs.display import (
    Bar,
    Lines,
    NotebookDisplay,
    Status,
    describe,
    duration,
    open_display,
)


def standing(done: int, title: str = "preview") -> Status:
    return Status(title, "channels", done, 1000, 2.5, 75.0, (("stem", 3, 32),))


def test_a_standing_in_one_line() -> None:
    assert describe(standing(250)) == (
        "preview: 250 of 1000 channels (25 %), 2.5 a second, 1 min 15 s left | stem 3/32"
    )
    unknown = Status("preview", "channels", 0, 1000, 0.0, None, ())
    assert describe(unknown) == "preview: 0 of 1000 channels (0 %), 0.0 a second"


def test_where_there_is_nothing_to_do_all_of_it_is_done() -> None:
    nothing = Status("preview", "channels", 0, 0, None, None, (("stem", 0, 0),))
    assert describe(nothing) == "preview: 0 of 0 channels (100 %) | stem 0/0"
    stream = io.StringIO()
    bar = Bar(Console(file=stream, force_terminal=True, width=100))
    bar.show(nothing)
    bar.close()
    assert "0/0" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (310, "5 min 10 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_log_gets_a_line_every_ten_seconds_or_twentieth_part() -> None:
    stream, now = io.StringIO(), [0.0]
    lines = Lines(stream, lambda: now[0])
    for second, done in ((0, 0), (9, 49), (9.5, 50), (12, 60), (19.6, 61), (20, 62)):
        now[0] = second
        lines.show(standing(done))
    shown = [line.split()[1] for line in stream.getvalue().splitlines()]
    assert shown == ["0", "50", "61"]


def test_a_log_gets_the_end_and_the_next_pass_at_once() -> None:
    stream = io.StringIO()
    lines = Lines(stream, lambda: 0.0)
    for each in (standing(980), standing(1000), standing(1000), standing(7, "standard")):
        lines.show(each)
    shown = [tuple(line.split()[:2]) for line in stream.getvalue().splitlines()]
    assert shown == [("preview:", "980"), ("preview:", "1000"), ("standard:", "7")]


def test_a_stream_that_is_no_terminal_gets_lines() -> None:
    assert isinstance(open_display(io.StringIO()), Lines)


def test_a_log_says_nothing_before_all_is_checked() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    lines.check("reading the models")
    assert stream.getvalue() == ""
    lines.phase("starting workers")
    assert stream.getvalue() == "starting workers ...\n"


def test_a_terminal_gets_bars_and_notes_above_them() -> None:
    stream = io.StringIO()
    bar = Bar(Console(file=stream, force_terminal=True, width=100))
    bar.check("reading the models")
    bar.phase("starting workers")
    bar.note("failed: net/stem channels 0-7: [no] gradient")
    bar.show(standing(250))
    bar.close()
    text = stream.getvalue()
    for part in (
        "failed: net/stem channels 0-7: [no] gradient",
        "3/32",
        "250/1000",
        "1 min 15 s left",
    ):
        assert part in text


class Output:
    """What a cell shows: `display` gives its handle."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def update(self, content: object) -> None:
        self.seen.append(str(content.data))  # type: ignore[attr-defined]

    def display(self, content: object, *, display_id: bool) -> "Output":
        assert display_id
        assert not self.seen
        self.update(content)
        return self


def test_a_notebook_gets_bars_drawn_anew_in_one_output(monkeypatch: pytest.MonkeyPatch) -> None:
    output, now = Output(), [0.0]
    monkeypatch.setattr("IPython.display.display", output.display)
    display = NotebookDisplay(NotebookBars(lambda: now[0]))
    display.check("reading <models>")
    for seconds, done in ((0.3, 250), (0.4, 260), (0.5, 1000)):
        now[0] = seconds
        display.show(standing(done))
    display.note("failed: <b>")
    display.phase("writing")
    display.close()
    assert len(output.seen) == 6  # not of 260, a tenth of a second after 250
    assert "reading &lt;models&gt; ..." in output.seen[0]
    assert '<progress max="32" value="3" aria-label="stem">' in output.seen[1]
    assert '<progress max="1000" value="250" aria-label="preview"></progress>' in output.seen[1]
    assert output.seen[3].startswith('<div style="white-space:pre-wrap">failed: &lt;b&gt;</div>')
    assert "writing ..." in output.seen[4]
    assert output.seen[5] == output.seen[3]


def test_a_notebook_that_only_checked_is_left_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output()
    monkeypatch.setattr("IPython.display.display", output.display)
    display = NotebookDisplay(NotebookBars(lambda: 0.0))
    display.check("reading the models")
    display.close()
    assert output.seen[-1] == ""

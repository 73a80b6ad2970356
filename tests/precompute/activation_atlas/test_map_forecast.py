"""How long maps will take: by hand, and as parts are done."""

from io import StringIO

import pytest

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.activation_atlas import map_forecast
from diamond_cutter.precompute.activation_atlas.map_forecast import (
    SHARES,
    START,
    Forecast,
    cells_expected,
    layers_effort,
)
from diamond_cutter.precompute.jobs.display import Lines
from diamond_cutter.precompute.jobs.machine_speed import product_rate

RATE = 100.0


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(map_forecast.time, "monotonic", found.monotonic)
    return found


def forecast_of(said: StringIO, **settings: object) -> Forecast:
    """Photos that take 90 seconds, layers 60 and cells 150, by two workers, and all their start."""
    made = Forecast(StudySettings(workers=2, **settings), Lines(said), rate=RATE)  # type: ignore[arg-type]
    for part, seconds in (("photos", 90), ("layers", 60), ("cells", 150)):
        made.expect((part,), (seconds - START) * SHARES[part] * RATE * 2)
    return made


def test_all_is_told_beforehand_and_the_rest_by_how_long_a_part_took(clock: Clock) -> None:
    said = StringIO()
    forecast = forecast_of(said)
    forecast.tell("4000 vectors")
    with forecast.part(("photos",)):
        clock.now += 180  # twice what was expected
    with forecast.part(("layers",)):
        clock.now += 30  # half
    with forecast.part(("cells",)):
        clock.now += 200
    assert said.getvalue().splitlines() == [
        "activation atlas: 4000 vectors: about 5 min 00 s",
        "activation atlas: the rest: about 7 min 00 s",
        "activation atlas: the rest: about 1 min 15 s",
    ]


def test_what_is_there_already_is_not_told_of(clock: Clock) -> None:
    said = StringIO()
    forecast = forecast_of(said)
    with forecast.part(("photos",)):
        clock.now += 1  # all of them were there: that says nothing of the rest
    forecast.expect(("cells",), 0)
    forecast.tell("the rest")
    with forecast.part(("layers",)):
        clock.now += 60
    with forecast.part(("cells",)):
        clock.now += 1
    assert said.getvalue() == "activation atlas: the rest: about 1 min 00 s\n"
    elsewhere = forecast_of(said, scheduler="tcp://other:8786")
    elsewhere.tell("what others make")
    assert "others" not in said.getvalue()


def test_what_is_expected_of_layers_and_their_cells() -> None:
    assert cells_expected(20, 8000) == 315  # of 525 squares
    assert cells_expected(20, 1000) == 15
    assert cells_expected(20, 199) == 0
    assert layers_effort(1, 1000) == 250
    assert layers_effort(5, 1000) == 1500  # and all of them together first
    assert layers_effort(5, 100_000) == layers_effort(5, 4000)
    assert product_rate() > 0

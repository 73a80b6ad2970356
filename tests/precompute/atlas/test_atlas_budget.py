import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas.atlas_plan import parse_budget


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("10m", 600), ("1h30m", 5400), ("90s", 90), ("2h 5s", 7205), (" 1m ", 60)],
)
def test_budgets_are_seconds(text: str, seconds: float | None) -> None:
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["10", "m", "0m", "-5m", "10m1h", "ten minutes", "1.5h"])
def test_a_budget_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="expected a time like") as caught:
        parse_budget(text)
    assert repr(text) in str(caught.value)

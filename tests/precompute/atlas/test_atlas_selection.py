import fake_pictures
import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.atlas.channel_selection import parse_channels, select

NET, OTHER = fake_pictures.load("net"), fake_pictures.load("other")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("all", (0, 1, 2, 3, 4, 5)),
        ("3", (0, 1, 2)),
        ("100", (0, 1, 2, 3, 4, 5)),
        ("1-2,5", (1, 2, 5)),
        ("4,1-2, 2 - 3", (1, 2, 3, 4)),
        ("5-5", (5,)),
    ],
)
def test_channels_are_all_or_a_count_or_ranges(text: str, expected: tuple[int, ...]) -> None:
    assert parse_channels(text, 6) == expected


@pytest.mark.parametrize("text", ["", "none", "0", "-1", "3-1", "1,,2", "1-2-3", "1,", "²"])
def test_channels_that_mean_nothing_are_refused_and_named(text: str) -> None:
    with pytest.raises(UserError, match=r"expected \"all\", a count") as caught:
        parse_channels(text, 6)
    assert repr(text) in str(caught.value)


def test_a_channel_beyond_every_layer_is_refused() -> None:
    with pytest.raises(UserError, match=r"numbers up to 5, .* got '4-6'"):
        parse_channels("0,4-6", 6)


def test_cuts_all_and_names_choose_layers_in_depth_order() -> None:
    def names(*layers: str) -> list[str]:
        return [entry.layer.name for entry in select([NET], layers, "all")]

    assert names("cuts") == ["stem", "block", "head"]
    assert names("all") == ["stem", "inner", "block", "head"]
    assert names("head", "inner") == ["inner", "head"]
    assert names("cuts", "inner") == ["stem", "inner", "block", "head"]


def test_every_model_gets_the_layers() -> None:
    chosen = select([NET, OTHER], ["stem"], "all")
    assert [(entry.model.name, entry.layer.name) for entry in chosen] == [
        ("net", "stem"),
        ("other", "stem"),
    ]


def test_a_layer_gets_those_of_the_channels_that_it_has() -> None:
    chosen = select([NET], ["all"], "0-1,18,42-42")
    assert {entry.layer.name: entry.channels for entry in chosen} == {
        "stem": (0, 1, 18),
        "inner": (0, 1),
        "block": (0, 1),
        "head": (0, 1, 18, 42),
    }


def test_a_layer_without_any_of_the_channels_is_left_out() -> None:
    assert [entry.layer.name for entry in select([NET], ["all"], "30-31")] == ["head"]


def test_a_misspelt_layer_is_named_with_the_nearest() -> None:
    with pytest.raises(UserError, match=r"got 'blokc' \(did you mean 'block'\?\)"):
        select([NET], ["blokc"], "all")

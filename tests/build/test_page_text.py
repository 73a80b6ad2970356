import pytest

from diamond_cutter.build.page_text import (
    apart,
    megabytes,
    milliseconds,
    number,
    ordinal,
    percent,
    percent_interval,
    points,
    shown,
    whole_percent,
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x00\x7f\x85", r"\x00\x7f\x85"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\u2066in\u2069 \u200f \u061c", r"\u2066in\u2069 \u200f \u061c"),
        ("line\u2028par\u2029", r"line\u2028par\u2029"),
        ("lone \udce9", r"lone \udce9"),
        ("<b>&\"'", "<b>&\"'"),
        ("كلب 犬 👩‍🚀 é", "كلب 犬 👩‍🚀 é"),
    ],
)
def test_what_cannot_be_seen_in_a_name_is_shown_as_an_escape(name: str, expected: str) -> None:
    assert shown(name) == expected
    shown(name).encode()


def test_a_name_in_plain_text_is_kept_apart_and_cannot_end_that_itself() -> None:
    assert apart("كلب\u2069!") == "\u2068كلب\\u2069!\u2069"


def test_shares_are_written_as_percentages() -> None:
    assert percent(0.8416) == "84.2\u202f%"
    assert percent_interval((0.8, 0.8749)) == "80.0 to 87.5\u202f%"
    shares = (0.0, 0.004, 0.006, 0.5, 0.994, 0.996, 1.0)
    expected = ("0", "<1", "1", "50", "99", ">99", "100")
    assert [whole_percent(share).split("\u202f")[0] for share in shares] == list(expected)


def test_differences_have_a_sign_unless_they_are_none() -> None:
    assert points(-0.0213) == "\u22122.1"
    assert points(0.0213) == "+2.1"
    assert points(-0.0004) == points(0.0004) == "0.0"


def test_sizes_durations_and_counts() -> None:
    assert [milliseconds(s) for s in (0.0123, 0.00456, 0.000789)] == ["12 ms", "4.6 ms", "0.79 ms"]
    assert [megabytes(b) for b in (123_456_789, 4_652_008, 12_345)] == [
        "123 MB",
        "4.7 MB",
        "0.012 MB",
    ]
    assert number(1, "photo") == "1 photo"
    assert number(1204, "class", "classes") == "1\u202f204 classes"
    places = [ordinal(place) for place in (1, 2, 3, 4, 11, 12, 13, 21, 111, 102)]
    assert places == ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "111th", "102nd"]

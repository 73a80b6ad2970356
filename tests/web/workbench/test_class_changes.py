"""Classes renamed and merged, photos left out."""

from fnmatch import fnmatchcase

import pytest

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench.photos.class_changes import leave_out_changed, rename_changed


def test_names_are_gathered() -> None:
    assert rename_changed({}, {"a": "b", "c": " two  words "}) == {"a": "b", "c": "two words"}
    assert rename_changed({"a": "b"}, {"c": "b"}) == {"a": "b", "c": "b"}
    assert rename_changed({"a": "b", "c": "b"}, {"a": "a"}) == {"c": "b"}
    assert rename_changed({"a": "b"}, {"a": "a"}) is None


@pytest.mark.parametrize("name", ["", "  ", "x" * 201])
def test_a_class_has_a_name(name: str) -> None:
    with pytest.raises(UserError, match="expected a name of 1 to 200 letters"):
        rename_changed({}, {"a": name})


def test_photos_are_left_out_and_taken_again() -> None:
    assert leave_out_changed(["a/1.jpg"], ["a/2.jpg", "a/1.jpg"], []) == ["a/1.jpg", "a/2.jpg"]
    assert leave_out_changed(["a/1.jpg", "b/*"], [], ["b/*"]) == ["a/1.jpg"]
    assert leave_out_changed(["a/1.jpg"], [], ["a/1.jpg"]) is None


@pytest.mark.parametrize("path", ["a/[1].jpg", "what?.jpg", "all*.jpg", "[]].jpg", "a/[!b].jpg"])
def test_no_name_of_a_photo_stands_for_others(path: str) -> None:
    (pattern,) = leave_out_changed([], [path], []) or []
    assert fnmatchcase(path, pattern)
    assert not fnmatchcase(
        path.replace("[1]", "1").replace("?", "x").replace("*", "xy"), pattern
    ) or not set(path) & set("?*1")

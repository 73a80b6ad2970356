"""`diamond atlas`, but for the rendering."""

from dataclasses import replace
from pathlib import Path

import pytest

from diamond_cutter.command.main import main
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas import atlas_run
from diamond_cutter.precompute.atlas.atlas_summary import Failure, Summary
from diamond_cutter.precompute.atlas.channel_selection import parse_channels
from diamond_cutter.precompute.rendering.requests.render_request import numbers
from diamond_cutter.precompute.stores.atlas.atlas_layout import Flag, Level


def summary(**changes: object) -> Summary:
    content: dict[str, object] = {
        "address": "data/atlas.zarr",
        "total": 300,
        "reached": {Level.PREVIEW: 300, Level.STANDARD: 40},
        "flags": {Flag.DEAD: 2, Flag.GREY: 1, Flag.CHANCE: 3},
        "measured": 0,
        "words": 0,
        "circuits": 0,
        "judged": 0,
        "made": 250,
        "seconds": 100.0,
        "failures": (),
        "log": Path("data/atlas.zarr.log"),
    }
    return Summary(**{**content, **changes})  # type: ignore[arg-type]


def returning(monkeypatch: pytest.MonkeyPatch, result: Summary) -> list[AtlasSettings]:
    """Put `result` in the place of a run, and note the settings it was asked for with."""
    asked: list[AtlasSettings] = []

    def render_atlas(settings: AtlasSettings, used: object, study: object) -> Summary:  # noqa: ARG001
        asked.append(settings if used is None else replace(settings, channels="used"))
        return result

    monkeypatch.setattr(atlas_run, "render_atlas", render_atlas)
    return asked


def test_the_summary_goes_to_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = returning(monkeypatch, summary())
    assert main(["atlas", "--layers", "stem,head", "--budget", "10m", "--workers", "3"]) == 0
    assert asked == [AtlasSettings(layers=("stem", "head"), budget="10m", workers=3)]
    assert capsys.readouterr().out.splitlines() == [
        "250 pictures made in 1 min 40 s, 2.5 a second",
        "data/atlas.zarr: 300 of 300 channels at preview or better, "
        "40 of 300 channels at standard; flagged: 2 dead, 1 grey, 3 chance",
        "the same command goes on with the rest",
        "`diamond site` makes the pages",
    ]


@pytest.mark.parametrize("given", ["16", " 16", "0"])
def test_a_lone_number_of_channels_is_refused_with_what_it_may_mean(
    given: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = returning(monkeypatch, summary())
    assert main(["atlas", "--channels", given]) == 2
    number = given.strip()
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert f"got {given!r}" in told
    assert f'"{number}-{number}" for channel {number} alone' in told
    assert ('"0-15" for the first 16' in told) == (number == "16")
    assert not asked


def test_a_count_of_channels_is_for_the_file_and_ranges_are_for_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("diamond.toml").write_text("[atlas]\nchannels = 16\n", encoding="utf-8")
    asked = returning(monkeypatch, summary())
    assert main(["atlas"]) == main(["atlas", "--channels", "0-15"]) == 0
    assert [settings.channels for settings in asked] == ["16", "0-15"]
    assert parse_channels("16", 20) == parse_channels("0-15", 20) == tuple(range(16))
    assert numbers("0-15", 20, "channels") == list(range(16))


def test_nothing_to_do_is_said_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    returning(monkeypatch, summary(made=0, reached={Level.PREVIEW: 300}))
    assert main(["atlas"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "nothing was missing"
    returning(monkeypatch, summary(made=0, measured=1, reached={Level.PREVIEW: 300}))
    assert main(["atlas"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "natural statistics of 1 layer measured; no picture was missing"
    )
    returning(monkeypatch, summary(made=0, circuits=59, reached={Level.PREVIEW: 300}))
    assert main(["atlas"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "circuits of 59 channels found; no picture was missing"
    )


def test_the_channels_of_a_study_are_rendered_first_and_then_better(
    monkeypatch: pytest.MonkeyPatch, small_study: str, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("diamond.toml").write_text(f'[study.pets]\ndataset = "x"\nstore = "{small_study}"\n')
    asked = returning(monkeypatch, summary())
    assert main(["atlas", "--for", "pets"]) == 0
    assert [each.recipe for each in asked] == ["preview", "standard"]
    assert all(each.channels == "used" for each in asked)
    assert all((each.photos, each.cache) == ("x", "data/cache") for each in asked)
    assert main(["atlas", "--for", "pets", "--photos", "others"]) == 0
    assert asked[-1].photos == "others"
    for without in (["--for", "pets", "--photos", ""], []):
        assert main(["atlas", *without]) == 0
        assert asked[-1].photos == ""
    assert main(["atlas", "--for", "cats"]) == 2


def test_failed_chunks_end_with_2_and_say_how_many(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    failures = (Failure("net/head channels 0-7", "ValueError: no"), Failure("net/stem", "other"))
    returning(monkeypatch, summary(failures=failures))
    assert main(["atlas"]) == 2
    captured = capsys.readouterr()
    assert captured.err == (
        "diamond: 2 chunks failed, the first of them net/head channels 0-7: ValueError: no; "
        "the same command tries them again, and data/atlas.zarr.log tells more\n"
    )
    assert captured.out.startswith("250 pictures made")


@pytest.mark.parametrize("option", ["--recipe=nice", "--budget=soon", "--memory-limit=1kB"])
def test_a_mistake_is_one_line_before_anything_is_made(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    option: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["atlas", option]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert list(tmp_path.iterdir()) == []

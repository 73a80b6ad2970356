"""A study that is being made: what is done is ranked as it will be in the end."""

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sample_study import SMALL, write_study

from diamond_cutter.command.main import main
from diamond_cutter.command.settings import AttributionSettings, StudySettings
from diamond_cutter.precompute.stores.study import study_reader, study_writer
from diamond_cutter.precompute.stores.study.study_layout import Planned
from diamond_cutter.precompute.study import study_run
from diamond_cutter.precompute.study.ranking_so_far import read_so_far
from diamond_cutter.precompute.study.study_run import make_study

MODEL = "efficientnet-lite0"
CUTS = ("block3b_add", "block5c_add")


@pytest.fixture
def settings(tmp_path: Path) -> StudySettings:
    """A study of three colours, of two cuts."""
    random = np.random.default_rng(3)
    for name, colour in (("blue", (60, 90, 190)), ("green", (70, 160, 90)), ("red", (190, 70, 60))):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for number in range(8):
            noise = random.normal(0, 60, (7, 7, 3)) + colour
            photo = Image.fromarray(noise.clip(0, 255).astype(np.uint8))
            photo.resize((64, 64), Image.Resampling.BICUBIC).save(folder / f"{number}.png")
    return StudySettings(
        dataset=str(tmp_path / "photos"),
        models=(MODEL,),
        cuts=CUTS,
        store=str(tmp_path / "study.zarr"),
        features=str(tmp_path / "features.zarr"),
        cache=str(tmp_path / "cache"),
        attribution=AttributionSettings(cuts=("none",)),
    )


def stop_before(monkeypatch: pytest.MonkeyPatch, name: str, calls: int) -> None:
    """Let a function of `study_run` fail as a kill would, when it is called for the last time."""
    real: Callable[..., object] = getattr(study_run, name)
    left = calls

    def fail(*arguments: object, **options: object) -> object:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt
        return real(*arguments, **options)

    monkeypatch.setattr(study_run, name, fail)


def test_cuts_that_are_done_are_ranked_as_in_the_end(
    settings: StudySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_so_far(settings.store, "mine").state == "nothing"
    with monkeypatch.context() as patch:
        stop_before(patch, "measure_heads", 2)
        with pytest.raises(KeyboardInterrupt):
            make_study("mine", settings, stream=io.StringIO())
    one = read_so_far(settings.store, "mine")
    assert (one.state, one.planned, [cut.cut for cut in one.cuts]) == ("unfinished", 2, [CUTS[0]])
    assert one.document["recommended"] == {"model": MODEL, "cut": CUTS[0]}
    assert one.document["so_far"] == {"state": "unfinished", "done": 1, "of": 2}
    with monkeypatch.context() as patch:
        stop_before(patch, "expect", 1)
        with pytest.raises(KeyboardInterrupt):
            make_study("mine", settings, stream=io.StringIO())
    both = read_so_far(settings.store, "mine")
    made = make_study("mine", settings, stream=io.StringIO())
    end = study_reader.ranking_document(made.study, made.cuts, made.report)
    assert both.document["cuts"] == end["cuts"]
    assert one.document["cuts"][0]["accuracy"] in [cut["accuracy"] for cut in end["cuts"]]
    for name in ("photos", "groups", "held_out", "classes", "dataset", "last_cuts"):
        assert both.document[name] == end[name], name
    assert both.document["baselines"] == {
        name: end["baselines"][name] for name in ("chance", "majority")
    }
    finished = read_so_far(settings.store, "mine")
    assert finished.state == "finished"
    assert finished.document == {**end, "so_far": {"state": "finished", "done": 2, "of": 2}}
    with monkeypatch.context() as patch:  # a draft of a newer run comes first
        stop_before(patch, "measure_heads", 1)
        with pytest.raises(KeyboardInterrupt):
            make_study("mine", settings, stream=io.StringIO())
    assert read_so_far(settings.store, "mine").document["so_far"] == {
        "state": "nothing",
        "done": 0,
        "of": 2,
    }


def test_a_cut_whose_figures_are_not_written_is_not_done(tmp_path: Path) -> None:
    address = str(tmp_path / "study.zarr")
    write_study(address, SMALL)
    draft = study_writer.begin(study_writer.create_studies(address), "pets")
    study_writer.write_planned(draft, Planned([("tiny-net", "stem")], ["a", "b"], 0, 0.01))
    study_writer.write_predictions(
        draft, "tiny-net", "stem", np.full((4, 2), 0.5, np.float32), np.eye(2, dtype=np.int64), []
    )
    assert read_so_far(address, "pets").document["so_far"] == {
        "state": "nothing",
        "done": 0,
        "of": 1,
    }


def test_the_command_ranks_without_a_dataset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_study("data/study.zarr", SMALL)
    assert main(["study", "pets", "--so-far", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["so_far"] == {"state": "finished", "done": 8, "of": 8}
    assert document["cuts"][0]["model"] == "far.net_2"
    assert main(["study", "pets", "--so-far"]) == 0
    assert "Cut " in capsys.readouterr().out
    assert main(["study", "dogs", "--so-far"]) == 0
    assert capsys.readouterr().out == "No cut is done yet.\n"

"""New photos, tried at once, by a command that stays; here one that is replaced."""

import json
import os
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from diamond_cutter.command.errors import UserError
from diamond_cutter.web.workbench import photo_trials
from diamond_cutter.web.workbench.photo_trials import PhotoTrials
from diamond_cutter.web.workbench.project import Project

LISTENER = """
import json, os, pathlib, sys
folder = pathlib.Path(sys.argv[sys.argv.index("-o") + 1])
if "gone" in sys.argv:
    sys.exit("diamond: gone: expected a study, got none; run it")
print(json.dumps({"ready": True, "model": "m", "cut": "c"}), flush=True)
for line in sys.stdin:
    photo = pathlib.Path(json.loads(line)["photo"])
    content = photo.read_bytes()
    if content == b"die":
        sys.exit("diamond: no memory; close something")
    if content == b"bad":
        print(json.dumps({"photo": str(photo), "error": f"{photo}: expected a photo"}), flush=True)
        continue
    heat = folder / f"{photo.name}-heat.webp"
    heat.write_bytes(b"heat of " + content)
    answer = {"picture": str(photo), "heatmaps": [{"file": str(heat)}], "process": os.getpid()}
    answer["channels"] = [{"layer": "c", "channel": number} for number in (3, 4)]
    print(json.dumps({**answer, "words": sys.argv[1:]}), flush=True)
"""


@pytest.fixture
def listener(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("listener.py").write_text(textwrap.dedent(LISTENER))
    monkeypatch.setattr(photo_trials, "PROGRAM", (sys.executable, "listener.py"))
    project.file.write_text('[study.mine]\ndataset = "photos"\n')


@pytest.fixture
def trials(listener: None, project: Project) -> Iterator[PhotoTrials]:  # noqa: ARG001
    made = PhotoTrials(project)
    yield made
    made.close()


def test_photos_are_answered_by_one_process(trials: PhotoTrials) -> None:
    first = trials.attempt("mine", (), b"one")
    second = trials.attempt("mine", (), b"two")
    assert first["process"] == second["process"]
    assert first["words"][:3] == ["try", "mine", "--listen"]
    assert (trials.folder / first["picture"]).read_bytes() == b"one"
    assert (trials.folder / second["heatmaps"][0]["file"]).read_bytes() == b"heat of two"


def test_another_cut_is_another_process(trials: PhotoTrials) -> None:
    first = trials.attempt("mine", (), b"one")
    second = trials.attempt("mine", ("--model", "m", "--cut", "c"), b"one")
    assert first["process"] != second["process"]
    with pytest.raises(ProcessLookupError):
        os.kill(first["process"], 0)


def test_what_cannot_be_read_is_told_and_the_next_is_answered(trials: PhotoTrials) -> None:
    with pytest.raises(UserError, match=r"^this photo: expected a photo$"):
        trials.attempt("mine", (), b"bad")
    assert trials.attempt("mine", (), b"good")["heatmaps"]


def test_a_process_that_dies_says_why_and_is_started_again(trials: PhotoTrials) -> None:
    with pytest.raises(UserError, match=r"^no memory; close something$"):
        trials.attempt("mine", (), b"die")
    assert trials.attempt("mine", (), b"good")["heatmaps"]


def test_a_command_that_does_not_begin_says_why(trials: PhotoTrials) -> None:
    with pytest.raises(UserError, match=r"^gone: expected a study, got none; run it$"):
        trials.attempt("gone", (), b"good")


def test_what_was_tried_long_ago_is_removed(trials: PhotoTrials) -> None:
    old = trials.folder / trials.attempt("mine", (), b"one")["picture"]
    os.utime(old, (0, 0))
    trials.attempt("mine", (), b"two")
    assert not old.exists()


def test_no_more_is_taken_than_a_photo(
    workbench: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diamond_cutter.web.workbench.steps.answer_step.LARGEST", 10)
    for content in (b"", b"x" * 11):
        answer = workbench.post("/api/studies/mine/trials", data=content)
        assert answer.status_code == 400
        assert answer.json is not None
        assert "expected a photo of up to" in answer.json["error"]
    assert not Path("data/workbench/trials").exists()


@pytest.mark.parametrize("path", ["../token", "..%2ftoken", ".hidden", ""])
def test_nothing_beside_what_was_tried_is_served(workbench: FlaskClient, path: str) -> None:
    folder = Path("data/workbench/trials")
    folder.mkdir(parents=True)
    (folder.parent / "token").write_text("secret token")
    answer = workbench.get(f"/trials/{path}")
    assert answer.status_code == 404
    assert "secret token" not in answer.text


def test_the_answer_is_that_of_the_command(
    listener: None,  # noqa: ARG001
    workbench: FlaskClient,
) -> None:
    page = Path("site/models/m/c/3/index.html")
    page.parent.mkdir(parents=True)
    page.touch()
    answer = workbench.post("/api/studies/mine/trials?model=m&cut=a/b", data=b"photo")
    seen = json.loads(answer.data)
    assert [channel["page"] for channel in seen["channels"]] == ["/site/models/m/c/3/", ""]
    assert (seen["model"], seen["cut"]) == ("m", "c")
    assert seen["words"][-2:] == ["-o", str(Path("data/workbench/trials"))]
    assert workbench.get(f"/trials/{seen['picture']}").data == b"photo"
    refused = workbench.post("/api/studies/mine/trials?model=--config&cut=x", data=b"photo")
    assert refused.status_code == 400

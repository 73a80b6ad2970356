"""The step models: the table, cuts along depth."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient


@pytest.fixture
def text(workbench: FlaskClient) -> str:
    Path("diamond.toml").write_text(
        '[study.mine]\ndataset = "x"\nmodels = ["efficientnet-lite1"]\ncuts = ["top_activation"]\n'
    )
    return workbench.get("/studies/mine/models/").text


def test_every_model_can_be_taken(text: str) -> None:
    assert text.count("data-take=") == text.count('<tr id="') >= 70
    assert 'data-take="efficientnet-lite0" data-input="224"' in text
    assert "75.1 %" in text
    assert "Apache-2.0" in text
    assert 'data-models="efficientnet-lite1" data-cuts="top_activation"' in text
    assert text.count('class="main"') == 1


def test_cuts_along_the_drawn_depth(workbench: FlaskClient) -> None:
    text = workbench.get("/models/efficientnet-lite0/cuts/?size=224").text
    assert text.count("data-cut=") == 18
    assert (
        '<bdi>top_activation</bdi> <span class="note">1\u202f280 channels, stride 32</span>' in text
    )
    assert 'class="profile"' in text
    assert text.count('class="column"') > 18


@pytest.mark.parametrize("model", ["nothing", "--help", "%3Cscript%3E", "..%2f.."])
def test_a_model_that_is_none_is_refused(workbench: FlaskClient, model: str) -> None:
    answer = workbench.get(f"/models/{model}/cuts/")
    assert answer.status_code in (400, 404)
    assert "<script>" not in answer.text


def test_a_plan_takes_no_other_options(workbench: FlaskClient, tmp_path: Path) -> None:
    """Nor more of them by what a name begins with."""
    Path("diamond.toml").write_text('[study.mine]\ndataset = "x"\n')
    answer = workbench.get(f"/api/studies/mine/plan?models=--store={tmp_path}/x&cuts=all")
    assert answer.status_code == 400
    assert not (tmp_path / "x").exists()

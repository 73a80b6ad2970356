"""Who observes a model."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from diamond_cutter.precompute.atlas.observer import choose_observer
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.stores.atlas.atlas_layout import Model
from diamond_cutter.precompute.stores.atlas.model_list import Listed
from diamond_cutter.precompute.stores.network import Network

SOME = Model("small", "made up", "Plain", 32, None, None, None)


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small network, a better one, the best that costs too much, one absent, one unjudged."""
    listed = [
        Listed(replace(SOME, name=name, top1=top1, gflops=gflops), weights, ())
        for name, top1, gflops, weights in (
            ("small", 60.0, 0.5, "here"),
            ("better", 70.0, 2.0, "here"),
            ("dear", 90.0, 50.0, "here"),
            ("absent", 80.0, 1.0, "absent"),
            ("own", None, 1.0, "here"),
        )
    ]
    by_name = {each.model.name: each for each in listed}
    monkeypatch.setattr(catalogue, "listing", lambda: listed)
    monkeypatch.setattr(catalogue, "network", lambda name: Network(name, f"of {name}"))
    monkeypatch.setattr(
        catalogue, "describe", lambda name: (by_name[name].model, by_name[name].weights == "here")
    )


@pytest.mark.parametrize(
    ("setting", "model", "observer"),
    [
        ("", "small", "better"),
        ("", "better", "small"),
        ("", "own", "better"),
        ("own", "small", "own"),
        ("dear", "small", "dear"),
        ("small", "small", "better"),
    ],
)
def test_the_most_accurate_other_network_observes_or_the_one_named(
    setting: str, model: str, observer: str
) -> None:
    assert choose_observer(setting, model) == Network(observer, f"of {observer}")


def test_nobody_observes_where_nobody_is_to_or_nobody_is_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert choose_observer("none", "small") is None
    monkeypatch.setattr(catalogue, "listing", list)
    assert choose_observer("", "small") is None


def test_the_weights_of_one_that_is_named_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    fetched = Network("absent", "of what was fetched")
    monkeypatch.setattr(catalogue, "load", lambda _: SimpleNamespace(network=fetched))
    assert choose_observer("absent", "small") == fetched

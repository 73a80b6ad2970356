"""Words as runs find them: once, resumed, and anew where what they are made of changes."""

import io
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import fake_pictures
import fake_words
import numpy as np
import pytest
from fake_colours import write_colours
from PIL import Image

from diamond_cutter.build.whole_site import build_site
from diamond_cutter.command.settings import AtlasSettings, StudySettings
from diamond_cutter.precompute.atlas import atlas_plan
from diamond_cutter.precompute.atlas.atlas_plan import make_plan
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.atlas.atlas_summary import Summary
from diamond_cutter.precompute.atlas.words.concept_task import Observe
from diamond_cutter.precompute.atlas.words.word_task import find_naming, store_words
from diamond_cutter.precompute.jobs.task import TaskError
from diamond_cutter.precompute.stores.atlas.atlas_layout import open_atlas
from diamond_cutter.precompute.stores.atlas.word_layout import Words, read_words
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import array, subgroup

LAYERS = ("stem", "block", "head")
OBSERVER = Network("seer-net", "ab" * 32)
Tree = Callable[[Path], dict[str, bytes]]


@pytest.fixture(autouse=True)
def _observer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atlas_plan, "choose_observer", lambda *_: OBSERVER)


@pytest.fixture(scope="module")
def photos(once: Callable[[str, Callable[[Path], None]], Path]) -> Path:
    """Photos of two classes, more than one block of them; more and less red."""

    def make(folder: Path) -> None:
        draw = np.random.default_rng(0)
        for number in range(200):
            blocks = draw.integers(0, 256, (6, 6, 3), np.uint8).repeat(8, 0).repeat(8, 1)
            blocks[..., 0] = blocks[..., 0] * draw.random()
            path = folder / "photos" / ("glass", "paper")[number % 2] / f"{number:03}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(blocks).save(path)

    return once("word-photos", make) / "photos"


@pytest.fixture
def settings(tmp_path: Path, photos: Path, undisturbed: Path) -> AtlasSettings:
    """Of an atlas whose pictures are all there."""
    atlas = shutil.copytree(undisturbed, tmp_path / "atlas.zarr")
    cache = str(tmp_path / "cache")
    return AtlasSettings(store=str(atlas), photos=str(photos), cache=cache, workers=1)


def run(
    settings: AtlasSettings,
    observe: Observe = fake_words.observe,
    study: StudySettings | None = None,
) -> Summary:
    return render_atlas(
        settings,
        study=study,
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render_never,
        measure=fake_words.measure,
        observe=observe,
        judge=fake_words.judge,
        stream=io.StringIO(),
    )


def words(settings: AtlasSettings, layer: str = "block") -> list[Words]:
    atlas = open_atlas(settings.store)
    return read_words(subgroup(atlas, f"efficientnet-lite0/{layer}"))


def first(found: Words) -> list[str]:
    """The first word of the first six channels; empty where there is none."""
    return [found.names[place] if place >= 0 else "" for place in found.word[:6, 0].tolist()]


def test_channels_are_named_by_an_observer_and_by_the_labels(settings: AtlasSettings) -> None:
    summary = run(settings)
    assert (summary.words, summary.failures) == (3, ())
    for layer in LAYERS:
        seen, labelled = words(settings, layer)
        assert (seen.kind, seen.source, labelled.kind) == ("observer", "seer-net", "labels")
        assert (seen.judged, seen.strongest, labelled.source) == (100, 10, "photos")
        assert first(seen)[:4] == list(fake_words.CLASSES)
        assert first(labelled)[4] == "paper"
        assert set(first(labelled)[:4]) == {""}
        assert labelled.chance[4, 0] == pytest.approx(0.5, abs=0.15)
    assert run(settings, fake_words.observe_never).words == 0


def test_the_classes_that_a_study_gives_its_photos_are_words_on_the_site(
    settings: AtlasSettings, photos: Path, tmp_path: Path
) -> None:
    name = "Übungspapier <b>"
    study = StudySettings(dataset=str(photos), rename={"paper": name})
    run(settings, study=study)
    assert first(words(settings)[1])[4] == name
    site = tmp_path / "site"
    build_site(settings.store, [], site, "", lambda *_: None)
    layer = "models/efficientnet-lite0/block/"
    page = (site / layer / "4/index.html").read_text(encoding="utf-8")
    assert '/search/?q=%C3%9Cbungspapier%20%3Cb%3E"><bdi>Übungspapier &lt;b&gt;</bdi></a> ' in page
    assert "<dt>Labels</dt>" in page
    assert "those of the class in \u2068photos\u2069" in page
    listed = json.loads((site / layer / "layer.json").read_bytes())["words"]
    assert [name in each for each in listed[:6]] == [False, False, False, False, True, False]
    blocks = [json.loads(path.read_bytes()) for path in (site / "search/index").glob("*/0-*.json")]
    [entry] = [
        entry
        for block in blocks
        for key, entry in zip(block["keys"], block["entries"], strict=True)
        if key == "wubungspapier"
    ]
    assert (f"{layer}4", name) in [(path, entry[0]) for path, *_ in entry[5]]


def test_a_run_goes_on_after_the_concepts_and_layers_that_are_there(
    settings: AtlasSettings, tmp_path: Path, tree: Tree
) -> None:
    whole = replace(settings, store=str(shutil.copytree(settings.store, tmp_path / "whole.zarr")))
    run(whole)
    broken = run(settings, fake_words.observe_first)
    assert any("no class anywhere" in failure.error for failure in broken.failures)
    assert [each.kind for each in words(settings)] == []
    plan = make_plan(settings, fake_pictures.load)
    unseen, unnamed = find_naming(plan, open_atlas(settings.store))
    assert {task.first for task in unseen if task.source.kind == "observer"} == {128}
    with pytest.raises(TaskError):
        store_words(settings.store, unnamed[0])
    assert run(settings, fake_words.observe_rest).words == 3
    group = subgroup(open_atlas(settings.store, mode="r+"), "efficientnet-lite0/block/words/labels")
    group.attrs.put({})  # as an interrupt leaves it
    assert [each.kind for each in words(settings)] == ["observer"]
    assert run(settings, fake_words.observe_never).words == 1
    assert tree(Path(settings.store)) == tree(Path(whole.store))


def test_another_observer_gives_new_words_in_place_of_the_old(
    settings: AtlasSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(settings)
    other = Network("other-net", "cd" * 32)
    monkeypatch.setattr(atlas_plan, "choose_observer", lambda *_: other)
    assert run(settings).words == 3
    assert [each.source for each in words(settings)] == ["other-net", "photos"]
    retrained = Network("other-net", "ef" * 32)
    monkeypatch.setattr(atlas_plan, "choose_observer", lambda *_: retrained)
    assert run(settings).words == 3
    assert run(settings, fake_words.observe_never).words == 0


def test_another_list_gives_new_words_in_place_of_the_old_and_nothing_else_anew(
    settings: AtlasSettings, tmp_path: Path, tree: Tree
) -> None:
    listed = replace(settings, words=str(write_colours(tmp_path, "red", "green", "blue")))
    assert run(listed).words == 3
    assert [each.kind for each in words(settings)] == ["observer", "labels", "file"]
    assert first(words(settings)[2])[5] == "red"
    before = tree(Path(settings.store))
    write_colours(tmp_path, "rot", "grün", "blau")
    summary = run(listed, fake_words.observe_never)
    assert (summary.measured, summary.words, summary.judged, summary.made) == (0, 3, 0, 0)
    for layer in LAYERS:
        assert first(words(settings, layer)[2])[5] == "rot"
        assert "red" not in words(settings, layer)[2].names
    after = tree(Path(settings.store))
    changed = {path for path, content in after.items() if before.get(path) != content}
    assert all("/words/file/" in path or path.startswith(".concepts-") for path in changed)


def test_damaged_words_are_found_anew(settings: AtlasSettings) -> None:
    run(settings)
    atlas = open_atlas(settings.store, mode="r+")
    array(atlas, "efficientnet-lite0/head/words/observer/word")[2] = 77
    with pytest.raises(ValueError, match="places below"):
        words(settings, "head")
    assert run(settings, fake_words.observe_never).words == 1
    assert first(words(settings, "head")[0])[:4] == list(fake_words.CLASSES)

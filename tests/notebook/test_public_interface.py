"""What `import diamond_cutter` gives: pinned, on the page that explains it, and cheap to import."""

import inspect
import re
import subprocess
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import diamond_cutter as dc
from diamond_cutter.command.main import COMMANDS
from diamond_cutter.notebook.choice_widgets import files_of

PAGE = Path(__file__).parents[2] / "docs" / "python.md"
MEMBERS = {
    "Atlas": ["address", "models"],
    "AtlasLayer": ["channels", "name"],
    "AtlasModel": ["name"],
    "Backbone": ["check", "cuts", "layers", "name", "render", "save"],
    "Channel": ["channel", "flag", "layer", "model", "picture", "recipe", "score"],
    "DatasetCheck": ["classes", "files", "problem"],
    "LayerMap": ["layer", "model", "photos", "picture", "vectors"],
    "PictureGallery": ["paths"],
    "RankingPlot": [],
    "Site": ["folder", "serve"],
    "Study": [
        "address",
        "classes",
        "cuts",
        "export",
        "map",
        "maps",
        "name",
        "of_class",
        "photo",
        "photos",
        "predict",
        "ranking",
        "recommendation",
        "recommended",
        "try_photo",
    ],
    "StudyClass": [
        "attribution",
        "channels",
        "count",
        "cut",
        "f1",
        "model",
        "name",
        "photos",
        "precision",
        "recall",
    ],
    "StudyPhoto": [
        "attribution",
        "channels",
        "classes",
        "cut",
        "heatmap",
        "index",
        "label",
        "model",
        "path",
        "picture",
        "probabilities",
        "share",
        "taken_for",
        "target",
    ],
}
FUNCTIONS = {
    "backbone": ["name", "config"],
    "check_data": ["path", "study", "config", "settings"],
    "choose_layers": ["models", "value"],
    "choose_models": ["value", "all_models"],
    "cuts_so_far": ["name", "store", "config"],
    "make_atlas": ["study", "config", "settings"],
    "make_study": ["name", "config", "settings"],
    "models": ["config", "settings"],
    "network_answers": ["name", "config", "settings"],
    "open_atlas": ["store", "config"],
    "open_study": ["name", "store", "config"],
    "predict": ["classifier", "photos", "config", "settings"],
    "publish": ["address", "store", "licence", "config"],
    "upload_photos": ["folder"],
    "uploaded_photos": ["folder"],
    "write_site": ["config", "settings"],
}


def test_the_names_are_these() -> None:
    assert sorted({*MEMBERS, *FUNCTIONS, "UserError"}) == sorted(dc.__all__)
    for name, members in MEMBERS.items():
        kind = getattr(dc, name)
        found = {*kind.__dataclass_fields__, *vars(kind)}
        assert sorted(each for each in found if not each.startswith("_")) == members, name
    for name, parameters in FUNCTIONS.items():
        assert list(inspect.signature(getattr(dc, name)).parameters) == parameters, name


def test_the_page_explains_each_of_them() -> None:
    text = PAGE.read_text(encoding="utf-8")
    named = set(re.findall(r"`([A-Za-z_0-9]+)", text))
    assert set(dc.__all__) <= named
    for members in MEMBERS.values():
        assert set(members) <= named
    for command in COMMANDS:
        assert re.search(rf"`(diamond )?{command}\b", text), command


def test_importing_it_imports_nothing_heavy() -> None:
    heavy = "{'tensorflow', 'keras', 'numpy', 'zarr', 'pandas', 'IPython', 'distributed'}"
    script = (
        f"import sys, diamond_cutter; found = {heavy} & set(sys.modules); assert not found, found"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_opening_and_looking_does_not_start_tensorflow(small_atlas: str, small_study: str) -> None:
    script = f"""
import sys, diamond_cutter as dc
study, atlas = dc.open_study("pets", store={small_study!r}), dc.open_atlas({small_atlas!r})
backbone = dc.backbone("efficientnet-lite0")
for each in (study, study.photo(0), study.of_class(study.classes[0]), atlas, backbone):
    each._repr_html_()
heavy = {{"tensorflow", "keras", "pandas", "distributed"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", script], check=True)


def test_an_atlas_by_model_layer_and_channel(small_atlas: str) -> None:
    atlas = dc.open_atlas(small_atlas)
    model = atlas[next(iter(atlas))]
    layer = model["stem"]
    assert layer[1].channel == 1
    assert layer[1].picture.dtype == np.uint8
    assert layer[3].flag == "dead"
    assert layer[1]._repr_png_().startswith(b"\x89PNG")
    assert f"channel 1: {layer[1].recipe}, score {layer[1].score:.1f}" in layer[1]._repr_html_()
    assert len(layer.channels) == len(layer)
    assert len(list(layer)) == len(layer)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda atlas: atlas["none"], "expected a backbone of the atlas"),
        (lambda atlas: atlas["tiny-net"]["none"], "expected a layer of the atlas, one of stem"),
        (lambda atlas: atlas["tiny-net"]["stem"][-1], "expected a channel of 0 to"),
        (lambda _: dc.open_study("none", store="nowhere.zarr"), "no studies at nowhere.zarr"),
        (lambda _: dc.make_study("x", datset="photos"), "unrecognized arguments: --datset=photos"),
        (lambda _: dc.make_study("x", so_far=True), "call cuts_so_far"),
        (lambda _: dc.make_study("x", dataset="photos", head="own"), "call network_answers"),
        (lambda _: dc.check_data(), "expected PATH or --for STUDY, got neither"),
    ],
)
def test_an_error_is_one_line_without_traceback(small_atlas: str, ask, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(dc.UserError, match=said) as error:
        ask(dc.open_atlas(small_atlas))
    (line,) = error.value._render_traceback_()
    assert line.startswith("diamond: ")
    assert "\n" not in line


def test_an_interrupt_is_one_line_too(small_study: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    study = dc.open_study("pets", store=small_study)
    monkeypatch.setattr("diamond_cutter.precompute.commands.export_command.run", interrupted)
    with pytest.raises(KeyboardInterrupt) as error:
        study.export("none.keras")
    (line,) = error.value._render_traceback_()  # type: ignore[attr-defined]
    assert line == "diamond: interrupted; the same command goes on from here"


def test_the_cuts_of_a_study_are_a_table(small_study: str) -> None:
    study = dc.open_study("pets", store=small_study)
    cuts = study.cuts
    assert list(cuts.columns)[:3] == ["model", "cut", "accuracy"]
    assert cuts.accuracy.is_monotonic_decreasing
    assert (cuts.low <= cuts.accuracy).all()
    assert study.recommended in list(zip(cuts.model, cuts.cut, strict=True))
    assert study.ranking._repr_png_() == study._repr_png_()
    drawn = study.ranking._repr_html_()
    assert drawn.count('class="sign"') == cuts.model.nunique() == 2
    assert drawn.count('class="mark') >= len(cuts)
    assert "<a href" not in drawn


def test_a_backbone_named_alone_means_its_best_cut(
    small_study: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def keep(options: Namespace) -> None:
        asked.append((options.model, options.cut))
        Path(options.output).write_text("path\n", encoding="utf-8")

    for command in ("export", "predict"):
        monkeypatch.setattr(f"diamond_cutter.precompute.commands.{command}_command.run", keep)
    study = dc.open_study("pets", store=small_study)
    recommended, _ = study.recommended
    other = next(each for each in study.cuts.itertuples() if each.model != recommended)
    study.export(str(tmp_path / "any"))
    study.export(str(tmp_path / "any"), other.model)
    study.predict("photos")
    study.predict("photos", other.model)
    assert asked == [study.recommended, (other.model, other.cut), ("", ""), (other.model, "")]


def test_the_cuts_that_are_done_have_the_same_columns(small_study: str) -> None:
    cuts = dc.open_study("pets", store=small_study).cuts
    so_far = dc.cuts_so_far("pets", store=small_study)
    assert so_far.equals(cuts)


def test_settings_may_be_lists_and_pairs_of_any_names(tmp_path: Path) -> None:
    for name in ("cat, wild", "dog", "bad, blurred"):
        (tmp_path / name).mkdir()
    for at, name in enumerate(("cat, wild", "dog", "bad, blurred") * 6):
        pixels = np.random.default_rng(at).integers(0, 255, (64, 64, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / name / f"{at}.png")
    check = dc.check_data(
        str(tmp_path),
        rename={"cat, wild": "feline", "dog": "dog, tame"},
        leave_out=["bad, blurred"],
        cache=str(tmp_path.with_name("cache")),
    )
    assert check.classes == {"dog, tame": 6, "feline": 6}


def test_names_of_photos_and_classes_are_not_obeyed(small_study: str) -> None:
    study = dc.open_study("pets", store=small_study)
    name = next(each for each in study.classes if "<b>" in each)
    shown = study.of_class(name)._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert all(each.isprintable() for each in map(repr, map(study.photo, range(60))))
    assert "<b>" not in study._repr_html_()


def test_a_photo_says_what_it_is_taken_for_and_why(small_study: str) -> None:
    study = dc.open_study("pets", store=small_study)
    index = int(study.photos.explained.idxmax())
    photo = study.photo(index)
    assert photo.probabilities.probability.sum() == pytest.approx(1, abs=1e-3)
    assert photo.taken_for == photo.probabilities["class"][0]
    assert photo.attribution is not None
    assert photo.channels.attribution[0] == photo.attribution.max()
    assert photo._repr_html_().count("data:image/webp") == 2
    assert photo._repr_png_().startswith(b"\x89PNG")


def test_objects_say_in_a_line_what_they_are(small_atlas: str, small_study: str) -> None:
    """Not all that they hold: a terminal and a log show that line."""
    study = dc.open_study("pets", store=small_study)
    layer = dc.open_atlas(small_atlas)["tiny-net"]["stem"]
    assert repr(study) == "pets: 60 photos, 4 classes"
    assert repr(layer) == "tiny-net, stem: 16 of 20 channels have a picture"
    assert "channel 3: preview, score 19.9, dead: no picture to show" in repr(layer[3])
    for each in (study.photo(0), study.of_class(study.classes[0]), study.ranking):
        assert len(repr(each)) < 200


def test_an_atlas_is_published(
    small_atlas: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dc.publish(str(tmp_path / "there"), store=small_atlas, licence="CC0-1.0")
    assert (tmp_path / "there" / "zarr.json").is_file()
    assert "licence: CC0-1.0" in capsys.readouterr().out


def test_a_map_is_one_picture(mapped_study: str) -> None:
    study = dc.open_study("pets", store=mapped_study)
    found = study.map(study.maps[0])
    assert found.picture.shape[2] == 4
    assert found.picture[..., 3].any()
    assert found._repr_png_().startswith(b"\x89PNG")


def test_what_is_uploaded_is_the_dataset(tmp_path: Path) -> None:
    """A zip alone is named itself; ipywidgets 7, which Colab has, gives a dict."""
    folder = tmp_path / "photos"
    widget = dc.upload_photos(str(folder))
    assert dc.uploaded_photos(str(folder)) == str(folder)
    seven = {"a.zip": {"content": b"1"}, "../../b.csv": {"content": b"2"}}
    now = {"type": "", "size": 1, "last_modified": datetime.now(UTC)}
    eight = tuple({"name": name, **each, **now} for name, each in seven.items())
    assert (
        list(files_of(seven)) == list(files_of(eight)) == [("a.zip", b"1"), ("../../b.csv", b"2")]
    )
    widget.set_trait("value", eight[:1])
    assert dc.uploaded_photos(str(folder)) == str(folder / "a.zip")
    widget.set_trait("value", eight)
    assert dc.uploaded_photos(str(folder)) == str(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
        "a.zip": b"1",
        "b.csv": b"2",
    }
    assert {path.name for path in tmp_path.iterdir()} == {"photos"}


def test_lists_to_choose_from() -> None:
    models = dc.choose_models(value=("efficientnet-lite0",))
    assert models.value == ("efficientnet-lite0",)
    assert {"efficientnet-lite1", "efficientnet-lite2"} < {name for _, name in models.options}
    everything = dict(map(reversed, dc.choose_models(all_models=True).options))
    assert everything["VGG16"] == "VGG16 (to download)"
    both = dc.choose_layers(["efficientnet-lite0", "efficientnet-lite2"])
    cuts = [name for _, name in both.options]
    assert cuts[:18] == dc.backbone("efficientnet-lite0").cuts
    assert len(cuts) == len(set(cuts)) > 18

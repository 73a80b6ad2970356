"""Features of real photos, in this process."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from PIL import Image

from diamond_cutter.command.configuration import SHARED
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.formats.photo_input import prepare
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.keras_runtime import keras
from diamond_cutter.precompute.features import feature_extraction as extraction
from diamond_cutter.precompute.features.feature_extraction import FEATURES, extract
from diamond_cutter.precompute.jobs.display import open_display
from diamond_cutter.precompute.photos import photo as photo_module
from diamond_cutter.precompute.photos.images.image_decoding import decode
from diamond_cutter.precompute.photos.photo import Photo
from diamond_cutter.precompute.stores import store_address
from diamond_cutter.precompute.stores.features_store import Features
from diamond_cutter.precompute.stores.local_folder import exclusive
from diamond_cutter.precompute.stores.network import Network

MODEL = "efficientnet-lite0"
CUTS = ("stem_activation", "block2b_add", "block4a_project_bn")


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are decoded, each time that they are."""
    names: list[str] = []

    def count(file: Path, *given: Any) -> Any:
        names.append(file.name)
        return decode(file, *given)

    monkeypatch.setattr(photo_module, "decode", count)
    return names


def features(
    folder: Path, photos: list[Photo], cuts: tuple[str, ...] = CUTS, **settings: Any
) -> Features:
    merged = replace(StudySettings(features=str(folder)), **settings)
    return extract([(catalogue.network(MODEL), cuts)], photos, merged, open_display(io.StringIO()))


def bytes_of(folder: Path) -> dict[str, bytes]:
    """The files of a store by their paths."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, photos: list[Photo]) -> Path:
    """The features of the photos; to be read only."""
    folder = tmp_path_factory.mktemp("store") / "features.zarr"
    features(folder, photos)
    return folder


def test_features_are_those_of_the_plain_network_pooled(
    store: Path, photos: list[Photo], lite0: Backbone
) -> None:
    outputs = [lite0.model.get_layer(cut).output for cut in CUTS]
    plain = keras.Model(lite0.model.input, outputs)
    images = np.stack([prepare(decode(photo.file).image, 224) for photo in photos])
    activations = [np.asarray(each) for each in plain(images, training=False)]
    made = features(store, photos, pooling="both")
    for cut, activation in zip(CUTS, activations, strict=True):
        average, maximum = activation.mean(axis=(1, 2)), activation.max(axis=(1, 2))
        scale = np.abs(activation).max()
        read = made.read(MODEL, cut)
        assert read.dtype == np.float32
        both = np.concatenate([average, maximum], axis=1)[:, None]
        np.testing.assert_allclose(read, both, rtol=1e-4, atol=1e-5 * scale)


def test_another_pooling_is_read_and_not_made(
    store: Path, photos: list[Photo], decoded: list[str]
) -> None:
    average, maximum, both = (
        features(store, photos, pooling=pooling).read(MODEL, CUTS[1])
        for pooling in ("average", "maximum", "both")
    )
    assert average.shape == (12, 1, 24)
    np.testing.assert_array_equal(both, np.concatenate([average, maximum], axis=2))
    assert (maximum > average).all()
    assert decoded == []


def test_rows_come_in_the_order_of_the_photos(store: Path, photos: list[Photo]) -> None:
    order = [7, 2, 2, 11]
    every = features(store, photos).read(MODEL, CUTS[2])
    some = features(store, [photos[number] for number in order]).read(MODEL, CUTS[2])
    np.testing.assert_array_equal(some, every[order])


def test_only_new_photos_are_passed(
    tmp_path: Path, store: Path, photos: list[Photo], decoded: list[str]
) -> None:
    features(tmp_path, photos[:5])
    assert sorted(decoded) == [photo.path for photo in photos[:5]]
    decoded.clear()
    twice = [*photos[3:8], photos[7]]
    second = features(tmp_path, twice)
    assert sorted(decoded) == [photo.path for photo in photos[5:8]]
    expected = features(store, twice).read(MODEL, CUTS[1])
    np.testing.assert_allclose(second.read(MODEL, CUTS[1]), expected, rtol=1e-5, atol=1e-6)


def test_only_new_cuts_are_stored(tmp_path: Path, photos: list[Photo]) -> None:
    features(tmp_path, photos[:2], cuts=CUTS[:2])
    features(tmp_path, photos[:3], cuts=CUTS)
    (namespace,) = (group for _, group in zarr.open_group(str(tmp_path), mode="r").groups())
    parts = [(len(part.attrs["keys"]), part.attrs["cuts"]) for _, part in namespace.groups()]
    assert sorted(parts) == [(1, list(CUTS)), (2, [CUTS[2]]), (2, list(CUTS[:2]))]


def test_a_photo_is_decoded_once_for_several_backbones(
    tmp_path: Path, store: Path, photos: list[Photo], decoded: list[str]
) -> None:
    models = [(catalogue.network(name), CUTS) for name in (MODEL, "efficientnet-lite1")]
    alone, together = tmp_path / "alone.zarr", tmp_path / "together.zarr"
    for folder, asked in ((alone, models[1:]), (together, models)):
        decoded.clear()
        extract(asked, photos, StudySettings(features=str(folder)), open_display(io.StringIO()))
        assert sorted(decoded) == [photo.path for photo in photos]
    assert bytes_of(together) == {**bytes_of(store), **bytes_of(alone)}


def test_backbones_go_together_as_far_as_memory_and_workers_allow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    models = [(catalogue.network(f"efficientnet-lite{size}"), CUTS) for size in range(3)]

    def sizes(rows: int, **settings: Any) -> list[int]:
        groups = extraction._groups(models, rows, StudySettings(**settings))
        assert [model for group in groups for model in group] == models
        return [len(group) for group in groups]

    assert sizes(128) == [3]  # this process makes it
    assert sizes(128, workers=2) == [1, 1, 1]
    assert sizes(256, workers=3) == [2, 1]
    assert sizes(1280, workers=8) == [3]
    monkeypatch.setattr(extraction, "TOGETHER", 12_000_000)  # 4.7, 5.4 and 6.1 million
    assert sizes(1280, workers=8) == [2, 1]


def test_views_are_more_rows_and_other_views_others(
    tmp_path: Path, photos: list[Photo], decoded: list[str]
) -> None:
    few = photos[:3]
    plain = features(tmp_path, few).read(MODEL, CUTS[1])
    viewed = features(tmp_path, few, views=2).read(MODEL, CUTS[1])
    assert viewed.shape == (3, 3, 24)
    np.testing.assert_array_equal(viewed[:, :1], plain)
    assert (np.abs(viewed[:, 1:] - plain).mean(axis=2) > 1e-3).all()
    assert len(decoded) == 3 + 3  # the photos, and once for both of the views
    again = features(tmp_path, few, views=2, augment=("colour", "crop", "flip"))
    np.testing.assert_array_equal(again.read(MODEL, CUTS[1]), viewed)
    assert len(decoded) == 6
    other = features(tmp_path, few, views=2, seed=1).read(MODEL, CUTS[1])
    assert len(decoded) == 9
    np.testing.assert_array_equal(other[:, :1], plain)
    assert (np.abs(other[:, 1:] - viewed[:, 1:]).mean(axis=2) > 1e-3).all()
    fewer = features(tmp_path, few, views=1, augment=("flip",))
    assert len(decoded) == 12
    assert fewer.read(MODEL, CUTS[1]).shape == (3, 2, 24)


def test_other_weights_have_features_of_their_own(
    tmp_path: Path, photos: list[Photo], decoded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    features(tmp_path, photos[:2])
    other = Network(MODEL, "5d" * 32)
    backbone = replace(catalogue.load(MODEL), weights_digest=other.weights_digest)
    monkeypatch.setattr(catalogue, "network", lambda _: other)
    monkeypatch.setattr(catalogue, "load_network", lambda _: backbone)
    features(tmp_path, photos[:2])
    assert len(decoded) == 4
    namespaces = [group.attrs["weights"] for _, group in zarr.open_group(str(tmp_path)).groups()]
    assert len(namespaces) == len(set(namespaces)) == 2


def test_a_network_that_was_trained_on_gives_its_own_features_in_the_same_process(
    tmp_path: Path, photos: list[Photo], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.keras"
    table = {"mine": {"file": str(file), "preprocessing": "0..1"}}
    monkeypatch.setenv(SHARED, json.dumps(table))
    settings, display = StudySettings(features=str(tmp_path / "f")), open_display(io.StringIO())
    found = []
    for seed in (0, 1):
        keras.utils.set_random_seed(seed)
        image = keras.Input((32, 32, 3))
        hidden = keras.layers.Conv2D(9, 3, activation="relu", name="first")(image)
        logits = keras.layers.Dense(4)(keras.layers.GlobalAveragePooling2D()(hidden))
        keras.Model(image, logits).save(file)
        made = extract([(catalogue.network("mine"), ("first",))], photos[:2], settings, display)
        found.append(made.read("mine", "first")[:, 0])
        model = keras.Model(image, hidden)
        for photo, features_of in zip(photos[:2], found[-1], strict=True):
            pixels = prepare(decode(photo.file).image, 32)
            expected = np.asarray(model(pixels[None])).mean(axis=(0, 1, 2))
            np.testing.assert_allclose(features_of, expected, atol=1e-4)
    assert np.abs(found[0] - found[1]).max() > 1e-2


def test_a_photo_that_fails_is_named_and_the_others_are_kept(
    tmp_path: Path,
    photos: list[Photo],
    photo_of: Callable[[Path], Photo],
    decoded: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extraction, "ROWS", 2)
    file = tmp_path / "broken.png"
    Image.fromarray(np.zeros((60, 60, 3), np.uint8)).save(file)
    broken = photo_of(file)
    file.write_bytes(file.read_bytes()[:60])  # after it was examined
    folder = tmp_path / "features.zarr"
    with pytest.raises(
        UserError, match=r"to broken\.png failed: PhotoError: broken\.png: "
    ) as caught:
        features(folder, [*photos[:3], broken, *photos[3:5]])
    assert "\n" not in str(caught.value)
    decoded.clear()
    features(folder, photos[:5])
    assert decoded == [photos[2].path]


def test_a_damaged_part_is_told_and_made_anew_when_removed(
    tmp_path: Path, photos: list[Photo]
) -> None:
    made = features(tmp_path, photos[:2])
    before = made.read(MODEL, CUTS[0])
    (chunk,) = tmp_path.glob(f"*/*/{CUTS[0]}/c/0/0/0")
    content = chunk.read_bytes()
    for damage in (content[:-40], content[:40] + bytes(8) + content[48:]):
        chunk.write_bytes(damage)
        with pytest.raises(UserError, match=rf"{CUTS[0]}, got .*; remove that folder"):
            features(tmp_path, photos[:2]).read(MODEL, CUTS[0])
    part = chunk.parents[4]
    assert (part / "zarr.json").exists()
    (part / "zarr.json").write_text("{")
    with pytest.raises(UserError, match="remove that folder"):
        features(tmp_path, photos[:2])
    # the part's own folder stays, as after a kill
    for path in sorted(part.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    np.testing.assert_array_equal(features(tmp_path, photos[:2]).read(MODEL, CUTS[0]), before)


def test_a_part_whose_attributes_are_not_written_yet_is_not_there(
    tmp_path: Path, photos: list[Photo], decoded: list[str]
) -> None:
    features(tmp_path, photos[:2])
    (metadata,) = tmp_path.glob("*/*/zarr.json")
    before = metadata.read_bytes()
    metadata.write_text(json.dumps({**json.loads(before), "attributes": {}}))
    features(tmp_path, photos[:2])
    assert len(decoded) == 4
    assert metadata.read_bytes() == before


def test_a_store_in_use_or_of_something_else_is_refused(
    tmp_path: Path, photos: list[Photo]
) -> None:
    with (
        exclusive(tmp_path, FEATURES),
        pytest.raises(UserError, match="another `diamond study` is writing to it"),
    ):
        features(tmp_path, photos)
    zarr.open_group(str(tmp_path), attributes={"kind": "atlas", "format_version": 1})
    with pytest.raises(UserError, match=r"of kind 'features' .* got kind 'atlas'"):
        features(tmp_path, photos)
    (tmp_path / "photo.jpg").write_bytes(b"")
    (tmp_path / "zarr.json").unlink()
    with pytest.raises(UserError, match="expected a features store or an empty folder, got one"):
        features(tmp_path, photos)
    with pytest.raises(UserError, match=r"got a file|can be written to"):
        features(tmp_path / "photo.jpg", photos)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"pooling": "mean"}, "pooling: expected one of 'average', 'maximum', 'both', got 'mean'"),
        ({"views": -1}, "views: expected 0 or more, got -1"),
        ({"augment": ("rotate",)}, "got 'rotate'"),
        ({"views": 2, "augment": ()}, "expected something that 2 views change, got nothing"),
        ({"workers": -1}, "workers: expected 0 or more"),
        ({"features": "memory://features"}, "features: memory://features is each process's own"),
    ],
)
def test_settings_that_cannot_be_are_refused_before_anything_is_written(
    tmp_path: Path, photos: list[Photo], settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(UserError) as caught:
        features(tmp_path / "features.zarr", photos, **settings)
    assert said in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_can_not_be_reached_any_more_ends_it_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, away = StudySettings(features=str(tmp_path / "features.zarr")), True
    monkeypatch.setattr(store_address, "is_away", lambda _: away)
    making = extraction.extraction([], settings, open_display(io.StringIO()))
    with pytest.raises(UserError, match=r"does not answer \(ConnectionError: no route\)"), making:
        raise ConnectionError("no route")
    away = False
    making = extraction.extraction([], settings, open_display(io.StringIO()))
    with pytest.raises(ConnectionError, match="no route"), making:
        raise ConnectionError("no route")

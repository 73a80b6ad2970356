"""Vectors read in parts: in the order of photos, whatever shards they lie in, and few at a time."""

from pathlib import Path

import numpy as np
import pytest
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.activation_atlas import drawn_vectors, layout_task
from diamond_cutter.precompute.activation_atlas.drawn_vectors import DrawnLayer, StoredVectors
from diamond_cutter.precompute.activation_atlas.layout_task import LayoutTask, store_layout
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.shards import RowIndex, find_rows, read_rows
from diamond_cutter.precompute.stores.store_address import subgroup

PHOTOS, PARTS, CHANNELS = 11, 4, 3
LAYER = Layer("block", 0, CHANNELS, 16, 40, is_cut=True)


def value(photo: NDArray[np.int64], part: NDArray[np.int64]) -> NDArray[np.float32]:
    """A vector that tells its photo and part."""
    return np.stack([photo, part, photo * PARTS + part], axis=-1).astype(np.float32)


@pytest.fixture
def address(tmp_path: Path) -> str:
    """A study whose photos lie in three shards, the last first."""
    study = zarr.open_group(tmp_path / "study.zarr", mode="w").create_group("study")
    for name, photos in (("c", range(3)), ("b", range(3, 5)), ("a", range(5, PHOTOS))):
        photo = np.array(photos)[:, None].repeat(PARTS, axis=1)
        arrays = {
            "block-vector": value(photo, np.arange(PARTS)[None].repeat(len(photos), axis=0)),
            "block-attribution": photo[..., None] + np.zeros((1, 1, 2), np.float32),
            "classes": np.array(photos)[:, None] + np.arange(6, dtype=np.int32),
        }
        keys = [f"photo {each}" for each in photos]
        attribution_writer.write_arrays(study, "drawn", name, keys, arrays)
    return str(tmp_path / "study.zarr")


def stored_of(address: str, order: NDArray[np.int64]) -> StoredVectors:
    study = subgroup(zarr.open_group(address, mode="r"), "study")
    found = find_rows(study, "drawn")
    return StoredVectors(study, "drawn", "block", [found[f"photo {each}"] for each in order])


def test_vectors_come_in_the_order_of_photos_few_at_a_time(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = np.random.default_rng(0).permutation(PHOTOS)
    stored = stored_of(address, order)
    monkeypatch.setattr(drawn_vectors, "PHOTOS", 4)
    read = list(stored.vectors())
    assert [len(each) for each in read] == [4, 4, 3]
    expected = value(order[:, None].repeat(PARTS, 1), np.arange(PARTS)[None].repeat(PHOTOS, 0))
    np.testing.assert_array_equal(np.concatenate(read), expected)
    vectors, classes, attribution = (
        np.concatenate(each) for each in zip(*stored.given(), strict=True)
    )
    np.testing.assert_array_equal(vectors, expected)
    np.testing.assert_array_equal(classes, order[:, None] + np.arange(2))  # of which it was asked
    np.testing.assert_array_equal(attribution[:, 0, 0], order)
    photo, part = np.array([0, 3, 3, 4, 9]), np.array([1, 0, 3, 3, 2])
    np.testing.assert_array_equal(stored.some(photo, part), value(order[photo], part))


def test_a_layer_of_fewer_parts_repeats_its_vectors_where_others_have_more(address: str) -> None:
    stored = stored_of(address, np.arange(PHOTOS))
    photo = np.arange(PHOTOS, dtype=np.int32).repeat(PARTS)
    drawn = DrawnLayer(LAYER, stored, photo, np.zeros((len(photo), 2), np.int32), PARTS, (2, 2))
    finer = drawn.repeated(next(stored.vectors()), 16)[:16]  # of the first photo, row by row
    assert finer[:, 1].tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3]
    assert drawn.first_of(16)[:8].tolist() == [0, 2, 8, 10, 16, 18, 24, 26]
    places = np.array([0, 2, 15, 16, 31])
    np.testing.assert_array_equal(drawn.at(places, 16)[:, 2], [0, 1, 3, 4, 7])
    [run, *_] = drawn.runs()
    np.testing.assert_array_equal(run.vector[:, 2], np.arange(PHOTOS * PARTS))
    assert run.classes.shape == run.attribution.shape == (PHOTOS * PARTS, 2)


def test_of_many_vectors_some_are_laid_out_and_the_others_lie_between(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawn_vectors, "PHOTOS", 4)
    common = np.random.default_rng(0).random((PHOTOS * PARTS, 2)).astype(np.float32)

    def positions(most: int) -> NDArray[np.float32]:
        monkeypatch.setattr(layout_task, "LAID_OUT", most)
        rows: tuple[RowIndex, ...] = tuple(stored_of(address, np.arange(PHOTOS)).rows)
        network = Network("net", "")
        task = LayoutTask(network, "block", 0, "study", "drawn", "out", f"{most}", 0, 0.4, rows,
                          common)  # fmt: skip
        store_layout(address, 1, task)
        study = subgroup(zarr.open_group(address, mode="r"), "study")
        found = read_rows(study, "out", [find_rows(study, "out")[f"{most}"]], "position")
        return np.asarray(found[0])

    whole, some = positions(44), positions(22)
    assert whole.shape == some.shape == (44, 2)
    laid_out = np.linspace(0, 43, 22).astype(int)
    others = np.setdiff1d(np.arange(44), laid_out)
    low, high = some[laid_out].min(axis=0), some[laid_out].max(axis=0)
    assert ((some[others] >= low - 1e-4) & (some[others] <= high + 1e-4)).all()
    assert np.ptp(some[others], axis=0).min() > 0

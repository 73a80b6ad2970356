"""All weights between two cuts: the order, the picture, its page and what is refused."""

import json
import re
import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import zarr
from PIL import Image
from sample_circuit import make_kernels, weights_of

from diamond_cutter.build.charts.weight_matrix import draw_matrix, similar_order
from diamond_cutter.build.layer_circuits import layer_circuits
from diamond_cutter.build.rendered_atlas import read_atlas
from diamond_cutter.command.errors import UserError

FOLDER = "models/tiny-net/block1/weights"


def weights_in(content: bytes, largest: float) -> np.ndarray:
    """The weights that a picture shows, by opacity and colour as a browser has them."""
    pixels = np.asarray(Image.open(BytesIO(content)).convert("RGBA")).astype(int)
    sign = np.where(pixels[..., 2] > pixels[..., 0], 1, -1)
    found: np.ndarray = sign * (pixels[..., 3] / 255) ** 2 * largest
    return found


def test_vectors_of_a_like_direction_lie_together_and_empty_ones_last() -> None:
    random = np.random.default_rng(0)
    kinds = random.normal(size=(3, 40))
    kind = random.permutation(np.arange(30) % 3)
    length = random.uniform(0.1, 10, (30, 1))
    vectors = (kinds[kind] + random.normal(0, 0.1, (30, 40))) * length
    vectors = np.insert(vectors, 4, 0, axis=0).astype(np.float32)
    order = similar_order(vectors)
    assert sorted(order) == list(range(31))
    assert order[-1] == 4
    found = np.insert(kind, 4, 3)[order[:-1]]
    assert np.count_nonzero(np.diff(found)) == 2


def test_few_vectors_stay_as_they_are() -> None:
    assert similar_order(np.float32([[0, 0], [1, 0], [0, 1]])).tolist() == [1, 2, 0]
    assert similar_order(np.zeros((2, 0), np.float32)).tolist() == [0, 1]


def test_a_pixel_is_a_weight_and_nothing_is_clear() -> None:
    weight = np.float32([[0.5, -0.5, 0.02], [-0.001, 0, 0.1]])
    found = weights_in(draw_matrix(weight), 0.5)
    assert found == pytest.approx(weight, abs=0.005)
    assert np.sign(found).tolist() == [[1, -1, 1], [-1, -0.0, 1]]


def test_the_page_has_the_picture_in_order_and_the_strongest_in_a_table(small_site: Path) -> None:
    weight = weights_of(make_kernels(20, 300, 5))
    document = json.loads((small_site / FOLDER / "weights.json").read_bytes())
    inputs, outputs = document["inputs"], document["outputs"]
    assert sorted(inputs) == list(range(20))
    assert sorted(outputs) == list(range(300))
    assert (document["source"], document["page"]) == ("stem", "../../stem/")
    assert document["largest"] == pytest.approx(np.abs(weight).max(), rel=1e-5)
    found = weights_in((small_site / FOLDER / "matrix.png").read_bytes(), document["largest"])
    assert found == pytest.approx(weight[np.ix_(inputs, outputs)], abs=0.02)
    html = (small_site / FOLDER / "index.html").read_text(encoding="utf-8")
    rows = re.findall(r'href="\.\./(\d+)/">\d+</a></td><td><a href="\.\./\.\./stem/(\d+)/"', html)
    strongest = np.argsort(-np.abs(weight), axis=None)[:24]
    expected = [(str(at % 300), str(at // 300)) for at in strongest]
    assert rows == expected
    output, source = map(int, rows[0])
    share = weight[source, output] ** 2 / (weight[:, output].astype(float) ** 2).sum()
    assert f"<td>{100 * share:.1f}\u202f%</td>" in html.split("<tbody>")[1].split("</tr>")[0]
    assert "of half of the channels it is 50\u202f% and more" in html


def test_a_layer_leads_to_its_weights_where_it_has_any(small_site: Path) -> None:
    pages = {
        layer: (small_site / f"models/tiny-net/{layer}/index.html").read_text(encoding="utf-8")
        for layer in ("stem", "block1", "head")
    }
    assert {layer: 'href="weights/"' in html for layer, html in pages.items()} == {
        "stem": False,
        "block1": True,
        "head": True,
    }


@pytest.mark.parametrize(
    ("name", "damaged"),
    [("weight", np.zeros((3, 256))), ("weight", np.full((20, 256), np.nan)), ("inputs", None)],
)
def test_circuits_that_are_not_the_contracts_are_refused(
    tmp_path: Path, small_atlas: str, name: str, damaged: "np.ndarray | None"
) -> None:
    atlas = str(shutil.copytree(small_atlas, tmp_path / "atlas.zarr"))
    group = zarr.open_group(f"{atlas}/tiny-net/block1/circuits/0")
    del group[name]
    if damaged is not None:
        group.create_array(name, data=damaged.astype(np.float32))
    (model,) = read_atlas(atlas).models
    with pytest.raises(UserError, match=r"tiny-net/block1/circuits: expected .* got ") as caught:
        layer_circuits(model, model.rendered[1])
    assert "\n" not in str(caught.value)


def test_a_circuit_of_another_version_is_none(tmp_path: Path, small_atlas: str) -> None:
    atlas = str(shutil.copytree(small_atlas, tmp_path / "atlas.zarr"))
    block = zarr.open_group(f"{atlas}/tiny-net/block1/circuits/0")
    block.attrs.update({"version": 1, "stride": 1})  # one number for rows and columns
    (model,) = read_atlas(atlas).models
    assert layer_circuits(model, model.rendered[1]).made_of is None


def test_half_of_a_circuit_is_none(tmp_path: Path, small_atlas: str) -> None:
    atlas = str(shutil.copytree(small_atlas, tmp_path / "atlas.zarr"))
    del zarr.open_group(f"{atlas}/tiny-net/block1/circuits")["256"]
    (model,) = read_atlas(atlas).models
    assert layer_circuits(model, model.rendered[1]).made_of is None
    assert layer_circuits(model, model.rendered[0]).feeds is None

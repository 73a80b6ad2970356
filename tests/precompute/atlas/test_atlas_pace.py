from dataclasses import replace

import fake_pictures
import pytest

from diamond_cutter.precompute.atlas.pace import Pace
from diamond_cutter.precompute.atlas.progress import Progress
from diamond_cutter.precompute.atlas.selection import Selection
from diamond_cutter.precompute.atlas.store import Chunk
from diamond_cutter.precompute.atlas.task import Unit
from diamond_cutter.precompute.contract import Layer
from diamond_cutter.precompute.rendering.recipes import RECIPES, canvas_side

MODEL = fake_pictures.load("net").info
# All on the largest canvas, so that a view costs each of them the same.
STEM, INNER, BLOCK, HEAD = (replace(each, receptive_field=None) for each in fake_pictures.LAYERS)
PREVIEW, STANDARD = RECIPES["preview"], RECIPES["standard"]


def unit(layer: Layer, recipe: str = "preview", start: int = 0, channels: int = 8) -> Unit:
    chunk = Chunk(start, tuple(range(start, start + channels)))
    return Unit(MODEL, layer, RECIPES[recipe], 0, chunk)


def test_nothing_is_expected_before_anything_is_measured() -> None:
    assert Pace().expected(unit(STEM)) is None


def test_a_layer_takes_what_it_took_on_average() -> None:
    pace = Pace()
    pace.add(unit(STEM), 2.0)
    pace.add(unit(STEM), 4.0)
    assert pace.expected(unit(STEM)) == pytest.approx(3.0)


def test_an_unmeasured_layer_takes_after_the_nearest_in_depth() -> None:
    pace = Pace()
    pace.add(unit(STEM), 1.0)
    pace.add(unit(HEAD), 9.0)
    assert pace.expected(unit(INNER)) == pytest.approx(1.0)
    assert pace.expected(unit(BLOCK)) == pytest.approx(9.0)


def test_a_better_recipe_takes_longer_by_its_steps_and_pixels() -> None:
    pace = Pace()
    pace.add(unit(HEAD), 1.0)
    largest = canvas_side(None)
    ratio = (STANDARD.steps * min(STANDARD.view, largest) ** 2) / (
        PREVIEW.steps * min(PREVIEW.view, largest) ** 2
    )
    assert pace.expected(unit(HEAD, "standard")) == pytest.approx(ratio)


def test_a_view_is_no_larger_than_the_picture() -> None:
    pace = Pace()
    texture = replace(STEM, receptive_field=3)
    pace.add(unit(texture), 1.0)
    side = canvas_side(3)
    ratio = (STANDARD.steps * min(STANDARD.view, side) ** 2) / (
        PREVIEW.steps * min(PREVIEW.view, side) ** 2
    )
    assert pace.expected(unit(texture, "standard")) == pytest.approx(ratio)


def test_progress_counts_channels_and_time() -> None:
    selections = [Selection(MODEL, STEM, tuple(range(20))), Selection(MODEL, HEAD, (0, 1))]
    todo = [unit(STEM, start=8), unit(STEM, start=16, channels=4), unit(HEAD, channels=2)]
    progress, pace = Progress(PREVIEW, selections, todo), Pace()
    start = progress.standing([("net", "stem")], pace, workers=2, seconds=0.0)
    assert (start.done, start.total, start.rate, start.left) == (8, 22, 0.0, None)
    assert start.layers == (("stem", 8, 20),)
    pace.add(todo[0], 3.0)
    progress.done(todo[0])
    then = progress.standing([("net", "head"), ("net", "stem")], pace, workers=2, seconds=4.0)
    assert (then.done, then.rate) == (16, 2.0)
    assert then.left == pytest.approx((3.0 + 3.0) / 2)
    assert then.layers == (("head", 0, 2), ("stem", 16, 20))


def test_a_unit_given_up_is_neither_done_nor_waited_for() -> None:
    selections = [Selection(MODEL, STEM, tuple(range(16)))]
    todo = [unit(STEM), unit(STEM, start=8)]
    progress, pace = Progress(PREVIEW, selections, todo), Pace()
    pace.add(todo[0], 3.0)
    progress.done(todo[0])
    progress.failed(todo[1])
    standing = progress.standing([], pace, workers=1, seconds=1.0)
    assert (standing.done, standing.left) == (8, 0)

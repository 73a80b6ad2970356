"""What is drawn and counted for the page of a cut."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from diamond_cutter.build.charts.confusion_matrix import LARGEST, PAIRS, draw_matrix
from diamond_cutter.build.charts.reliability_diagram import SIDE, draw_reliability
from diamond_cutter.build.charts.training_curves import draw_curves
from diamond_cutter.build.pages.study.cut_figures import class_rows
from diamond_cutter.build.pages.study.photo_predictions import (
    by_margin,
    mistakes,
    photos_document,
    read_predictions,
    surest_mistakes,
)
from diamond_cutter.build.pages.study.study_toml import to_toml
from diamond_cutter.precompute.stores.study.study_layout import (
    Bin,
    Calibration,
    ClassFigures,
    Curve,
)

NAN = float("nan")


def test_a_matrix_holds_counts_and_shares_of_the_row() -> None:
    matrix = draw_matrix(np.array([[6, 2, 0], [0, 0, 0], [1, 0, 199]]), ["a", "b", "c"])
    assert matrix.is_whole
    assert matrix.pairs == ()
    cells = [[cell.photos for cell in row.cells] for row in matrix.rows]
    assert cells == [[6, 2, 0], [0, 0, 0], [1, 0, 199]]
    shares = [[cell.share.split("\u202f")[0] for cell in row.cells] for row in matrix.rows]
    assert shares == [["75", "25", "0"], ["0", "0", "0"], ["<1", "0", ">99"]]
    heats = [[cell.heat for cell in row.cells] for row in matrix.rows]
    assert heats == [[8, 3, 0], [0, 0, 0], [1, 0, 10]]
    assert [row.photos for row in matrix.rows] == [8, 0, 200]
    assert [row.elsewhere for row in matrix.rows] == [0, 0, 0]


def test_of_300_classes_those_that_are_confused_are_shown_and_the_rest_counted() -> None:
    confusion = np.diag(np.full(300, 10))
    confusion[250, 3] = 7
    confusion[3, 299] = 5
    confusion[12, 13] = 1
    names = [f"class {index}" for index in range(300)]
    matrix = draw_matrix(confusion, names)
    shown = [index for index, _ in matrix.columns]
    assert len(shown) == len(matrix.rows) == LARGEST
    assert {3, 12, 13, 250, 299} <= set(shown)
    assert shown == sorted(shown)
    assert all(len(row.cells) == LARGEST for row in matrix.rows)
    pairs = [(pair.true, pair.predicted, pair.photos) for pair in matrix.pairs]
    assert pairs == [(250, 3, 7), (3, 299, 5), (12, 13, 1)]
    assert matrix.pairs[0].true_name == "class 250"
    assert matrix.pairs[0].share == "41\u202f%"


def test_photos_taken_for_a_class_that_has_no_room_are_counted_elsewhere() -> None:
    confusion = np.diag(np.full(40, 3)) + np.triu(np.full((40, 40), 1), 1)
    matrix = draw_matrix(confusion, [str(index) for index in range(40)])
    assert len(matrix.pairs) == PAIRS
    for row in matrix.rows:
        assert row.elsewhere == row.photos - sum(cell.photos for cell in row.cells)
    assert matrix.rows[0].elsewhere == 40 - LARGEST


def test_the_surest_class_is_read_block_by_block_and_not_where_nothing_was_held_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("diamond_cutter.build.pages.study.photo_predictions._BLOCK", 2)
    label = np.array([0, 1, 1, 0, 1], np.int32)
    probability = np.array([[0.9, 0.1], [NAN, NAN], [0.7, 0.3], [0.2, 0.8], [0.4, 0.6]], np.float32)
    found = read_predictions(label, probability)
    assert found.predicted.tolist() == [0, -1, 0, 1, 1]
    np.testing.assert_allclose(found.probability, [0.9, NAN, 0.7, 0.8, 0.6], rtol=1e-6)
    assert surest_mistakes(found, 10) == [3, 2]
    assert surest_mistakes(found, 1) == [3]
    assert mistakes(found) == 2
    document = json.loads(photos_document(found, ["a", "b\n"]))
    assert document["classes"] == ["a", "b\\n"]
    assert document["label"] == [0, 1, 1, 0, 1]
    assert document["predicted"] == [0, -1, 0, 1, 1]
    assert document["probability"] == [900, 0, 700, 800, 600]
    assert document["margin"] == [800, 0, -400, -600, 200]
    assert by_margin(found).tolist() == [3, 2, 4, 0, 1]


def test_the_json_of_100_000_photos_stays_small() -> None:
    count = 100_000
    generator = np.random.default_rng(0)
    found = read_predictions(
        generator.integers(0, 20, count).astype(np.int32),
        generator.dirichlet(np.ones(20), count).astype(np.float32),
    )
    assert len(photos_document(found, ["x"] * 20)) < 1_700_000


def test_classes_are_listed_worst_first_and_those_never_held_out_last() -> None:
    rows = class_rows(
        [
            ClassFigures("good", 10, 0.9, 0.95, 0.92, (0.8, 1.0)),
            ClassFigures("none", 0, None, None, None, (0.0, 1.0)),
            ClassFigures("bad\n", 8, None, 0.25, 0.0, (0.1, 0.6)),
        ]
    )
    assert [row.name for row in rows] == ["bad\\n", "good", "none"]
    assert [row.index for row in rows] == [2, 0, 1]
    bad, good, none = rows
    assert (bad.precision, bad.recall, good.f1) == ("", "25.0\u202f%", "92.0\u202f%")
    assert bad.bar is not None
    assert (bad.bar.at, bad.bar.start, bad.bar.length) == (25.0, 10.0, 50.0)
    assert none.bar is None
    assert none.recall == none.f1 == ""


CALIBRATION = Calibration(
    0.123,
    [
        Bin(0.0, 0.5, 0, None, None),
        Bin(0.5, 0.75, 10, 0.6, 0.4),
        Bin(0.75, 1.0, 40, 0.9, 0.8),
    ],
)


def test_the_reliability_diagram_lies_where_its_numbers_are() -> None:
    drawn = draw_reliability(CALIBRATION)
    low, high = drawn.dots
    assert high.x - low.x == pytest.approx(0.3 * SIDE)
    assert low.y - high.y == pytest.approx(0.4 * SIDE)
    assert low.y - low.ideal == pytest.approx(0.2 * SIDE)  # too sure: below the line
    assert low.bar_height == pytest.approx(high.bar_height / 4)
    assert low.bar_y + low.bar_height == pytest.approx(high.bar_y + high.bar_height)
    assert "10 photos, 60.0\u202f% sure on average, 40.0\u202f% right" in low.text
    assert [(row.photos, row.difference) for row in drawn.rows] == [(10, "+20.0"), (40, "+10.0")]


@pytest.mark.parametrize(
    ("shift", "judgement"),
    [(0.0, "too sure on the whole"), (0.4, "not as sure as it could be"), (0.12, "neither")],
)
def test_the_calibration_is_said_in_words(shift: float, judgement: str) -> None:
    bins = [
        replace(each, accuracy=min(each.accuracy + shift, 1.0))
        if each.accuracy is not None
        else each
        for each in CALIBRATION.bins
    ]
    sentence = draw_reliability(replace(CALIBRATION, bins=bins)).sentence
    assert "differ by 12.3 points" in sentence
    assert "84.0\u202f% sure on average" in sentence
    assert judgement in sentence


CURVES = [
    Curve(0, 1, [1.0, 0.5, 0.4], [1.2, 0.7, 0.9], [0.3, 0.6, 0.7], [0.2, 0.55, 0.5]),
    Curve(1, 0, [0.9], [1.1], [0.4], [0.35]),
]


def test_learning_curves_mark_the_epoch_that_was_kept() -> None:
    drawn = draw_curves(CURVES)
    assert drawn is not None
    loss, accuracy = drawn.panels
    assert [tick.text for tick in loss.x_ticks] == ["1", "2", "3"]
    ticks = [(float(tick.text), tick.at) for tick in loss.y_ticks]
    assert ticks[0][0] <= 0.4
    assert ticks[-1][0] >= 1.2
    # as the ticks say, the value 0.7 of the kept epoch lies where its dot is
    (first, low), (last, high) = ticks[0], ticks[-1]
    expected = low + (0.7 - first) / (last - first) * (high - low)
    training, validation = loss.lines[:2]
    assert training.kept is None
    assert validation.kept is not None
    assert validation.kept == pytest.approx((loss.x_ticks[1].at, expected), abs=0.1)
    assert len(validation.points.split()) == 3
    assert accuracy.y_ticks[0].text.endswith("%")
    assert (drawn.rows[0].epoch, drawn.rows[0].epochs) == (2, 3)
    assert (drawn.rows[0].validation_loss, drawn.rows[1].loss) == ("0.700", "0.900")


def test_curves_without_validation_or_with_a_loss_that_is_no_number_are_drawn() -> None:
    assert draw_curves([]) is None
    drawn = draw_curves([Curve(0, 0, [0.5, NAN], [], [0.5, 0.5], [])])
    assert drawn is not None
    assert [len(line.points.split()) for line in drawn.panels[0].lines] == [1, 0]
    assert drawn.rows[0].validation_loss == ""


def test_the_configuration_reads_back_as_it_was() -> None:
    settings = {
        "dataset": 'C:\\photos "new"\n\x7f\x01 犬 😀',
        "models": ["a", "b"],
        "views": 0,
        "balanced": True,
        "rate": 1e-05,
        "training": {"head": "keras", "dropout": 0.5},
    }
    for name in ("digits", "my study.é"):
        assert tomllib.loads(to_toml(name, settings)) == {"study": {name: settings}}

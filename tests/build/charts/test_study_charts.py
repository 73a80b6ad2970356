from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from sample_study import MadeCut, MadeStudy, realistic, write_study

from diamond_cutter.build.charts.axis import (
    Axis,
    logarithmic_axis,
    logarithmic_ticks,
    place,
    share_axis,
    share_ticks,
)
from diamond_cutter.build.charts.chart_labels import shortened, spread, text_width
from diamond_cutter.build.charts.chart_parts import FORMATS, NARROW, WIDE, Format, marker
from diamond_cutter.build.charts.depth_chart import draw_depth
from diamond_cutter.build.charts.frontier_chart import draw_frontier, frontier
from diamond_cutter.build.charts.learning_chart import draw_learning
from diamond_cutter.build.measured_study import MeasuredStudy, read_studies


@pytest.fixture(scope="module")
def pets(small_study: str) -> MeasuredStudy:
    return read_studies([small_study])[0]


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> MeasuredStudy:
    return written(tmp_path_factory.mktemp("twelve"), realistic(12, 80, 5))


def written(folder: Path, made: MadeStudy) -> MeasuredStudy:
    write_study(str(folder / "study.zarr"), made)
    return read_studies([str(folder / "study.zarr")])[0]


def points(corners: str) -> list[tuple[float, float]]:
    pairs = (corner.split(",") for corner in corners.split())
    return [(float(x), float(y)) for x, y in pairs]


def test_values_lie_between_the_ends_of_an_axis() -> None:
    upward = Axis(0.2, 1.0, 400, 0)
    assert [place(upward, value) for value in (0.2, 0.6, 1.0, 0.1)] == [400, 200, 0, 400]
    across = Axis(0.1, 10, 0, 200, logarithmic=True)
    assert [place(across, value) for value in (0.1, 1, 10)] == [0, 100, 200]


def test_an_axis_of_shares_ends_at_tenths_beyond_its_values() -> None:
    axis = share_axis([0.25, 0.83], 0, 100)
    assert (axis.low, axis.high) == (0.2, 0.9)
    assert share_axis([0.2, 0.3], 0, 100).low == 0.1  # else a baseline would lie upon the axis
    assert (share_axis([0, 1], 0, 1).low, share_axis([0, 1], 0, 1).high) == (0, 1)
    assert share_axis([1.0], 0, 1).high == 1
    assert [tick.text for tick in share_ticks(axis)][:2] == ["20 %", "30 %"]
    assert [tick.text for tick in share_ticks(Axis(0, 1, 0, 1))] == [
        f"{value} %" for value in range(0, 101, 20)
    ]


@pytest.mark.parametrize("values", [[0.06, 0.8], [1.0, 1.0], [0.0001, 90.0], [0.77, 0.79]])
def test_a_logarithmic_axis_has_room_and_a_few_ticks(values: list[float]) -> None:
    axis = logarithmic_axis(values, 40, 800)
    ticks = logarithmic_ticks(axis)
    assert 40 < place(axis, min(values)) <= place(axis, max(values)) < 800
    assert 1 <= len(ticks) <= 7
    for tick in ticks:
        assert tick.at == pytest.approx(place(axis, float(tick.text)), abs=1)


def test_labels_are_moved_apart_and_no_farther_than_needed() -> None:
    assert spread([10, 50, 90], 15, 0, 100) == [10, 50, 90]
    assert spread([50, 50], 10, 0, 100) == [45, 55]
    assert spread([52, 50], 10, 0, 100) == [56, 46]  # their order stays
    assert spread([0, 1, 2], 10, 0, 100) == [0, 10, 20]
    assert spread([99, 100], 10, 0, 100) == [90, 100]
    assert spread([5] * 5, 50, 0, 100) == [0, 25, 50, 75, 100]
    assert spread([], 10, 0, 100) == []


def test_a_name_that_is_too_long_keeps_both_ends() -> None:
    assert shortened("resnet50", 12, 100) == "resnet50"
    short = shortened("efficientnet-lite2", 12, 80)
    assert short.endswith("lite2")
    assert short.startswith("effi")
    assert text_width(short, 12) <= 80


def test_backbones_differ_by_marker() -> None:
    kinds = [(marker(index).outline, marker(index).hollow) for index in range(16)]
    assert len(set(kinds)) == 16


def test_the_height_of_a_point_is_its_accuracy(pets: MeasuredStudy) -> None:
    for chart in (draw_depth(pets, WIDE), draw_frontier(pets, NARROW)):
        zero, one = chart.y_ticks[0], chart.y_ticks[-1]
        low, high = float(zero.text[:-2]) / 100, float(one.text[:-2]) / 100
        for backbone, series in zip(pets.study.backbones, chart.series, strict=True):
            for cut, point in zip(pets.of_backbone(backbone), series.points, strict=True):
                share = (point.y - zero.at) / (one.at - zero.at)
                accuracy = cut.cut.metrics.accuracy.value
                assert low + share * (high - low) == pytest.approx(accuracy, abs=0.002)
                assert point.href == cut.path
                assert point.text.startswith(f"{cut.cut.model}, {cut.cut.cut}: ")


def test_a_line_goes_from_the_shallowest_cut_to_the_deepest(pets: MeasuredStudy) -> None:
    chart = draw_depth(pets, WIDE)
    for series in chart.series:
        across = [point.x for point in series.points]
        assert across == sorted(across)
        assert (across[0], across[-1]) == (chart.left + 10, chart.right - 10)
        steps = [after - before for before, after in pairwise(across)]
        assert max(steps) - min(steps) < 0.3
        assert points(series.line) == [(point.x, point.y) for point in series.points]


def test_the_band_holds_the_intervals(pets: MeasuredStudy) -> None:
    chart = draw_depth(pets, WIDE)
    for backbone, series in zip(pets.study.backbones, chart.series, strict=True):
        band = points(series.band)
        count = len(backbone.cuts)
        high, low = band[:count], band[: count - 1 : -1]
        for point, (x, top), (same_x, bottom) in zip(series.points, high, low, strict=True):
            assert x == same_x == point.x
            assert top < point.y < bottom


def test_the_baselines_are_lines_with_their_shares(pets: MeasuredStudy) -> None:
    chart = draw_depth(pets, WIDE)
    assert [level.text.split()[0] for level in chart.levels] == ["chance", "majority", "colours"]
    tick = next(tick for tick in chart.y_ticks if tick.text == "30 %")
    other = next(tick for tick in chart.y_ticks if tick.text == "20 %")
    assert chart.levels[0].y == pytest.approx((tick.at + other.at) / 2, abs=0.1)  # 25 %
    labels = [label for label in chart.labels if label.kind == "level"]
    assert [label.text for label in labels] == [level.text for level in chart.levels]


def test_the_recommended_cut_is_marked_once_in_each_chart(pets: MeasuredStudy) -> None:
    for form in FORMATS:
        for chart in (draw_depth(pets, form), draw_frontier(pets, form)):
            marked = [p for series in chart.series for p in series.points if p.recommended]
            assert [point.href for point in marked] == ["tiny-net/block1/"]
            (label,) = [label for label in chart.labels if label.kind == "recommended"]
            half = text_width(label.text, form.size) / 2
            assert 0 <= label.x - half <= marked[0].x <= label.x + half <= form.width


def test_the_frontier_holds_what_no_other_beats(twelve: MeasuredStudy) -> None:
    best = frontier(twelve.cuts)

    def beats(one: object, other: object) -> bool:
        first, second = one.cut, other.cut  # type: ignore[attr-defined]
        more = first.metrics.accuracy.value, -first.cost.gflops
        less = second.metrics.accuracy.value, -second.cost.gflops
        return more != less and more[0] >= less[0] and more[1] >= less[1]

    unbeaten = [cut for cut in twelve.cuts if not any(beats(other, cut) for other in twelve.cuts)]
    assert {cut.key for cut in best} == {cut.key for cut in unbeaten}
    assert len(best) > 5
    costs = [cut.cut.cost.gflops for cut in best]
    assert costs == sorted(costs)


def test_no_cut_lies_above_the_stairs(twelve: MeasuredStudy) -> None:
    chart = draw_frontier(twelve, WIDE)
    corners = points(chart.frontier)
    for series in chart.series:
        for point in series.points:
            height = min(y for x, y in corners if x <= point.x)
            assert point.y >= height - 0.1


@pytest.mark.parametrize("study", ["pets", "twelve"])
def test_no_label_lies_upon_another_or_outside(study: str, request: pytest.FixtureRequest) -> None:
    measured: MeasuredStudy = request.getfixturevalue(study)
    for form in FORMATS:
        for chart in (draw_depth(measured, form), draw_frontier(measured, form)):
            boxes = []
            for label in chart.labels:
                width = text_width(label.text, form.size)
                start = {"start": 0, "middle": width / 2, "end": width}[label.anchor]
                box = (label.x - start, label.x - start + width, label.y)
                assert box[0] >= 0
                assert box[1] <= form.width
                assert 0 <= label.y <= form.height
                boxes.append(box)
            for index, one in enumerate(boxes):
                for other in boxes[:index]:
                    apart = one[1] <= other[0] or other[1] <= one[0]
                    assert apart or abs(one[2] - other[2]) >= form.size - 1


def test_a_lone_backbones_cuts_are_named_along_depth(tmp_path: Path) -> None:
    measured = written(tmp_path, realistic(1, 60, 20))
    for form in FORMATS:
        chart = draw_depth(measured, form)
        assert chart.x_ticks[0].text == "stem"
        for one, other in pairwise(chart.x_ticks):
            reach = (text_width(one.text, form.size) + text_width(other.text, form.size)) / 2
            assert other.at - one.at > reach


def test_a_study_of_one_cut_can_be_drawn(tmp_path: Path) -> None:
    made = MadeStudy("one", ("a", "b"), 40, (MadeCut("lone", "only", 0, 0.8, 0.0),))
    measured = written(tmp_path, made)
    for form in FORMATS:
        depth, cost = draw_depth(measured, form), draw_frontier(measured, form)
        assert depth.left < depth.series[0].points[0].x < depth.right
        assert cost.left < cost.series[0].points[0].x < cost.right
        assert cost.x_ticks


def test_charts_of_the_page_are_well_formed(small_site: Path) -> None:
    html = (small_site / "studies/pets/index.html").read_text(encoding="utf-8")
    parts = html.split('<svg class="graph')[1:]
    assert len(parts) == 6
    for part, cuts in zip(parts, (8, 8, 8, 8, 0, 0), strict=True):  # the learning curve has none
        tree = ElementTree.fromstring(f'<svg class="graph{part.split("</svg>")[0]}</svg>')  # noqa: S314
        assert len(tree.findall(".//a")) == cuts
        assert all(link.findtext("title") for link in tree.findall(".//a"))
        assert len(tree.findall(".//g[@role='img']")) == (0 if cuts else 3)
        assert tree.attrib["aria-label"]


def test_twelve_backbones_have_twelve_lines_and_labels(twelve: MeasuredStudy) -> None:
    chart = draw_depth(twelve, WIDE)
    assert len(chart.series) == 12
    names = [label.title for label in chart.labels if label.kind == "series"]
    assert names == [backbone.name for backbone in twelve.study.backbones]
    assert len({(series.marker, series.hollow) for series in chart.series}) == 12


@pytest.mark.parametrize("form", FORMATS)
def test_the_learning_curve_rises_through_its_points_and_ends_beyond_the_photos(
    pets: MeasuredStudy, form: Format
) -> None:
    expected = pets.study.recommendation.expected
    assert expected is not None
    assert expected.learning is not None
    chart = draw_learning(expected.learning, pets.study.photos, form)
    [series] = chart.series
    assert [point.text.split(":")[0] for point in series.points] == [
        "12 photos", "24 photos", "48 photos",
    ]  # fmt: skip
    line = points(series.line)
    assert {(point.x, point.y) for point in series.points} < set(line)
    assert all(one[0] < other[0] and one[1] > other[1] for one, other in pairwise(line))
    low, high = max(y for _, y in points(series.band)), min(y for _, y in points(series.band))
    assert chart.top <= high < line[-1][1] < line[0][1] < low <= chart.bottom
    more, these = chart.labels
    assert more.text == "100 more: 93.6\N{NARROW NO-BREAK SPACE}%"
    assert (these.text, these.x) == ("all 60 photos", line[-2][0])
    assert more.x + text_width(more.text, form.size) <= form.width

import pytest
from fake_task import FakeTask

from diamond_cutter.precompute.jobs.progress import Progress, Throughput, fits

STEM, INNER, BLOCK, HEAD = (
    FakeTask(("net", name), depth=depth)
    for depth, name in enumerate(("stem", "inner", "block", "head"))
)


def test_nothing_is_expected_before_anything_is_measured() -> None:
    assert Throughput().expected(STEM) is None


def test_a_layer_takes_what_it_took_on_average() -> None:
    pace = Throughput()
    pace.add(STEM, 2.0)
    pace.add(STEM, 4.0)
    assert pace.expected(STEM) == pytest.approx(3.0)


def test_an_unmeasured_layer_takes_after_the_nearest_in_depth() -> None:
    pace = Throughput()
    pace.add(STEM, 1.0)
    pace.add(HEAD, 9.0)
    assert pace.expected(INNER) == pytest.approx(1.0)
    assert pace.expected(BLOCK) == pytest.approx(9.0)


def test_effort_counts() -> None:
    pace = Throughput()
    pace.add(STEM._replace(effort=2.0), 3.0)
    assert pace.expected(BLOCK._replace(effort=4.0)) == pytest.approx(6.0)


def test_a_task_of_no_effort_known_tells_nothing() -> None:
    pace = Throughput()
    pace.add(STEM._replace(effort=0.0), 3.0)
    assert pace.expected(STEM) is None


def test_another_model_tells_nothing_of_a_layer() -> None:
    pace = Throughput()
    pace.add(STEM, 1.0)
    assert pace.expected(FakeTask(("other", "stem"))) is None


def test_what_cannot_finish_in_time_does_not_fit() -> None:
    assert fits(100.0, None)
    assert fits(4.0, 5.1)
    assert not fits(4.0, 4.9)
    assert fits(None, 0.1)
    assert not fits(None, 0.0)


def test_progress_counts_and_tells_the_time() -> None:
    totals = {STEM.group: 20, HEAD.group: 2}
    todo = [STEM, STEM._replace(number=1, size=4), HEAD._replace(size=2)]
    progress, pace = Progress("preview", "channels", totals, todo), Throughput()
    start = progress.standing([STEM.group], pace, workers=2, seconds=0.0)
    assert (start.title, start.noun) == ("preview", "channels")
    assert (start.done, start.total, start.rate, start.left) == (8, 22, 0.0, None)
    assert start.places == (("stem", 8, 20),)
    pace.add(todo[0], 3.0)
    progress.done(todo[0])
    then = progress.standing([HEAD.group, STEM.group], pace, workers=2, seconds=4.0)
    assert (then.done, then.rate) == (16, 2.0)
    assert then.left == pytest.approx((3.0 + 3.0) / 2)
    assert then.places == (("head", 0, 2), ("stem", 16, 20))


def test_a_unit_given_up_is_neither_done_nor_waited_for() -> None:
    todo = [STEM, STEM._replace(number=1)]
    progress, pace = Progress("preview", "channels", {STEM.group: 16}, todo), Throughput()
    pace.add(todo[0], 3.0)
    progress.done(todo[0])
    progress.failed(todo[1])
    standing = progress.standing([], pace, workers=1, seconds=1.0)
    assert (standing.done, standing.left) == (8, 0)

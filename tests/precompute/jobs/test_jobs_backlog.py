from collections import Counter

from fake_task import FakeTask

from diamond_cutter.precompute.jobs.backlog import STRIPE, Backlog


def tasks(**counts: int) -> list[FakeTask]:
    return [
        FakeTask(("net", name), where=f"{name}{number}")
        for name, count in counts.items()
        for number in range(count)
    ]


def backlog(*, spread: bool = False, total: int = 100, **counts: int) -> Backlog:
    return Backlog(
        tasks(**counts), Counter(dict.fromkeys([("net", n) for n in counts], total)), spread=spread
    )


def taken(queue: Backlog, worker: str) -> str | None:
    task = queue.take(worker, lambda _: True)
    return None if task is None else task.where


def test_workers_start_at_different_places_and_stay_there() -> None:
    queue = backlog(stem=3, block=3, head=3)
    assert [taken(queue, worker) for worker in "abab"] == ["stem0", "block0", "stem1", "block1"]


def test_a_worker_moves_on_to_a_place_where_nobody_is() -> None:
    queue = backlog(stem=1, block=9, head=2)
    assert [taken(queue, worker) for worker in "aba"] == ["stem0", "block0", "head0"]


def test_workers_share_the_place_with_most_left_once_none_is_free() -> None:
    queue = backlog(stem=2, block=5)
    order = [taken(queue, worker) for worker in "ababab"]
    assert order == ["stem0", "block0", "stem1", "block1", "block2", "block3"]


def test_everything_is_taken_once() -> None:
    queue = backlog(stem=3, inner=1, block=4, head=6)
    order = [taken(queue, "abc"[number % 3]) for number in range(14)]
    assert len(set(order)) == 14
    assert taken(queue, "a") is None


def test_the_place_of_a_worker_that_died_is_free_again() -> None:
    queue = backlog(stem=3, block=3)
    taken(queue, "a")
    queue.keep_workers(["new"])
    assert taken(queue, "new") == "stem1"


def test_what_does_not_fit_is_left() -> None:
    queue = backlog(stem=1, block=1)
    task = queue.take("a", lambda task: task.group[-1] == "block")
    assert task is not None
    assert task.group == ("net", "block")
    assert queue.take("a", lambda task: task.group[-1] == "block") is None
    assert taken(queue, "a") == "stem0"


def test_spread_work_advances_all_places_alike() -> None:
    queue = backlog(spread=True, total=20, stem=20, block=20, head=20)
    order = [taken(queue, "a") for _ in range(3 * STRIPE)]
    counts = Counter(str(each).rstrip("0123456789") for each in order)
    assert counts == {"stem": STRIPE, "block": STRIPE, "head": STRIPE}


def test_spread_work_starts_where_the_last_run_left_most_behind() -> None:
    queue = backlog(spread=True, total=20, stem=4, block=19, head=10)
    assert taken(queue, "a") == "block0"

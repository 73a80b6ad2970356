"""Which host gets a task that another one lost, and which gets none for a while."""

from fake_task import FakeTask

from diamond_cutter.precompute.jobs.lost_tasks import ASIDE_SECONDS, LostTasks

BAD, BAD_AGAIN, GOOD = "tcp://10.0.0.1:41", "tcp://10.0.0.1:42", "tcp://[fe80::2]:41"


def test_a_task_goes_to_another_host_than_lost_it_while_there_is_one() -> None:
    lost = LostTasks()
    lost.add(FakeTask(where="a"), BAD)
    # The same host under another address: a worker that was killed, and came back.
    assert not lost.may_take(FakeTask(where="a"), BAD_AGAIN, [BAD_AGAIN, GOOD])
    assert lost.may_take(FakeTask(where="a"), GOOD, [BAD_AGAIN, GOOD])
    assert lost.may_take(FakeTask(where="b"), BAD_AGAIN, [BAD_AGAIN, GOOD])
    assert lost.may_take(FakeTask(where="a"), BAD_AGAIN, [BAD_AGAIN])
    lost.add(FakeTask(where="a"), GOOD)
    assert lost.may_take(FakeTask(where="a"), BAD_AGAIN, [BAD_AGAIN, GOOD])


def test_a_host_that_only_loses_tasks_is_set_aside_for_a_while() -> None:
    now = [0.0]
    lost = LostTasks(clock=lambda: now[0])
    assert [lost.add(FakeTask(where=name), BAD) for name in "abc"] == [False, False, True]
    assert lost.usable([BAD_AGAIN, GOOD]) == [GOOD]
    assert lost.usable([BAD_AGAIN]) == [BAD_AGAIN]  # there is no other
    now[0] = ASIDE_SECONDS
    assert lost.usable([BAD_AGAIN, GOOD]) == [BAD_AGAIN, GOOD]
    assert lost.add(FakeTask(where="d"), BAD_AGAIN)  # once more is enough now
    assert lost.usable([BAD_AGAIN, GOOD]) == [GOOD]


def test_what_a_host_makes_makes_it_good() -> None:
    lost = LostTasks()
    for name in "abcdef":
        assert not lost.add(FakeTask(where=name), GOOD)
        lost.made(GOOD)
    assert lost.usable([BAD, GOOD]) == [BAD, GOOD]

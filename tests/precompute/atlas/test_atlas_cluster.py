import gc
import io
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dask
import fake_pictures
import psutil
import pytest
from distributed import LocalCluster
from distributed.core import Status

from diamond_cutter.command.configuration import SHARED, shared_models
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings, ModelSettings
from diamond_cutter.precompute.atlas.atlas_run import render_atlas
from diamond_cutter.precompute.jobs import cluster, executor, joined_cluster
from diamond_cutter.precompute.stores.atlas.atlas_writer import ATLAS, create_atlas
from diamond_cutter.precompute.stores.store_address import locate

Tree = Callable[[Path], dict[str, bytes]]


@pytest.fixture
def running_cluster() -> Iterator[LocalCluster]:
    """Somebody else's cluster, with one worker."""
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=":0") as running:
        yield running


def joined(folder: Path, scheduler: str) -> AtlasSettings:
    return AtlasSettings(store=str(folder), scheduler=scheduler)


Change = Callable[[joined_cluster.JoinedCluster], object]


def disturb(monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    """Have something happen to a cluster just after a run has joined it."""

    @contextmanager
    def joined_and_disturbed(*given: Any) -> Iterator[joined_cluster.JoinedCluster]:
        with joined_cluster.joined(*given) as found:
            change(found)
            yield found

    monkeypatch.setattr(cluster, "joined", joined_and_disturbed)


def test_a_running_cluster_is_joined_and_left_as_it_was(
    tmp_path: Path, undisturbed: Path, tree: Tree, running_cluster: LocalCluster
) -> None:
    folder = tmp_path / "atlas.zarr"
    settings = joined(folder, running_cluster.scheduler_address)
    summary = render_atlas(
        settings,
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render,
        measure=fake_pictures.measure,
    )
    assert summary.made == fake_pictures.CHANNELS_OF_CUTS
    assert tree(folder) == tree(undisturbed)
    assert len(running_cluster.scheduler.workers) == 1


def test_joined_workers_know_the_networks_of_the_settings(
    tmp_path: Path, running_cluster: LocalCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "atlas.zarr"
    create_atlas(str(folder))
    settings = joined(folder, running_cluster.scheduler_address)
    for file in ("mine.keras", "other.keras"):  # those of the run, not of the one before
        monkeypatch.setenv(SHARED, json.dumps({"mine": {"file": file}}))
        target = locate(str(folder), ATLAS)
        with cluster.workforce(settings, target, 1, tmp_path / "log", print) as workers:
            (known,) = workers.client.run(shared_models).values()
        assert known == {"mine": ModelSettings(file=file)}


def test_workers_that_do_not_find_the_atlas_are_refused(
    tmp_path: Path, running_cluster: LocalCluster
) -> None:
    scheduler = running_cluster.scheduler_address
    elsewhere = str(tmp_path / "elsewhere.zarr")
    settings = joined(tmp_path, scheduler)
    refused = pytest.raises(UserError, match="can't write the atlas: UserError: no atlas at")
    with (
        refused as caught,
        cluster.workforce(settings, locate(elsewhere, ATLAS), 1, tmp_path / "log", print),
    ):
        pass
    assert f"reach at {elsewhere}" in str(caught.value)


def test_workers_of_too_little_memory_are_refused(tmp_path: Path) -> None:
    with LocalCluster(
        n_workers=1, threads_per_worker=1, memory_limit="512MiB", dashboard_address=":0"
    ) as small:
        create_atlas(str(tmp_path / "atlas.zarr"))
        settings = joined(tmp_path / "atlas.zarr", small.scheduler_address)
        target = locate(settings.store, ATLAS)
        words = r"may use 512\.00 MiB of memory, expected at least 1GiB; start it with a larger"
        with (
            pytest.raises(UserError, match=words),
            cluster.workforce(settings, target, 1, tmp_path / "log", print),
        ):
            pass


# The socket of a connection that broke is left to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_run_goes_on_when_its_scheduler_was_away(
    tmp_path: Path,
    undisturbed: Path,
    tree: Tree,
    monkeypatch: pytest.MonkeyPatch,
    running_cluster: LocalCluster,
) -> None:
    def lose_connection(found: joined_cluster.JoinedCluster) -> None:
        client = found.client
        client.loop.add_callback(client.scheduler_comm.comm.abort)

    disturb(monkeypatch, lose_connection)
    said = io.StringIO()
    summary = render_atlas(
        joined(tmp_path / "atlas.zarr", running_cluster.scheduler_address),
        load=fake_pictures.load,
        weigh=fake_pictures.weigh,
        render=fake_pictures.render_slowly,
        measure=fake_pictures.measure,
        stream=said,
    )
    assert summary.made == fake_pictures.CHANNELS_OF_CUTS
    assert tree(tmp_path / "atlas.zarr") == tree(undisturbed)
    lines = [line for line in said.getvalue().splitlines() if line.startswith("the scheduler")]
    assert ["does not answer any more" in lines[0], "is back" in lines[1]] == [True, True]
    assert "once more" not in said.getvalue()  # no task is to blame
    gc.collect()  # here, not in a later test


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "tcp://"])
def test_an_address_without_a_scheduler_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(joined_cluster, "CONNECT_SECONDS", 0.5)
    with pytest.raises(UserError, match="expected a running Dask scheduler at") as caught:
        render_atlas(
            joined(tmp_path, address),
            load=fake_pictures.load,
            weigh=fake_pictures.weigh,
            render=fake_pictures.render_never,
        )
    assert repr(address) in str(caught.value)


def test_a_scheduler_without_workers_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(joined_cluster, "WORKERS_SECONDS", 0.5)
    with LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        settings = joined(tmp_path, empty.scheduler_address)
        with pytest.raises(UserError, match="expected workers at"):
            render_atlas(
                settings,
                load=fake_pictures.load,
                weigh=fake_pictures.weigh,
                render=fake_pictures.render_never,
            )


def test_a_cluster_that_loses_its_workers_for_good_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, running_cluster: LocalCluster
) -> None:
    monkeypatch.setattr(executor, "LONELY_SECONDS", 0.5)
    disturb(monkeypatch, lambda _: running_cluster.scale(0))
    settings = joined(tmp_path, running_cluster.scheduler_address)
    with pytest.raises(UserError, match="the cluster has had no worker for"):
        render_atlas(
            settings,
            load=fake_pictures.load,
            weigh=fake_pictures.weigh,
            render=fake_pictures.render_slowly,
            measure=fake_pictures.measure,
        )


def test_a_scheduler_that_ends_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, running_cluster: LocalCluster
) -> None:
    monkeypatch.setattr(joined_cluster, "RETURN_SECONDS", 0.5)
    disturb(monkeypatch, lambda _: running_cluster.close())
    settings = joined(tmp_path, running_cluster.scheduler_address)
    patience = dask.config.set({"distributed.comm.timeouts.connect": "1s"})
    with patience, pytest.raises(UserError, match="the scheduler does not answer any more"):
        render_atlas(
            settings,
            load=fake_pictures.load,
            weigh=fake_pictures.weigh,
            render=fake_pictures.render_slowly,
            measure=fake_pictures.measure,
        )


def test_a_worker_that_dask_does_not_bring_back_is_replaced(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workers_of: Callable[[int], list[psutil.Process]],
) -> None:
    monkeypatch.setattr(cluster, "LEAST_PATIENCE", 0.0)
    with cluster.workforce(
        AtlasSettings(workers=2), locate("", ATLAS), 2, tmp_path / "log", print
    ) as workers:
        first = set(workers.addresses())
        assert len(first) == 2
        assert isinstance(workers, cluster.LocalWorkers)
        for nanny in workers.cluster.workers.values():
            nanny.status = Status.failed  # as after a start that failed: it restarts nothing
        for process in workers_of(os.getpid()):
            process.kill()
        end = time.monotonic() + 60
        while len(set(workers.addresses()) - first) < 2:
            time.sleep(0.1)
            assert time.monotonic() < end, "no worker came back"

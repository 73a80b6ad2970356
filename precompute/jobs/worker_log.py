"""Where the chatter of Dask, its workers and TensorFlow goes: a file, and not the terminal."""

import logging
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from distributed import WorkerPlugin

_CHATTY = ("distributed", "tornado", "asyncio")


@contextmanager
def log_file(folder: Path | None) -> Iterator[Path]:
    """A new, empty log, while this process's Dask writes into it; removed if it stays empty.

    It lies beside a store in a local folder, else among the temporary files.
    """
    path = _new_log(folder)
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(levelname)s %(message)s"))
    # Dask gives some of the loggers below these handlers of their own.
    names = {name for name in logging.root.manager.loggerDict if name.split(".")[0] in _CHATTY}
    loggers = [logging.getLogger(name) for name in sorted(names.union(_CHATTY))]
    before = [(logger, logger.handlers[:], logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.handlers, logger.propagate = [handler], False
    try:
        yield path
    finally:
        for logger, handlers, propagate in before:
            logger.handlers, logger.propagate = handlers, propagate
        with suppress(OSError):  # a full disk: what was not written yet is lost, and no more
            handler.close()
        if path.stat().st_size == 0:
            path.unlink()


def _new_log(folder: Path | None) -> Path:
    if folder is not None:
        path = folder.with_name(f"{folder.name}.log")
        with suppress(OSError):  # a store may be all that can be written there
            path.write_bytes(b"")
            return path
    descriptor, name = tempfile.mkstemp(prefix="diamond-", suffix=".log")
    os.close(descriptor)
    return Path(name)


class WorkerLog(WorkerPlugin):
    """Sends all that a worker's process writes to its standard error into the log.

    The descriptor is redirected, since TensorFlow's C++ parts write past Python. An interrupt from
    the keyboard reaches every process of the terminal: it is left to the one that started them.
    """

    name = "diamond-log"

    def __init__(self, path: Path) -> None:
        """Name the log, which lies on the same machine as the workers."""
        self._path = path

    def setup(self, worker: Any) -> None:  # noqa: ARG002
        """Run by Dask in every worker, also in those that replace others."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(descriptor, 2)
        os.close(descriptor)

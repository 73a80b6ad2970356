"""Predictions as a CSV: a row for each photo, written as they come."""

import csv
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.leftovers import discard
from diamond_cutter.precompute.study.prediction.photo_prediction import Prediction


@contextmanager
def open_predictions(path: Path, classes: Sequence[str]) -> Iterator[Callable[[Prediction], None]]:
    """What writes a photo's row: path, label, class, probability, then that of each class.

    The file is there when all is written. Raises `UserError` where it can't be.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["path", "label", "class", "probability", *classes])

            def write(made: Prediction) -> None:
                best = int(made.probability.argmax())
                shares = [f"{value:.6g}" for value in made.probability]
                rows.writerow([made.path, made.label, classes[best], shares[best], *shares])

            yield write
        beside.replace(path)
    except OSError as error:
        raise UserError(
            f"{path}: expected a file that can be written, got: {error.strerror}; free some disk, "
            "mend its permissions or name another output"
        ) from error
    finally:
        discard(beside)

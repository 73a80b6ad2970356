"""A cut network with its head in one file: from a photo to the probabilities of its classes."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.leftovers import discard
from diamond_cutter.precompute.backbones.formats.model_export import refuse_frozen
from diamond_cutter.precompute.backbones.keras_runtime import tf
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.study.export.export_example import write_example
from diamond_cutter.precompute.study.export.export_formats import Format, find_format
from diamond_cutter.precompute.study.export.study_classifier import load_classifier
from diamond_cutter.precompute.study.study_text import count, measured, place


@dataclass(frozen=True)
class Exported:
    """What was written: the file, or folder, what is to be known of it, and how to use it."""

    path: Path
    summary: str
    example: str


def export(store: str, study: str, model: str, cut: str, output: str) -> Exported:
    """Write a cut network of a study, with the head that all photos trained, to `output`.

    The suffix says the format: `.keras`, `.tflite`, and a SavedModel folder for `.savedmodel` or
    none. A file of the same format is replaced; anything else that is there stays, and is a
    `UserError`, as are a study, model or cut that is not there, weights that are absent, and a disk
    that is full or read-only.
    """
    if "://" in output:
        raise UserError(f"{output}: expected a file on this machine; export there, then copy it")
    path = Path(output).absolute()
    kind = find_format(path)
    _check_free(path, kind)
    made = load_classifier(store, study, model, cut)
    if kind.name == "Keras":
        refuse_frozen(made.backbone.graph, path)
    _make_folder(path.parent)
    beside = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        kind.write(made.network, beside)
        _move(beside, path)
    except (OSError, tf.errors.OpError) as error:
        raise UserError(
            f"{path}: expected a place with room to write to, got: {_reason(error)}; free some "
            "disk, mend its permissions or name another output"
        ) from error
    finally:
        discard(beside)
    return Exported(
        path,
        f"{path}: {place(made.cut)}, its head and its preparation of photos, as {kind.name}. "
        f"The head was trained on all {count(made.study.photos, 'photo')}; the accuracy of the "
        f"study, {measured(made.cut.metrics.accuracy)}, is that of heads which had not seen the "
        "photos they were tried on.",
        write_example(
            kind.name,
            path,
            _some_photo(made.report),
            made.network.classes,
            made.network.value_range,
        ),
    )


def _check_free(path: Path, kind: Format) -> None:
    empty = path.is_dir() and not any(path.iterdir())
    if path.exists() and not kind.is_one(path) and not (empty and kind.is_folder):
        raise UserError(
            f"{path}: expected nothing there, or a {kind.name} to replace, got something else, "
            "which stays; name another output, or move it away"
        )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder}: expected a folder that can be made, got: {error}; name another output"
        ) from error


def _reason(error: Any) -> str:
    """What the system said, without what TensorFlow puts around it."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error.message).rpartition("; ")[2].partition(" [Op:")[0]


def _some_photo(report: Report) -> Path:
    """A photo of the study where it is a file on this machine, else a name to be filled in."""
    first = Path(report.source, report.photos[0].path)
    return first.resolve() if first.is_file() else Path("photo.jpg")


def _move(beside: Path, path: Path) -> None:
    """Put the finished file or folder in its place; a folder that is there goes last."""
    if not path.is_dir():
        beside.replace(path)
        return
    aside = beside.with_name(f"{beside.name}.old")
    path.rename(aside)
    beside.rename(path)
    shutil.rmtree(aside)

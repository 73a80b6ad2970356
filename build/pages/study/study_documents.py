"""The JSON beside a study's pages that only readers of data ask for: of cuts, dataset, photos."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.build.explained_study import NetworkByItself
from diamond_cutter.build.measured_study import MeasuredCut, read_array
from diamond_cutter.build.page_text import encode, shown
from diamond_cutter.build.pages.attribution.document_packing import short
from diamond_cutter.build.pages.study.class_page import class_folder
from diamond_cutter.build.tiles.photo_tiles import FOLDER, photo_folder
from diamond_cutter.command.structuring import unstructure
from diamond_cutter.precompute.stores.study.dataset_report import Report, counts, to_json

SUREST = 5
"""Classes of a photo that are told."""


def cut_document(study: str, cut: MeasuredCut) -> bytes:
    """`cut.json`: all that was measured of a cut."""
    confusion = read_array(cut.confusion)
    pairs = np.argwhere(confusion)
    triples = np.column_stack([pairs, confusion[tuple(pairs.T)]])
    measured = unstructure(cut.cut)
    return encode({"schema": "cut", "study": study, **measured, "confusion": triples.tolist()})


def dataset_document(report: Report) -> bytes:
    """`dataset.json`: what `diamond check-data --json` prints."""
    return encode({"schema": "dataset", **to_json(report), **counts(report)})


def photo_classes_path(index: int) -> str:
    """The path of the surest classes of a sheet's photos, below the study's folder."""
    return f"{FOLDER}classes-{index}.json"


def photo_classes_document(
    model: str, cut: str | None, classes: Sequence[str], probability: NDArray[np.floating[Any]]
) -> bytes:
    """`classes-<n>.json`: the surest of K classes of the photos of a sheet.

    probability: (N, K), 0..1; NaN where a photo has none. cut: None of a network by itself.
    """
    surest = [
        []
        if np.isnan(row).any()
        else [[int(at), short(float(row[at]))] for at in np.argsort(-row, kind="stable")[:SUREST]]
        for row in probability
    ]
    told = sorted({int(label) for pairs in surest for label, _ in pairs})
    return encode(
        {
            "schema": "photo-classes",
            "model": model,
            "cut": cut,
            "names": {str(label): shown(classes[label]) for label in told},
            "surest": surest,
        }
    )


def network_document(
    network: NetworkByItself,
    logits: Mapping[int, NDArray[np.float32]],
    with_page: Sequence[int],
) -> bytes:
    """`network.json`: what the first network takes photos for; `logits` as `networks_page` has."""
    cut = network.explained.cuts[0]
    taken = {photo: int(logit.argmax()) for photo, logit in sorted(logits.items())}
    return encode(
        {
            "schema": "network",
            "name": network.name,
            "networks": list(dict.fromkeys(each.model for each in network.explained.cuts)),
            "photos": [
                {
                    "photo": photo,
                    "path": network.report.photos[photo].path,
                    "page": network.path + photo_folder(photo),
                    "predicted": label,
                    "class": cut.classes[label],
                }
                for photo, label in taken.items()
            ],
            "classes": [
                {
                    "class": label,
                    "name": cut.classes[label],
                    "page": network.path + class_folder(label),
                }
                for label in with_page
            ],
        }
    )

"""Networks by themselves: any photos, and the classes they were trained on."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

import numpy as np

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.attribution.attribution_selection import select_layers
from diamond_cutter.precompute.attribution.cut_to_explain import CutToExplain, PhotoSet
from diamond_cutter.precompute.backbones.catalogue import catalogue
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.jobs.interrupt import terminated_as_interrupted
from diamond_cutter.precompute.photos.dataset_reader import read_dataset
from diamond_cutter.precompute.photos.photo import Dataset
from diamond_cutter.precompute.photos.reading_progress import show_reading
from diamond_cutter.precompute.stores.attribution.attribution_layout import Explained
from diamond_cutter.precompute.stores.local_folder import check_folder, exclusive
from diamond_cutter.precompute.stores.store_address import StoreAddress
from diamond_cutter.precompute.stores.study import study_writer
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.study.dataset.thumbnails import store_thumbnails
from diamond_cutter.precompute.study.study_explanation import explain_study
from diamond_cutter.precompute.study.study_plan import STUDIES, check_settings

PHOTO_BYTES = 1_000_000
"""About what is kept of a photo."""


@dataclass(frozen=True)
class NetworkResult:
    """What is explained, of which photos, and the address of the store that holds it."""

    explained: Explained
    report: Report
    address: str


def explain_networks(
    name: str,
    settings: StudySettings,
    *,
    load: Callable[[str], Backbone] | None = None,
    stream: TextIO | None = None,
) -> NetworkResult:
    """Ask networks why they take photos for the classes that they were trained on; store it.

    As `make_study` in all else: `load`, `stream`, errors, what is kept at a kill.
    """
    with ExitStack() as stack:
        display = open_display(stream or sys.stderr)
        stack.callback(display.close)
        stack.enter_context(terminated_as_interrupted())
        steps = StepProgress(display)
        store_address = check_settings(settings)
        stack.enter_context(store_address.reached())
        dataset = read_dataset(settings, Path(settings.cache), show_reading(steps), labelled=False)
        if dataset.report.problem:
            raise UserError(dataset.report.problem)
        display.phase("loading the backbones")
        cuts_to_explain = [
            _case((load or catalogue.load)(model), settings) for model in settings.models
        ]
        if store_address.folder is not None:
            check_folder(store_address.folder, STUDIES, len(dataset.photos) * PHOTO_BYTES)
            with store_address.writing():
                stack.enter_context(exclusive(store_address.folder, STUDIES))
        return NetworkResult(
            _work(name, settings, store_address, dataset, cuts_to_explain, steps),
            dataset.report,
            store_address.address,
        )


def _case(backbone: Backbone, settings: StudySettings) -> CutToExplain:
    """A backbone's own classifier as the head of the cut that it reads."""
    from diamond_cutter.precompute.backbones.graph.pretrained_head import cut_head

    found = cut_head(backbone)
    layers = select_layers(settings.attribution.layers, backbone, found.cut.name)
    head, classes = found.layers, list(backbone.class_names)
    return CutToExplain(backbone, layers, [head], head, classes, found.pooling, settings.seed)


def _work(
    name: str,
    settings: StudySettings,
    store_address: StoreAddress,
    dataset: Dataset,
    cuts_to_explain: list[CutToExplain],
    steps: StepProgress,
) -> Explained:
    count = len(dataset.photos)
    group = np.array([photo.group for photo in dataset.photos], np.int32)
    photo_set = PhotoSet(
        dataset.photos, np.full(count, -1, np.int32), np.zeros(count, np.int32), group
    )
    with store_address.writing():
        draft = study_writer.begin(study_writer.create_studies(store_address.address), name)
        study_writer.write_report(draft, dataset.report)
        study_writer.write_photos(draft, photo_set.label, photo_set.fold, photo_set.group)
        store_thumbnails(draft, dataset, Path(settings.cache), steps.progress("photos"))
        turn = partial(study_writer.finish_own, draft)
        return explain_study(
            draft,
            name,
            settings,
            store_address,
            photo_set,
            cuts_to_explain,
            cuts_to_explain,
            steps.display,
            turn,
        )

"""Networks questioned by themselves: any photos, and the classes they were trained on."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.attribution.case import Album, Case
from diamond_cutter.precompute.attribution.explain import Place, explain
from diamond_cutter.precompute.attribution.selection import select_layers
from diamond_cutter.precompute.backbones import catalogue
from diamond_cutter.precompute.backbones.backbone import Backbone
from diamond_cutter.precompute.contract.attribution import Explained
from diamond_cutter.precompute.dataset.photo import Dataset
from diamond_cutter.precompute.dataset.reader import read_dataset
from diamond_cutter.precompute.study import store
from diamond_cutter.precompute.study.plan import STUDIES, check_settings
from diamond_cutter.precompute.study.portraits import store_portraits
from diamond_cutter.precompute.study.steps import Steps
from diamond_cutter.precompute.work.display import open_display
from diamond_cutter.precompute.work.folder import check_folder, exclusive
from diamond_cutter.precompute.work.interrupt import terminated_as_interrupted
from diamond_cutter.precompute.work.target import Target

PHOTO_BYTES = 1_000_000
"""About what is kept of a photo."""


@dataclass(frozen=True)
class OwnResult:
    """What is explained, and the address of the store that holds it."""

    explained: Explained
    address: str


def question_networks(
    name: str,
    settings: StudySettings,
    *,
    load: Callable[[str], Backbone] | None = None,
    stream: TextIO | None = None,
) -> OwnResult:
    """Ask networks why they take photos for the classes that they were trained on; store it.

    As `make_study` in all else: `load`, `stream`, errors, what is kept at a kill.
    """
    with ExitStack() as stack:
        display = open_display(stream or sys.stderr)
        stack.callback(display.close)
        stack.enter_context(terminated_as_interrupted())
        steps = Steps(display)
        target = check_settings(settings)
        dataset = read_dataset(
            settings.dataset, Path(settings.cache), steps.progress("files"), labelled=False
        )
        if dataset.report.problem:
            raise UserError(f"{settings.dataset}: {dataset.report.problem}")
        display.phase("loading the backbones")
        cases = [_case((load or catalogue.load)(model), settings) for model in settings.models]
        if target.folder is not None:
            check_folder(target.folder, STUDIES, len(dataset.photos) * PHOTO_BYTES)
            with target.writing():
                stack.enter_context(exclusive(target.folder, STUDIES))
        return OwnResult(_work(name, settings, target, dataset, cases, steps), target.address)


def _case(backbone: Backbone, settings: StudySettings) -> Case:
    """A backbone's own classifier as the head of its last cut."""
    from diamond_cutter.precompute.backbones.classifier import classifier, pooled_cut

    cut, found = pooled_cut(backbone), classifier(backbone)
    layers = select_layers(settings.attribution, backbone, cut.name)
    head = [(found.weights, found.bias)]
    return Case(backbone, layers, [head], head, list(backbone.class_names), "average")


def _work(
    name: str,
    settings: StudySettings,
    target: Target,
    dataset: Dataset,
    cases: list[Case],
    steps: Steps,
) -> Explained:
    count = len(dataset.photos)
    group = np.array([photo.group for photo in dataset.photos], np.int32)
    album = Album(dataset.photos, np.full(count, -1, np.int32), np.zeros(count, np.int32), group)
    with target.writing():
        draft = store.begin(store.create_studies(target.address), name)
        store.write_report(draft, dataset.report)
        store.write_photos(draft, album.label, album.fold, album.group)
        store_portraits(draft, dataset, steps.progress("photos"))
        store.finish_own(draft)
        return explain(
            Place(target, name, draft.slot.basename),
            album,
            cases,
            settings.attribution,
            settings,
            steps.display,
            settings.seed,
        )

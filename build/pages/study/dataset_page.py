"""The page of a study's dataset: what its reader made of the files, and what to mind."""

import shlex
from dataclasses import dataclass

from diamond_cutter.build.page_text import shown
from diamond_cutter.build.pages.dataset.dataset_view import DatasetView, dataset_view
from diamond_cutter.build.pages.dataset.duplicate_rows import GroupsOfKind, find_groups
from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.build.pages.page_frame import NAME, Surroundings, make_frame
from diamond_cutter.build.pages.study.doubt_rows import DoubtRows, doubt_rows
from diamond_cutter.build.tiles.photo_tiles import PhotoTile, photo_tile
from diamond_cutter.command.configuration import listed_option
from diamond_cutter.precompute.stores.study.dataset_report import Report
from diamond_cutter.precompute.stores.study.study_layout import LabelDoubts


@dataclass(frozen=True, kw_only=True)
class DatasetPage(DatasetView):
    """`/studies/<study>/dataset/`: the dataset report. command: what lists every file."""

    frame: Frame
    study: str
    doubts: DoubtRows
    duplicates: tuple[GroupsOfKind[PhotoTile], ...]
    command: str


def dataset_page(
    around: Surroundings, path: str, study: str, report: Report, doubts: LabelDoubts | None
) -> DatasetPage:
    """`/studies/<study>/dataset/`; `path` is the study's folder, relative to the site's root.

    `doubts`: None where heads were not asked.
    """
    photos = report.photos
    places = {photo.path: index for index, photo in enumerate(photos)}
    view = dataset_view(report)
    middle = "\N{MIDDLE DOT}"
    frame = make_frame(
        around,
        f"{path}dataset/",
        f"Dataset {middle} {study} {middle} {NAME}",
        f"What was taken of the dataset of the study {study}: {view.verdict}.",
        crumbs=(Link(NAME, "../../../"), Link(study, "../")),
        data=(Link("dataset.json", "dataset.json"), Link("study.json", "../study.json")),
    )
    return DatasetPage(
        **vars(view),
        frame=frame,
        study=study,
        doubts=doubt_rows(doubts, photos, len(report.classes)),
        duplicates=find_groups(
            report,
            lambda file: (
                photo_tile(photos, places[file.path], "../") if file.path in places else None
            ),
        ),
        command=_command(report),
    )


def _command(report: Report) -> str:
    """What lists every file in a terminal."""
    words = ["diamond", "check-data", report.source]
    words += ["--groups", report.grouping.column] if report.grouping else []
    if report.near_duplicates != "group":
        words += ["--near-duplicates", report.near_duplicates]
    if report.renamed:
        pairs = [f"{old}={new}" for old, new in report.renamed.items()]
        words += ["--rename", listed_option(pairs)]
    if report.leave_out:
        words += ["--leave-out", listed_option(report.leave_out)]
    return shown(shlex.join(words))

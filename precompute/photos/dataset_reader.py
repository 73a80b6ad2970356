"""A dataset from its address: its photos, and the report that says how they were found."""

from pathlib import Path

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.dataset_check import report
from diamond_cutter.precompute.photos.dataset_edits import edit
from diamond_cutter.precompute.photos.examination import examine
from diamond_cutter.precompute.photos.file_entry import Progress
from diamond_cutter.precompute.photos.images.value_range import Range
from diamond_cutter.precompute.photos.photo import Dataset, Photo
from diamond_cutter.precompute.photos.photo_groups import join_groups
from diamond_cutter.precompute.photos.sources.dataset_source import open_dataset

UNLABELLED = "(no label)"
"""What photos without a class are called."""

NEAR_DUPLICATES = ("group", "report", "ignore")
"""What may become of photos that show the same picture."""


def read_dataset(
    settings: DatasetSettings,
    cache: Path,
    report_progress: Progress,
    *,
    labelled: bool = True,
    value_range: Range | None = None,
) -> Dataset:
    """Read what `open_dataset` finds, file by file.

    Whatever the files are, that ends in a report; its `problem` says if no study can be made of
    them. Not `labelled`: any photos will do, wherever in the folder they lie. `value_range`: what
    becomes black and white in photos of more than 8 bits; None: what suits all of them. Raises
    `UserError` where the address can't be opened, has no column that the settings name, or `cache`
    can't be written to.
    """
    if settings.near_duplicates not in NEAR_DUPLICATES:
        raise UserError(
            f"near_duplicates: expected one of {', '.join(map(repr, NEAR_DUPLICATES))}, got "
            f"{settings.near_duplicates!r}; choose one"
        )
    unlabelled = "" if labelled else UNLABELLED
    listing = open_dataset(settings, cache, report_progress, unlabelled)
    listing = edit(listing, settings, labelled=labelled)
    entries = listing.entries
    sought = settings.near_duplicates != "ignore"
    examined = examine(entries, cache, report_progress, value_range, find_near_duplicates=sought)
    are_grouped = settings.near_duplicates == "group"
    joined = join_groups(entries, examined.groups if are_grouped else examined.exact)
    described = report(settings, listing, examined, joined, labelled=labelled)
    classes = list(described.classes)
    photos = [
        Photo(
            file=entry.file,
            path=entry.path,
            label=classes.index(entry.label),
            split=entry.split,
            digest=examined.findings[place].source,
            group=joined[place],
            fold=entry.fold,
            value_range=examined.findings[place].value_range,
        )
        for place, entry in enumerate(entries)
        if entry.file is not None and described.files[place].outcome in ("accept", "note")
    ]
    return Dataset(described, photos, classes)

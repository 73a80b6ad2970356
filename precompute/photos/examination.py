"""Every file of a dataset is read once: what it is, what shows it and finds its duplicates."""

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np
import PIL

from diamond_cutter.precompute.photos.cache_folder import writing
from diamond_cutter.precompute.photos.duplicates.duplicate_search import Pairs, find_near, group
from diamond_cutter.precompute.photos.duplicates.fingerprint import SIZE, fingerprint
from diamond_cutter.precompute.photos.examination_cache import (
    ExaminationCache,
    Finding,
    Preview,
    open_examination_cache,
)
from diamond_cutter.precompute.photos.file_entry import Entry, Progress
from diamond_cutter.precompute.photos.images.image_decoding import UnreadableError, decode
from diamond_cutter.precompute.photos.images.thumbnail import histogram, thumbnail
from diamond_cutter.precompute.photos.images.value_range import Range, common_range

VERSION = f"5, Pillow {PIL.__version__}"
"""Changes whenever the same file would be found or shown to be something else, or near another."""

SLICE = 64
"""Files between two commits: what a kill loses at most."""

_Asked = dict[int, tuple[Path, Range | None]]
"""Files by place, and the range that values of more than 8 bits are read by, if it is known."""


@dataclass(frozen=True)
class Examined:
    """What the files of a dataset are.

    `findings`: by the entry's place, for those that were to be examined; `groups`: for each place
    of a photo the number of its group, the same for near and exact duplicates; `exact`: the same
    for exact ones alone; `value_range`: what
    becomes black and white in photos of more than 8 bits, None if there are none.
    """

    findings: dict[int, Finding]
    groups: dict[int, int]
    exact: dict[int, int]
    value_range: Range | None


def examine(
    entries: Sequence[Entry],
    cache: Path,
    report_progress: Progress,
    value_range: Range | None = None,
    *,
    find_near_duplicates: bool = True,
) -> Examined:
    """Look into the entries whose outcome is open.

    `value_range`: what becomes black and white in photos of more than 8 bits; None: what suits all
    of them. Of each photo a few hundred bytes stay in memory, and a fingerprint in a file of
    `cache` that goes with this call; what was found stays in the examination cache, and thumbnails.
    """
    asked: _Asked = {
        place: (entry.file, None)
        for place, entry in enumerate(entries)
        if entry.outcome is None and entry.file is not None
    }
    pictures: dict[str, int] = {}
    findings: dict[int, Finding] = {}
    with (
        open_examination_cache(cache) as examination_cache,
        writing(cache),
        tempfile.TemporaryFile(dir=cache) as prints,
    ):

        def keep(finding: Finding, printed: bytes) -> None:
            if not finding.problem and finding.pixels not in pictures:
                pictures[finding.pixels] = len(pictures)
                prints.write(printed)

        progress = partial(report_progress, "reading photos")
        for place, finding, printed in _look_into(asked, examination_cache, progress):
            findings[place] = finding
            if finding.span is None:
                keep(finding, printed)
        spans = {place: each.span for place, each in findings.items() if each.span is not None}
        if spans:
            value_range = value_range or common_range(list(spans.values()))
            again: _Asked = {
                # what was read alone by that range need not be read once more
                place: (file, None if findings[place].value_range == value_range else value_range)
                for place, (file, _) in asked.items()
                if place in spans
            }
            progress = partial(report_progress, "scaling photos")
            for place, finding, printed in _look_into(again, examination_cache, progress):
                findings[place] = finding
                keep(finding, printed)
        prints.flush()
        sought = list(pictures) if find_near_duplicates else []
        near = _near(sought, prints, examination_cache, report_progress)
    group_of = group(len(pictures), near)
    exact = {
        place: pictures[finding.pixels]
        for place, finding in findings.items()
        if not finding.problem
    }
    groups = {place: group_of[number] for place, number in exact.items()}
    return Examined(findings, groups, exact, value_range if spans else None)


def _look_into(
    asked: _Asked, examination_cache: ExaminationCache, progress: Callable[[int, int], None]
) -> Iterator[tuple[int, Finding, bytes]]:
    """The finding and the fingerprint of each file, in order; the latter empty if it's no photo.

    Threads do: Pillow lets others work while it decodes.
    """
    progress(0, len(asked))
    places = list(asked)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(places), SLICE):
            batch = places[start : start + SLICE]
            keys = [_key(*asked[place]) for place in batch]
            known = [examination_cache.finding(key) for key in keys]
            unknown = [asked[at] for at, old in zip(batch, known, strict=True) if old is None]
            fresh = pool.map(lambda each: _look(*each), unknown)
            for done, (place, key, old) in enumerate(zip(batch, keys, known, strict=True), 1):
                if old is None:
                    finding, printed, preview = next(fresh)
                    if finding.digest:
                        examination_cache.keep(key, finding, printed, preview)
                else:
                    finding, printed = old
                yield place, finding, printed
                progress(start + done, len(places))
            examination_cache.commit()


def _key(file: Path, value_range: Range | None) -> bytes:
    """What a finding depends on; a file that is gone has neither size nor time."""
    try:
        state = file.stat()
        parts = (VERSION, state.st_size, state.st_mtime_ns, value_range)
    except OSError:
        parts = (VERSION, 0, 0, value_range)
    name = os.fsencode(file.absolute())
    return hashlib.sha256(b"\0".join([name, *(str(part).encode() for part in parts)])).digest()


def _look(file: Path, value_range: Range | None) -> tuple[Finding, bytes, Preview | None]:
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        return Finding("", problem=f"Can't be opened ({error.strerror}): mend that."), b"", None
    try:
        decoded = decode(file, value_range)
    except UnreadableError as error:
        return Finding(digest, problem=str(error)), b"", None
    height, width = decoded.image.shape[:2]
    pixels = hashlib.blake2b(f"{width} {height} ".encode(), digest_size=16)
    pixels.update(np.ascontiguousarray(decoded.image).data)
    finding = Finding(
        digest=digest,
        pixels=pixels.hexdigest(),
        width=width,
        height=height,
        format=decoded.format,
        note=decoded.note,
        span=decoded.span,
        value_range=decoded.value_range,
        faint=decoded.faint,
    )
    preview = Preview(thumbnail(decoded.image), histogram(decoded.image))
    return finding, fingerprint(decoded.image).tobytes(), preview


def _near(
    pictures: list[str],
    file: IO[bytes],
    examination_cache: ExaminationCache,
    report_progress: Progress,
) -> Pairs:
    """The near duplicates among pictures whose fingerprints stand in `file`, in order."""
    if len(pictures) < 2:
        return np.zeros((0, 2), np.intp)
    key = hashlib.sha256("\0".join([VERSION, *pictures]).encode()).digest()
    near = examination_cache.pairs(key)
    if near is None:
        shape = (len(pictures), SIZE)
        near = find_near(np.memmap(file, np.uint8, "r", shape=shape), report_progress)
        examination_cache.keep_pairs(key, near)
        examination_cache.commit()
    return near

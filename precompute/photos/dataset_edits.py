"""What the settings change of a dataset: classes under other names, photos that are left out.

The files stay as they are, and what is kept of photos: features go by their content alone.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from fnmatch import translate

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import DatasetSettings
from diamond_cutter.precompute.photos.file_entry import Entry, Listing
from diamond_cutter.precompute.photos.report_text import listed
from diamond_cutter.precompute.stores.study.dataset_report import LEFT_OUT

SHOWN = 8
"""Names in a sentence."""


def edit(listing: Listing, settings: DatasetSettings, *, labelled: bool) -> Listing:
    """The listing with the classes and photos that the settings have.

    Classes that get the same name are one. Where it is `labelled`, a name that no class has is
    asked about, since a class that is not renamed would be studied as it is; that no photo is
    called what is to be left out is only said. Raises `UserError` for an empty name.
    """
    for old, new in settings.rename.items():
        if not new.strip():
            raise UserError(
                f"rename: expected another name for the class {old!r}, got an empty one; give one, "
                "or leave its photos out with leave_out"
            )
    known = sorted({entry.label for entry in listing.entries if entry.label})
    strange = [name for name in settings.rename if name not in known]
    unwanted = Unwanted(settings.leave_out)
    entries = []
    for entry in listing.entries:
        if entry.outcome is None and unwanted.holds(entry.path):
            entry = replace(entry, outcome="reject", reason=LEFT_OUT)
        entries.append(_renamed(entry, settings.rename))
    question = _question(strange[0], known) if strange and labelled and known else ""
    said = list(_told(settings, known))
    if unmet := unwanted.unmet([entry.path for entry in listing.entries]):
        names = [f'"{pattern}"' for pattern in unmet]
        said.append(f"leave_out names what is not there: {listed(names, SHOWN)}.")
    return replace(
        listing,
        entries=entries,
        reading=[*listing.reading, *said],
        question=listing.question or question,
    )


class Unwanted:
    """Photos that are left out: by path, by a folder above them, or by a pattern of either."""

    def __init__(self, patterns: Sequence[str]) -> None:
        """As leave_out has them; `*`, `?` and `[...]` fit as in a shell, and "/" too."""
        self._names = {each: each.strip().removeprefix("./").rstrip("/") for each in patterns}
        self._fits = {
            each: re.compile(f"(?:{translate(name)})|(?:{translate(name + '/*')})")
            for each, name in self._names.items()
            if set(name) & set("*?[")
        }
        self._named = set(self._names.values()) - {""}

    def holds(self, path: str) -> bool:
        """Whether the photo of that path is one of them."""
        return any(each in self._named for each in _and_above(path)) or any(
            fit.match(path) for fit in self._fits.values()
        )

    def unmet(self, paths: Sequence[str]) -> list[str]:
        """The patterns that none of these paths is named by."""
        there = {each for path in paths for each in _and_above(path)}
        return [
            pattern
            for pattern, name in self._names.items()
            if name not in there
            and not (pattern in self._fits and any(map(self._fits[pattern].match, paths)))
        ]


def _and_above(path: str) -> Iterator[str]:
    """A path and the folders above it."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def _renamed(entry: Entry, names: dict[str, str]) -> Entry:
    if names.get(entry.label, entry.label) == entry.label:
        return entry
    return replace(entry, label=names[entry.label], original=entry.label)


def _question(strange: str, known: Sequence[str]) -> str:
    near = get_close_matches(strange, known, n=1)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return (
        f"rename: expected classes of the dataset ({listed(known, SHOWN)}), got {strange!r}"
        f"{meant}; mend or remove it"
    )


def _told(settings: DatasetSettings, known: Sequence[str]) -> Iterator[str]:
    """Which classes have other names now, in a sentence."""
    pairs = [f'"{name}" to "{settings.rename[name]}"' for name in known if name in settings.rename]
    if pairs:
        yield f"Renamed: {listed(pairs, SHOWN)}."

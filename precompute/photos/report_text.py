"""The dataset report as a person reads it in a terminal."""

import unicodedata
from collections.abc import Iterator, Sequence

from diamond_cutter.precompute.stores.study.dataset_report import (
    Duplicates,
    Grouping,
    Report,
)

SHOWN = 20
"""Lines of each list."""

WIDE = 40
"""Characters of a class's name up to which counts stand in a column."""

NAMED = 3
"""Photos of a set of duplicates that are named."""


def summarize(report: Report) -> str:
    """The report in lines, of which none is longer for a stranger's file name than that needs.

    Names may hold anything; what a terminal would obey is shown as its code.
    """
    return "\n".join(_lines(report))


def printable(text: str) -> str:
    r"""The text with control and formatting characters as their codes, as "\x1b" or "\u202e"."""
    unsafe = ("Cc", "Cf", "Cs", "Zl", "Zp")
    return "".join(
        repr(char)[1:-1] if unicodedata.category(char) in unsafe else char for char in text
    )


def listed(names: Sequence[str], most: int = 4) -> str:
    """The names in a sentence, so many at `most`, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def brief(report: Report) -> str:
    """The classes with their photos, how they were found, and what was left out, in lines."""
    return "\n".join(_brief(report))


def cautions(report: Report) -> Iterator[str]:
    """What is to be minded of the photos taken, and what was left out, in lines."""
    if report.value_range:
        black, white = report.value_range
        yield f"Of more than 8 bits: values from {black:.10g} to {white:.10g} become black to white"
    if report.faint:
        yield f"Next to nothing to be seen: in {report.faint:,} of {len(report.photos):,} photos"
    yield from _left_out(report)
    if ignored := report.ignored:
        more = f" and {len(ignored) - 1:,} more, no photos" if len(ignored) > 1 else ", no photo"
        yield f"Ignored: {printable(ignored[0].path)}{more}"


def _lines(report: Report) -> Iterator[str]:
    yield from _brief(report)
    if report.sides:
        least, middle, most = report.sides
        yield f"Shorter sides: {least} to {most} pixels, half of them {middle} or less"
    yield from _grouping(report.grouping)
    yield from _notes(report)
    yield from _duplicates(report.duplicates)
    if not report.problem:
        yield "A study can be made of it."


def _brief(report: Report) -> Iterator[str]:
    yield (
        f"{printable(report.source)}: {len(report.photos):,} photos of {len(report.classes):,} "
        f"classes, in {len(report.files):,} files"
    )
    yield from (printable(sentence) for sentence in report.reading)
    yield from _classes(report)
    for title, parts in (("Split", report.splits), ("Folds", report.folds)):
        if parts:
            told = [f"{count:,} {printable(name)}" for name, count in parts.items()]
            yield f"{title}: {', '.join(told)}"
    yield from cautions(report)


def _left_out(report: Report) -> Iterator[str]:
    """The files that could not or were not to be used, those of the same reason together."""
    lines = [
        f"{printable(each.first)}{f' and {each.files - 1:,} more' if each.files > 1 else ''}: "
        f"{printable(each.reason)}"
        for each in report.left_out
    ]
    yield from _bounded("Left out", lines, sum(each.files for each in report.left_out))


def _classes(report: Report) -> Iterator[str]:
    width = min(WIDE, max((len(printable(name)) for name in report.classes), default=0))
    lines = [
        f"{printable(name):{width}} {count:7,}"
        + ("  too few to be judged" if name in report.small else "")
        for name, count in report.classes.items()
    ]
    yield from _bounded("Classes", lines)
    if report.imbalance > 1:
        yield f"The largest class has {report.imbalance:.1f} times the photos of the smallest"


def _grouping(grouping: Grouping | None) -> Iterator[str]:
    """How many groups a column makes, and those on both sides of the split."""
    if grouping is None:
        return
    column = printable(grouping.column)
    alone = f", {grouping.alone:,} photos without one" if grouping.alone else ""
    yield f"Groups by {column}: {grouping.count:,}, of at most {grouping.largest:,} photos{alone}"
    values = [printable(value) for value in grouping.across]
    yield from _bounded(f"Values of {column} on both sides of the split", values)


def _notes(report: Report) -> Iterator[str]:
    yield from _bounded(
        "Taken, with a note",
        [
            f"{printable(file.path)}: {printable(file.reason)}"
            for file in report.files
            if file.outcome == "note"
        ],
    )


def _duplicates(duplicates: Sequence[Duplicates]) -> Iterator[str]:
    """The sets, those first that make a study wrong."""
    places = {"classes": "with different classes", "split": "on both sides of the split", "": ""}
    lines = []
    for each in sorted(duplicates, key=lambda each: ("classes", "split", "").index(each.across)):
        kind = " ".join(filter(None, (each.kind, places[each.across])))
        lines.append(f"{kind}: {printable(listed(each.paths, NAMED))}")
    yield from _bounded("Sets of duplicates", lines)


def _bounded(title: str, lines: Sequence[str], count: int | None = None) -> Iterator[str]:
    """A title with the count of all, and the first lines."""
    if lines:
        yield f"{title}: {len(lines) if count is None else count:,}"
        yield from (f"  {line}" for line in lines[:SHOWN])
    if len(lines) > SHOWN:
        yield f"  and {len(lines) - SHOWN:,} more, which --json lists"

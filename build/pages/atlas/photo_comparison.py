"""What the atlas's photos say of a channel: how its picture compares with them."""

from collections.abc import Iterator
from math import isnan

from diamond_cutter.build.page_text import decimal, shown
from diamond_cutter.build.pages.attribution.channel_statistics_view import Example
from diamond_cutter.precompute.stores.atlas.activation_statistics import ActivationStatistics

ENOUGH = 100
"""Photos of which a channel that is the same on all of them is told to be dead."""

LEAST = 0.1
"""A score in natural standard deviations, with less than which none is compared: it is chance."""


def beside_photos(natural: ActivationStatistics, channel: int, score: float) -> str:
    """How strong a picture of that score is beside the strongest photo; NaN: there is none."""
    photos = f"photo{'s' if natural.photos > 1 else ''}"
    whose = f"the strongest of {natural.photos} {photos} ({shown(natural.source)})"
    strongest = float(natural.maximum[channel])
    if isnan(score) or score < LEAST or strongest < LEAST:
        return f"{whose} scores {decimal(strongest)}"
    return f"{score / strongest:.1f} times as strong as {whose}"


def strongest_photo(natural: ActivationStatistics, channel: int) -> str:
    """The path of the photo that excites a channel most; empty where none does, or has a name."""
    if not natural.paths or not natural.spread[channel] > 0:
        return ""
    return shown(natural.paths[natural.best[channel]])


def examples(natural: ActivationStatistics, channel: int, folder: str) -> Iterator[Example]:
    """The photos with the strongest places of a channel; `folder`: of photos, from the page."""
    for photo, value, box, place in zip(
        natural.example_photo[channel],
        natural.example_value[channel],
        natural.example_box[channel].tolist(),
        natural.example_place[channel].tolist(),
        strict=True,
    ):
        if photo >= 0:
            left, top, right, bottom = box
            yield Example(
                href=f"{folder}{photo}.webp",
                picture=f"{folder}{photo}.webp",
                name=shown(natural.paths[photo]),
                side=natural.side,
                x=left,
                y=top,
                width=right - left,
                height=bottom - top,
                place=(place[0], place[1]),
                value=decimal(float(value)),
            )


def unchanged(natural: ActivationStatistics, channel: int) -> str:
    """That a channel is dead, for it is the same on many photos; empty of any other."""
    if natural.spread[channel] > 0 or natural.photos < ENOUGH:
        return ""
    source = shown(natural.source)
    return f"dead: the same at all places of all {natural.photos} photos ({source})"

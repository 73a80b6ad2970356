"""Which values become black and white where photos have more than 8 bits: one range for a dataset.

A camera of 12 bits, an X-ray, a thermometer or a satellite uses a part of the values that its files
may hold. Were each photo stretched by its own, what is darker in one than in another would be lost.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Range = tuple[float, float]
"""The values that become 0 and 255."""

FULL: Range = (0.0, 65535.0)
"""That of photos about which nothing is known."""

TOPS = (1, 255, 1023, 4095, 16383, 65535)
"""The greatest values of numbers from 0 to 1, and of 8, 10, 12, 14 and 16 bits."""

SHARE = 0.01
"""Of a photo's values so many lie below its span and above it: dead pixels, highlights."""

FAR = 3.0
"""Ends that are so many median spans from the median end are of a photo gone wrong."""

SAMPLE = 1_000_000
"""Of a photo's values about so many are looked at."""


def find_span(values: NDArray[np.float32]) -> Range | None:
    """A photo's least and greatest value, but for `SHARE` at each end; None if all are NaN."""
    step = max(1, math.isqrt(values.size // SAMPLE))
    sample = values[::step, ::step]
    finite = sample[np.isfinite(sample)]
    if not finite.size:
        return None
    low, high = np.quantile(finite, (SHARE, 1 - SHARE))
    return float(low), float(high)


def common_range(spans: Sequence[Range]) -> Range:
    """The range of photos with these spans, one or more.

    It holds the spans of all photos but those gone wrong. Where that is half or more of the least
    of `TOPS` that holds them, it is from 0 to that; else their least to their greatest, rounded
    outwards to two figures.
    """
    low, high = (_outermost(spans, end) for end in (0, 1))
    for top in TOPS:
        if low >= 0 and high <= top and (high - low >= top / 2 or high == low):
            return 0.0, float(top)
    if high == low:
        return low, low + 1
    unit = 10.0 ** (math.floor(math.log10(high - low)) - 1)
    decimals = max(0, -math.floor(math.log10(unit)))
    low, high = math.floor(low / unit + 1e-6) * unit, math.ceil(high / unit - 1e-6) * unit
    return round(low, decimals), round(high, decimals)


def _outermost(spans: Sequence[Range], end: int) -> float:
    """The least low end (0) or the greatest high end (1) that is not far from the others."""
    all_spans = np.asarray(spans, np.float64)
    ends = all_spans[:, end]
    reach = FAR * np.median(all_spans[:, 1] - all_spans[:, 0])
    near = ends[np.abs(ends - np.median(ends)) <= reach]
    return float((np.min, np.max)[end](near))

"""The solar cells of the package elpv-dataset, and which show the same cell by a second method.

The cells (Buerhop-Lutz et al. 2018) are 2,624 photos of 300 x 300 pixels; some are of one cell
photographed again, or of wafers cut one after the other from a block, whose grain is the same.
Their detail at full size tells: brightness, busbars, fingers and frame taken away, it is laid over
the other's at the best of some shifts and correlated. All 50 cells of the module that was
photographed twice (1735 to 1784 and 2277 to 2326) have 0.76 or more, 99 of 100 pairs drawn 0.19 or
less. Between SAME and OTHER lie cells that one printing screen marked alike: they are not counted.
"""

import importlib.util
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, maximum_filter1d

PACKAGE = "elpv-dataset"
SAME, OTHER = 0.72, 0.5
"""The correlation from which two photos are of one cell, and up to which of two."""
MARGIN, SHIFT = 40, 5
"""Pixels of the frame that are left out, and pixels of half the size that photos are shifted by."""
TWICE = range(1734, 1784), 542
"""The places of the cells of the module photographed twice, and how much later each comes again."""


def find_cells() -> list[Path]:
    """The files of the photos, in order; raises `SystemExit` where the package is not here."""
    found = importlib.util.find_spec("elpv_dataset")
    if found is None or found.origin is None:
        raise SystemExit(f"{PACKAGE}: expected the package, got none; pip install {PACKAGE}")
    return sorted((Path(found.origin).parent / "data" / "images").glob("*.png"))


def same_cell(files: list[Path], pairs: NDArray[np.intp]) -> NDArray[np.float32]:
    """How far the detail of two cells agrees, (M,), -1..1, for (M, 2) places in `files`.

    The better of the second as it is and mirrored.
    """
    waves: dict[int, tuple[NDArray[np.complex64], NDArray[np.complex64]]] = {}
    for place in np.unique(pairs):
        detail = _detail(np.asarray(Image.open(files[place]).convert("L"), np.float32))
        waves[int(place)] = _waves(detail), _waves(detail[:, ::-1])
    found = [
        max(_correlation(waves[one][0], other) for other in waves[second])
        for one, second in pairs.tolist()
    ]
    return np.array(found, np.float32)


def _detail(cell: NDArray[np.float32]) -> NDArray[np.float32]:
    """What tells a cell from others, (110, 110) of (300, 300), in units of its spread."""
    flat = np.clip(cell / (gaussian_filter(cell, 16) + 5), 0.2, 2)
    fine = gaussian_filter(flat, 1.0) - gaussian_filter(flat, 8)
    strength = np.quantile(np.abs(fine[:, 60:240]), 0.6, axis=1)
    busbar = maximum_filter1d((strength > 2.2 * np.median(strength)).astype(np.uint8), 13)
    inner = slice(MARGIN, -MARGIN)
    fine = fine - np.median(fine[:, inner], 1, keepdims=True)
    fine = (fine - np.median(fine, 0, keepdims=True))[inner, inner]
    kept = busbar[inner] == 0
    spread = fine[kept].std() + 1e-6
    fine = np.clip(fine / spread, -4, 4) * kept[:, None]
    side = len(fine) // 2
    halved: NDArray[np.float32] = fine.reshape(side, 2, side, 2).mean((1, 3))
    return halved


def _waves(detail: NDArray[np.float32]) -> NDArray[np.complex64]:
    window = np.sqrt(np.outer(np.hanning(len(detail)), np.hanning(len(detail))))
    faded = (detail - detail.mean()) * window
    unit = faded / (np.linalg.norm(faded) + 1e-9)
    return np.fft.rfft2(unit).astype(np.complex64)


def _correlation(one: NDArray[np.complex64], other: NDArray[np.complex64]) -> float:
    """At the best shift."""
    found = np.fft.irfft2(one * other.conj(), (len(one), len(one)))
    near = np.roll(found, (SHIFT, SHIFT), (0, 1))[: 2 * SHIFT + 1, : 2 * SHIFT + 1]
    return float(near.max())

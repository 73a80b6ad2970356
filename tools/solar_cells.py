"""Solar cells to try the project on, as a folder of class folders: defective or sound.

`python tools/solar_cells.py FOLDER` writes 2,624 PNG files of 300 x 300 pixels: electroluminescence
of cells (Deitsch et al., Segmentation of photovoltaic module cells in uncalibrated
electroluminescence images, 2021). The package `elpv-dataset` brings them, and is to be installed
first; the licence is CC BY-NC-SA 4.0. Experts rated how probable a defect is: from one half on a
cell counts as defective.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image


def write_cells(folder: Path) -> int:
    """Write each cell to `folder`/<class>/<number>.png; how many in all."""
    try:
        from elpv_dataset.utils import load_dataset
    except ImportError:
        sys.exit("elpv-dataset: expected it to be installed; `.venv/bin/pip install elpv-dataset`")
    images, probability, _ = load_dataset()
    for name in ("defective", "sound"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for number, (image, label) in enumerate(
        zip(images, np.where(probability >= 0.5, "defective", "sound"), strict=True)
    ):
        Image.fromarray(image).save(folder / str(label) / f"{number:05}.png")
    return len(images)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/solar_cells.py FOLDER")
    target = Path(sys.argv[1])
    print(f"{target}: {write_cells(target)} photos of 2 classes")  # noqa: T201

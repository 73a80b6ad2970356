"""The demo's photos without classes, of which a network is asked by itself: scikit-image's.

`python tools/demo_scenes.py FOLDER` writes four PNG files: a cat, a cup of
coffee, a rocket and an astronaut, whose owners gave them free (scikit-image names them).
"""

import shutil
import sys
from pathlib import Path

import skimage.data
from PIL import Image

SCENES = {"cat": "chelsea", "coffee": "coffee", "rocket": "rocket", "astronaut": "astronaut"}
"""The names of files, and what scikit-image calls them."""


def write_scenes(folder: Path) -> int:
    """Write the photos to `folder`/<name>.png; how many.

    The folder appears when it is complete; one that is there is replaced.
    """
    staging = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for name, scene in SCENES.items():
        Image.fromarray(getattr(skimage.data, scene)()).save(staging / f"{name}.png")
    shutil.rmtree(folder, ignore_errors=True)
    staging.rename(folder)
    return len(SCENES)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    print(f"{target}: {write_scenes(target)} photos")  # noqa: T201

"""Maps of a network by itself, in a process of its own: settings as JSON, pictures of few steps."""

import json
import sys
from dataclasses import replace

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.attribution import class_pictures, photo_tasks

ROWS, BATCH = 4, 2


def shorten() -> None:
    """Photos and pictures of a part, and steps of a picture: few."""
    photo_tasks.ROWS = ROWS
    class_pictures.BATCH = BATCH
    preview = class_pictures.RECIPES["preview"]
    short = replace(preview, phases=(replace(preview.phases[0], steps=3),))
    class_pictures.RECIPES = {**class_pictures.RECIPES, "preview": short}


if __name__ == "__main__":
    import cattrs

    from diamond_cutter.precompute.study.network_result import explain_networks

    shorten()
    explain_networks("killed", cattrs.structure(json.loads(sys.argv[1]), StudySettings))

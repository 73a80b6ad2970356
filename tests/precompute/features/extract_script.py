"""Features made in a process of its own: STORE, a folder of photos, settings as JSON."""

import hashlib
import json
import sys
from pathlib import Path

from diamond_cutter.command.settings import StudySettings
from diamond_cutter.precompute.dataset.photo import Photo
from diamond_cutter.precompute.features import extract
from diamond_cutter.precompute.work.display import open_display

MODELS = [("efficientnet-lite0", ("stem_activation", "block2b_add"))]

if __name__ == "__main__":
    store, folder, settings = sys.argv[1:]
    photos = [
        Photo(file, file.name, 0, "", hashlib.sha256(file.read_bytes()).hexdigest(), 0)
        for file in sorted(Path(folder).iterdir())
    ]
    extract.ROWS = 2
    try:
        extract.extract(
            MODELS,
            photos,
            StudySettings(features=store, **json.loads(settings)),
            open_display(sys.stderr),
        )
    except KeyboardInterrupt:
        sys.exit(130)

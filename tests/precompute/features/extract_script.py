"""Features made in a process of its own: STORE, a folder of photos, settings as JSON."""

import hashlib
import json
import sys
from pathlib import Path

if __name__ == "__main__":  # workers, which import this file too, need none of it
    from diamond_cutter.command.settings import StudySettings
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.features import feature_extraction
    from diamond_cutter.precompute.jobs.display import open_display
    from diamond_cutter.precompute.photos.photo import Photo

    store, folder, settings = sys.argv[1:]
    photos = [
        Photo(file, file.name, 0, "", hashlib.sha256(file.read_bytes()).hexdigest(), 0)
        for file in sorted(Path(folder).iterdir())
    ]
    feature_extraction.ROWS = 2
    try:
        feature_extraction.extract(
            [(catalogue.network("efficientnet-lite0"), ("stem_activation", "block2b_add"))],
            photos,
            StudySettings(features=store, **json.loads(settings)),
            open_display(sys.stderr),
        )
    except KeyboardInterrupt:
        sys.exit(130)

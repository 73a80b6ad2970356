"""`diamond atlas` with fake pictures, as a process of its own: STORE, and settings as JSON.

With `gpu` after these, as on a GPU.
"""

import json
import sys

import fake_pictures

from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.atlas import atlas_run
from diamond_cutter.precompute.atlas.atlas_run import render_atlas

if __name__ == "__main__":
    if "gpu" in sys.argv[3:]:
        atlas_run.find_device = lambda: fake_pictures.GPU
    settings = AtlasSettings(store=sys.argv[1], **json.loads(sys.argv[2]))
    try:
        render_atlas(
            settings,
            load=fake_pictures.load,
            render=fake_pictures.render_slowly,
            measure=fake_pictures.measure_slowly,
        )
    except KeyboardInterrupt:
        sys.exit(130)

"""`diamond atlas` with fake pictures, as a process of its own: STORE, and settings as JSON.

With `gpu` after these, as on a GPU. Chunks wait for the tickets in STORE.tickets, if that is there.
"""

import json
import sys
from functools import partial
from pathlib import Path

import fake_pictures

if __name__ == "__main__":  # workers, which import this file too, need none of it
    from diamond_cutter.command.settings import AtlasSettings
    from diamond_cutter.precompute.atlas import atlas_run
    from diamond_cutter.precompute.atlas.atlas_run import render_atlas
    from diamond_cutter.precompute.jobs import executor

    if "gpu" in sys.argv[3:]:
        atlas_run.find_device = lambda: fake_pictures.GPU
    executor.ATTEMPTS = 9  # chance may kill the workers of the same chunk time after time
    settings = AtlasSettings(store=sys.argv[1], **json.loads(sys.argv[2]))
    try:
        render_atlas(
            settings,
            load=fake_pictures.load,
            weigh=fake_pictures.weigh,
            render=partial(fake_pictures.render_by_ticket, Path(f"{sys.argv[1]}.tickets")),
            measure=fake_pictures.measure_slowly,
        )
    except KeyboardInterrupt:
        sys.exit(130)

"""A study in a process of its own: settings as JSON, parts of four photos."""

import json
import sys

if __name__ == "__main__":  # workers, which import this file too, need none of it
    import cattrs

    from diamond_cutter.command.settings import StudySettings
    from diamond_cutter.precompute.attribution import photo_tasks
    from diamond_cutter.precompute.study.study_run import make_study

    photo_tasks.ROWS = 4
    make_study("killed", cattrs.structure(json.loads(sys.argv[1]), StudySettings))

"""The process that runs the jobs of a queue, given its folder, and ends when none waits."""

import sys
from pathlib import Path

from diamond_cutter.web.workbench.queue.job_queue import JobQueue

if __name__ == "__main__":
    JobQueue(Path(sys.argv[1])).run()

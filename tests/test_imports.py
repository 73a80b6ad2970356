"""Who may import whom: data flows one way."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOUNDATION = (
    "diamond_cutter.command.configuration",
    "diamond_cutter.command.errors",
    "diamond_cutter.command.settings",
    "diamond_cutter.command.structuring",
)
MAY_IMPORT = {
    "command": FOUNDATION,
    "build": (
        *FOUNDATION,
        "diamond_cutter.build",
        "diamond_cutter.precompute.stores",
        "diamond_cutter.site_templates",
    ),
    "precompute": (*FOUNDATION, "diamond_cutter.precompute"),
    "site_templates": (),
    "web": (*FOUNDATION, "diamond_cutter.web"),
}


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert not getattr(node, "level", 0), f"{path}: import by full name"
            found.update(names_of(node))
    return found


def names_of(node: ast.Import | ast.ImportFrom) -> set[str]:
    """What an import statement imports, by full name."""
    before = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    return {f"{before}{alias.name}" for alias in node.names}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_it_may(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    for path in files:
        for name in imported(path):
            assert name.split(".")[0] not in MAY_IMPORT, f"{path}: {name} lacks diamond_cutter."
            if name.startswith("diamond_cutter."):
                allowed = any(f"{name}.".startswith(f"{prefix}.") for prefix in MAY_IMPORT[folder])
                assert allowed, f"{path} must not import {name}"


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = dict(project["optional-dependencies"])
    del extras["dev"]
    needed = {*project["dependencies"], *(each for needs in extras.values() for each in needs)}
    declared = {plain(re.split(r"[^\w.-]", each)[0]) for each in needed}
    brought_by = packages_distributions()
    for folder in MAY_IMPORT:
        for path in (ROOT / folder).rglob("*.py"):
            for library in {name.split(".")[0] for name in imported(path)}:
                if library not in sys.stdlib_module_names and library != "diamond_cutter":
                    packages = {plain(each) for each in brought_by.get(library, ())}
                    assert packages & declared, f"{path} imports {library}: declare its package"


def plain(package: str) -> str:
    """The name of a package as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize("library", ["tensorflow", "keras"])
def test_only_the_runtime_imports(library: str) -> None:
    for folder in MAY_IMPORT:
        for path in (ROOT / folder).rglob("*.py"):
            if path != ROOT / "precompute" / "runtime.py":
                names = {name.split(".")[0] for name in imported(path)}
                assert library not in names, path


def test_what_only_unix_has_is_imported_where_it_is_needed() -> None:
    """So that a module is imported on Windows, too, whether or not all that it does works there."""
    unix = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
    for folder in (*MAY_IMPORT, "benchmarks", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            module = ast.parse(path.read_text(encoding="utf-8"))
            first = (node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom))
            names = {name.split(".")[0] for node in first for name in names_of(node)}
            assert not unix & names, path


@pytest.mark.parametrize("command", [["--help"], ["site", "--help"], ["serve", "--help"]])
def test_light_commands_load_nothing_heavy(command: list[str]) -> None:
    script = (
        "import sys\n"
        "from diamond_cutter.command.main import main\n"
        "try:\n"
        f"    main({command!r})\n"
        "except SystemExit:\n"
        "    pass\n"
        "heavy = {'tensorflow', 'keras', 'distributed'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)

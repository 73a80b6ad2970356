"""Who may import whom: data flows one way, and each floor stands on those above it in the table."""

import ast
import re
import runpy
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from importlib.metadata import packages_distributions
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parent.parent
TOP = ("build", "command", "notebook", "precompute", "site_templates", "web")
MOST_FILES = 16
"""In a folder, of one kind; benchmarks are commands, and all in one folder to be found."""

NETWORKS = ("precompute/backbones", "precompute/stores")
PHOTOS = ("precompute/jobs", "precompute/photos", "precompute/stores")
FLOORS: dict[str, tuple[str, ...]] = {
    "command": (),
    "precompute/stores": (),
    "precompute/jobs": ("precompute/stores",),
    "precompute/backbones/keras_runtime.py": (),
    "precompute/backbones/graph": ("precompute/backbones/keras_runtime.py", "precompute/stores"),
    "precompute/backbones/formats": (
        "precompute/backbones/graph",
        "precompute/backbones/keras_runtime.py",
        "precompute/stores",
    ),
    "precompute/backbones/catalogue": NETWORKS,
    "precompute/photos/images": ("precompute/photos", "precompute/stores"),
    "precompute/photos/duplicates": PHOTOS,
    "precompute/photos/archives": PHOTOS,
    "precompute/photos/sources": PHOTOS,
    "precompute/photos": PHOTOS,
    "precompute/rendering/backend": NETWORKS,
    "precompute/rendering": (*NETWORKS, "precompute/rendering"),
    "precompute/features": (*NETWORKS, *PHOTOS),
    "precompute/heads": (*NETWORKS, *PHOTOS, "precompute/features"),
    "precompute/atlas": (*NETWORKS, *PHOTOS, "precompute/rendering"),
    "precompute/attribution": (
        *NETWORKS,
        *PHOTOS,
        "precompute/features",
        "precompute/heads",
        "precompute/rendering",
    ),
    "precompute/activation_atlas": (
        *NETWORKS,
        *PHOTOS,
        "precompute/attribution",
        "precompute/rendering",
    ),
    "precompute/attribution_graphs": (*NETWORKS, *PHOTOS, "precompute/attribution"),
    "precompute/study": (
        *NETWORKS,
        *PHOTOS,
        "precompute/activation_atlas",
        "precompute/attribution",
        "precompute/attribution_graphs",
        "precompute/features",
        "precompute/heads",
    ),
    "precompute/commands": ("precompute",),
    "precompute": (),
    "build/publish": ("precompute/stores",),
    "build/tiles": ("build/*", "precompute/stores"),
    "build/charts": ("build/*", "build/tiles", "precompute/stores"),
    "build/pages": (
        "build/*",
        "build/charts",
        "build/publish",
        "build/tiles",
        "precompute/stores",
        "site_templates",
    ),
    "build/search": ("build/*", "build/publish", "precompute/stores"),
    "build": ("build", "precompute/stores", "site_templates"),
    "notebook": ("build", "command/main.py", "precompute"),
    "site_templates": (),
    "web": (
        "build/charts/network_profile.py",
        "build/page_text.py",  # numbers and names as all pages write them
        "build/pages/atlas/catalogue_rows.py",
        "build/pages/dataset",  # and what they say of photos
        "command/main.py",
        "precompute/stores/atlas",
        "precompute/stores/study/dataset_report.py",
    ),
}
"""What each floor may import beside itself and what `command/` holds; `build/*`: its own files.

The longest entry that a file lies in is its floor.
"""
FOUNDATION = tuple(
    f"command/{name}.py"
    for name in ("configuration", "errors", "leftovers", "notebook_bars", "settings", "structuring")
)
SCRIPT_FLOORS = {
    "data": (),
    "state": (),
    "components": ("data", "state"),
    "lists": ("components", "data", "state"),  # below components
    "map": ("components", "data", "lists", "state"),  # below components
    "search": ("components", "data", "state"),  # below components
    "tables": ("components", "state"),  # below components
    "pages": ("components", "data", "lists", "map", "search", "state", "tables"),
    "workbench": ("components", "data", "state", "tables"),
    "models": ("components", "state", "tables", "workbench"),  # below workbench
    "photos": ("components", "workbench"),  # below workbench
}


def sources() -> list[Path]:
    """The Python files of the product, below the root."""
    found = [path for top in TOP for path in sorted((ROOT / top).rglob("*.py"))]
    assert found
    return [path.relative_to(ROOT) for path in found]


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            assert not getattr(node, "level", 0), f"{path}: import by full name"
            found.update(names_of(node))
    return found


def names_of(node: ast.Import | ast.ImportFrom) -> set[str]:
    """What an import statement imports, by full name."""
    before = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
    return {f"{before}{alias.name}" for alias in node.names}


def files_imported(path: Path) -> Iterator[Path]:
    """The product's files that a file imports, below the root."""
    for name in imported(path):
        parts = name.split(".")
        assert parts[0] not in TOP, f"{path}: {name} lacks diamond_cutter."
        if parts[0] == "diamond_cutter":
            yield file_of(name)


def file_of(name: str) -> Path:
    """The file of a module of the product, or of a name in it."""
    parts = name.split(".")[1:]
    files = (Path(*parts), Path(*parts[:-1]))
    return next(file.with_suffix(".py") for file in files if (ROOT / f"{file}.py").is_file())


def floor_of(path: Path) -> str:
    """The floor of a file: the longest entry that it lies in."""
    return max((each for each in FLOORS if lies_in(path, each)), key=len)


def lies_in(path: Path, place: str) -> bool:
    """Whether a file lies in a folder, or is it; `folder/*`: right in it, in no folder of it."""
    if place.endswith("/*"):
        return path.parent == Path(place).parent
    return path.is_relative_to(place)


def test_a_file_imports_only_what_its_floor_may() -> None:
    for path in sources():
        floor = floor_of(path)
        may = (*FOUNDATION, *FLOORS[floor])
        for other in files_imported(path):
            allowed = floor_of(other) == floor or any(lies_in(other, place) for place in may)
            assert allowed, f"{path}, on the floor {floor}, must not import {other}"


def test_all_floors_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, dict[str, str]] = {}
    monkeypatch.setitem(sys.modules, "setuptools", SimpleNamespace(setup=given.update))
    monkeypatch.chdir(ROOT)
    runpy.run_path("setup.py")
    assert given["package_dir"] == {"diamond_cutter": "."} | {
        f"diamond_cutter.{each}": each for each in TOP
    }
    folders = {".".join(("diamond_cutter", *path.parent.parts)) for path in sources()}
    assert set(given["packages"]) == {"diamond_cutter", *folders}


def test_no_files_import_each_other_in_a_circle() -> None:
    order = {str(path): {str(other) for other in files_imported(path)} for path in sources()}
    TopologicalSorter(order).prepare()  # raises CycleError, which names the circle


def test_scripts_import_only_what_their_floor_may() -> None:
    scripts = ROOT / "web" / "static" / "js"
    files = sorted(scripts.rglob("*.js"))
    assert {path.parent.name for path in files} == set(SCRIPT_FLOORS)
    for path in files:
        floor = path.parent.name
        for target in re.findall(r'^(?:import|}).*"(\.[^"]+)"', path.read_text("utf-8"), re.M):
            other = (path.parent / target).resolve()
            assert other.is_file(), f"{path}: {target}"
            assert other.parent.name in (floor, *SCRIPT_FLOORS[floor]), f"{path}: {target}"


def test_a_name_says_what_is_in_a_file_without_its_folder() -> None:
    """No two files of code have the same name, and no folder is too full to be looked through."""
    named: dict[str, Path] = {}
    listed: dict[tuple[Path, str], list[str]] = {}
    for top in (*TOP, "benchmarks", "tests", "tools"):
        for path in sorted((ROOT / top).rglob("*")):
            common = path.name in ("__init__.py", "conftest.py", "README.md")
            if path.is_dir() or "__pycache__" in path.parts or common:
                continue
            if path.suffix in (".py", ".js", ".mjs"):
                assert path.name not in named, f"{path} and {named[path.name]}"
                named[path.name] = path
            listed.setdefault((path.parent, path.suffix), []).append(path.name)
    for (folder, suffix), names in listed.items():
        assert len(names) <= MOST_FILES or folder.name == "benchmarks", (
            f"{folder}: {len(names)} {suffix} files"
        )


def test_every_library_that_is_imported_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = dict(project["optional-dependencies"])
    del extras["dev"]
    needed = {*project["dependencies"], *(each for needs in extras.values() for each in needs)}
    declared = {plain(re.split(r"[^\w.-]", each)[0]) for each in needed}
    brought_by = packages_distributions()
    for path in sources():
        for library in {name.split(".")[0] for name in imported(path)}:
            if library not in sys.stdlib_module_names and library != "diamond_cutter":
                packages = {plain(each) for each in brought_by.get(library, ())}
                assert packages & declared, f"{path} imports {library}: declare its package"


def plain(package: str) -> str:
    """The name of a package as all its spellings have it."""
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize("library", ["tensorflow", "keras"])
def test_only_the_runtime_imports(library: str) -> None:
    for path in sources():
        if path != Path("precompute/backbones/keras_runtime.py"):
            names = {name.split(".")[0] for name in imported(path)}
            assert library not in names, path


def test_what_only_unix_has_is_imported_where_it_is_needed() -> None:
    """So that a module is imported on Windows, too, whether or not all that it does works there."""
    unix = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
    for folder in (*TOP, "benchmarks", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            module = ast.parse(path.read_text(encoding="utf-8"))
            first = (node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom))
            names = {name.split(".")[0] for node in first for name in names_of(node)}
            assert not unix & names, path


def test_runs_start_without_tensorflow() -> None:
    """It takes seconds to import: what a run needs to begin, and its workers to be told, has none.

    Imports at the top of files are followed; those in functions wait until they are needed.
    """
    runtime = Path("precompute/backbones/keras_runtime.py")
    waiting = [
        Path("precompute/atlas/atlas_run.py"),
        Path("precompute/features/feature_extraction.py"),
        Path("precompute/study/study_plan.py"),
    ]
    seen: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            waiting += files_at_the_top(path)
    assert len(seen) > 50
    assert runtime not in seen


def files_at_the_top(path: Path) -> Iterator[Path]:
    """The product's files that a file imports as it is itself imported."""
    module = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("diamond_cutter."):
            yield from map(file_of, names_of(node))


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

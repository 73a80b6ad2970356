"""What is installed, but this package is missing, or another one: for benchmarks."""

import sysconfig
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
_OURS = ("diamond_cutter", "__editable__")


def bare_packages(folder: Path) -> Path:
    """A folder of all packages that are installed, but for this one, for `python -S`."""
    folder.mkdir()
    for entry in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not entry.name.startswith(_OURS) and entry.name != "__pycache__":
            (folder / entry.name).symlink_to(entry)
    return folder


def changed_packages(folder: Path, version: str | None) -> Path:
    """The same with this package in it, of other code; of another version, where one is given."""
    bare_packages(folder)
    package = folder / "diamond_cutter"
    package.mkdir()
    for entry in ROOT.iterdir():
        if entry.name != "command" and (entry.is_dir() or entry.suffix == ".py"):
            (package / entry.name).symlink_to(entry)
    (package / "command").mkdir()
    for entry in (ROOT / "command").glob("*.py"):
        (package / "command" / entry.name).write_text(f"{entry.read_text()}\n# Changed.\n")
    installed = metadata.version("diamond-cutter")
    about = folder / f"diamond_cutter-{version or installed}.dist-info"
    about.mkdir()
    lines = ("Metadata-Version: 2.1", "Name: diamond-cutter", f"Version: {version or installed}")
    (about / "METADATA").write_text("\n".join(lines) + "\n")
    return folder

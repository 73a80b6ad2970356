"""What the site is made with besides the atlas: scripts and style sheets, templates, this code."""

import hashlib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path

import jinja2
import PIL


def static_files() -> dict[str, bytes]:
    """The content of each script, style sheet and icon of the site by its path, sorted."""
    found = _files(Path(str(resources.files("diamond_cutter.web"))) / "static")
    return {path: content for path, content in found.items() if "/workbench/" not in path}


def generator_digest() -> str:
    """A digest of all that turns an atlas into pages."""
    templates = _files(Path(str(resources.files("diamond_cutter.site_templates"))))
    code = _files(Path(__file__).parents[1])
    stores = _files(Path(str(resources.files("diamond_cutter.precompute.stores"))))
    versions = [(each.__name__, each.__version__.encode()) for each in (jinja2, PIL)]
    return digest([*templates.items(), *code.items(), *stores.items(), *versions])


def digest(parts: Iterable[tuple[str, bytes]]) -> str:
    """A digest of named contents, in hexadecimal figures."""
    state = hashlib.blake2b(digest_size=16)
    for name, content in parts:
        state.update(f"{name} {len(content)} ".encode())
        state.update(content)
    return state.hexdigest()


def _files(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in paths
        if "__pycache__" not in path.parts
    }

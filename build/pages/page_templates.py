"""The templates: Jinja2 with every value escaped and no undefined one let through."""

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from diamond_cutter.build.page_text import decimal, grouped
from diamond_cutter.build.tiles.sprite_sheet import COLUMNS

POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""The Content-Security-Policy that every page carries: nothing from elsewhere, nothing inline."""


@cache
def environment() -> Environment:
    """The environment that renders `site_templates`, each of which is compiled once a process."""
    made = Environment(
        loader=PackageLoader("diamond_cutter.site_templates", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["grouped"] = grouped
    made.filters["decimal"] = decimal
    made.globals["policy"] = POLICY
    made.globals["columns"] = COLUMNS
    return made


def render(templates: Environment, name: str, page: Any) -> bytes:
    """The page, a context dataclass, as the bytes of its file."""
    return templates.get_template(name).render(page=page).encode()

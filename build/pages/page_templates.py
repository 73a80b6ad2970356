"""The templates: Jinja2 with every value escaped and no undefined one let through."""

import re
from functools import cache
from html import escape, unescape
from typing import Any
from urllib.parse import urljoin

from jinja2 import Environment, PackageLoader, StrictUndefined

from diamond_cutter.build.page_text import decimal, grouped
from diamond_cutter.build.pages.page_contexts import MissingPage
from diamond_cutter.build.publish.site_manifest import PICTURES
from diamond_cutter.build.tiles.sprite_sheet import COLUMNS

_PICTURE = re.compile(rf' (src|href)="([^":]+(?:{"|".join(map(re.escape, PICTURES))}))"')
"""A relative address of a picture, in a page whose values are escaped."""


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
    made.globals["columns"] = COLUMNS
    return made


def render(templates: Environment, name: str, page: Any) -> bytes:
    """The page, a context dataclass, as the bytes of its file; its pictures where they lie."""
    html = templates.get_template(name).render(page=page)
    if not isinstance(page, MissingPage) and page.frame.pictures:
        html = _with_pictures(html, page.frame.pictures)
    return html.encode()


def _with_pictures(html: str, folder: str) -> str:
    """A page whose pictures are named by full addresses; `folder`: where its own folder's lie."""

    def named(found: re.Match[str]) -> str:
        attribute, address = found.groups()
        if address not in known:
            known[address] = escape(urljoin(folder, unescape(address)))
        return f' {attribute}="{known[address]}"'

    known: dict[str, str] = {}
    return _PICTURE.sub(named, html)

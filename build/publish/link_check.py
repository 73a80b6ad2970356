"""The check of a staged site: every page is there, and all that a page names is there too."""

import re
from collections.abc import Iterable
from html import unescape
from posixpath import normpath
from urllib.parse import unquote, urlsplit

# Every page is a template's, whose values are escaped: no quote and no bracket is inside a value.
# That makes two expressions enough, ten times as fast as a parser.
_TAG = re.compile(r"<(\w+)((?:\s+[\w:-]+(?:=\"[^\"]*\")?)*)\s*/?>")
_ATTRIBUTE = re.compile(r"([\w:-]+)=\"([^\"]*)\"")
_LOADED = {("img", "src"), ("script", "src"), ("link", "href"), ("image", "href"), ("use", "href")}
"""What a browser fetches by itself: never from elsewhere."""


class BrokenSite(Exception):  # noqa: N818
    """The staged site is not whole: a bug of the builder, never the user's mistake."""


def check_files(paths: Iterable[str], expected: Iterable[str]) -> None:
    """Refuse a site in which one of the `expected` files is not among `paths`."""
    absent = sorted(set(expected) - set(paths))
    if absent:
        raise BrokenSite(f"{len(absent)} files were not written, {absent[0]} first")


def check_links(path: str, html: str, paths: set[str], address: str) -> None:
    """Refuse the page at `path` if it names a file not among `paths`, or loads one from elsewhere.

    `address` is the site's own full address, which may be empty.
    """
    anchors, named = set(), {}
    for tag, text in _TAG.findall(html):
        attributes = dict(_ATTRIBUTE.findall(text))
        if "id" in attributes:
            anchors.add(attributes["id"])
        for name in ("href", "src", "content"):
            if name in attributes and (name != "content" or _is_picture(attributes)):
                is_loaded = (tag, name) in _LOADED and attributes.get("rel") != "canonical"
                named[unescape(attributes[name])] = is_loaded
    for reference, is_loaded in named.items():
        parts = urlsplit(reference)
        if is_loaded and (parts.scheme or parts.netloc):
            raise BrokenSite(f"{path}: loads {reference} from elsewhere")
        _check(path, reference, anchors, paths, address)


def _is_picture(attributes: dict[str, str]) -> bool:
    return attributes.get("property") in ("og:image", "og:url")


def _check(path: str, reference: str, anchors: set[str], paths: set[str], address: str) -> None:
    folder = path.rpartition("/")[0]
    if address and reference.startswith(address):
        folder, reference = "", reference.removeprefix(address) or "./"
    parts = urlsplit(reference)
    if parts.scheme == "https":
        return
    if parts.scheme or parts.netloc or parts.path.startswith("/"):
        raise BrokenSite(f"{path}: {reference} is not a relative address")
    if not parts.path:
        if parts.fragment not in anchors:
            raise BrokenSite(f"{path}: {reference} leads to no element of the page")
        return
    target = normpath(f"{folder}/{unquote(parts.path)}".lstrip("/"))
    if parts.path.endswith("/"):
        target = "index.html" if target == "." else f"{target}/index.html"
    if target not in paths:
        raise BrokenSite(f"{path}: {reference} leads to {target}, which is not there")

"""The check of a staged site: every page is there, and all that a page names is there too."""

import re
from collections.abc import Callable, Iterable, Iterator
from html import escape, unescape
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from diamond_cutter.build.publish.site_manifest import is_picture

# Every page is a template's, whose values are escaped: no quote and no bracket is inside a value.
# So each tag begins a piece of the page cut at "<", and two expressions are enough.
_TAG = re.compile(r"(\w+)\s([^>]*)>")
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


class LinkCheck:
    """The check of pages; what neighbours name in the same words is looked up once."""

    def __init__(self, is_there: Callable[[str], bool], address: str, pictures: str = "") -> None:
        """`is_there` says so of a path of the site; `address`: its full address, or empty.

        pictures: the address below which all its pictures lie; empty where beside the pages.
        """
        self._is_there, self._address, self._pictures = is_there, address, pictures
        self._beside: str | None = None
        self._held: set[str] = set()

    def check(self, path: str, html: str) -> None:
        """Refuse the page at `path` if it names a file that is not there, or loads from elsewhere.

        What begins with "../" means the same to all pages whose folders lie in one folder, and so
        does the address of a picture that lies elsewhere.
        """
        folder = path.rpartition("/")[0]
        beside = folder.rpartition("/")[0] if folder else None
        if beside is None or beside != self._beside:
            self._beside, self._held = beside, set()
        for piece in set(html.split("<")) - self._held:
            named = dict(_references(piece))
            is_same = True
            for reference, is_loaded in named.items():
                parts = urlsplit(reference)
                lies_there = bool(self._pictures) and reference.startswith(self._pictures)
                if self._pictures and is_picture(reference) and (lies_there or not parts.scheme):
                    self._check_picture(path, reference)
                    continue
                if is_loaded and (parts.scheme or parts.netloc):
                    raise BrokenSite(f"{path}: loads {reference} from elsewhere")
                self._check(path, reference, html)
                is_same = is_same and reference.startswith("../")
            if is_same:
                self._held.add(piece)

    def _check_picture(self, path: str, reference: str) -> None:
        if not reference.startswith(self._pictures):
            raise BrokenSite(f"{path}: {reference} does not lie below {self._pictures}")
        target = unquote(reference.removeprefix(self._pictures))
        if not self._is_there(target):
            raise BrokenSite(f"{path}: {reference} leads to {target}, which is not there")

    def _check(self, path: str, reference: str, html: str) -> None:
        folder, named = path.rpartition("/")[0], reference
        if self._address and reference.startswith(self._address):
            folder, reference = "", reference.removeprefix(self._address) or "./"
        parts = urlsplit(reference)
        if parts.scheme == "https":
            return
        if parts.scheme or parts.netloc or parts.path.startswith("/"):
            raise BrokenSite(f"{path}: {named} is not a relative address")
        if not parts.path:
            if f' id="{escape(parts.fragment)}"' not in html:
                raise BrokenSite(f"{path}: {named} leads to no element of the page")
            return
        target = normpath(f"{folder}/{unquote(parts.path)}".lstrip("/"))
        if parts.path.endswith("/"):
            target = "index.html" if target == "." else f"{target}/index.html"
        if not self._is_there(target):
            raise BrokenSite(f"{path}: {named} leads to {target}, which is not there")


def _references(piece: str) -> Iterator[tuple[str, bool]]:
    """What a tag names, and whether a browser fetches it by itself."""
    tag = _TAG.match(piece)
    if tag is None:
        return
    attributes = dict(_ATTRIBUTE.findall(tag[2]))
    for name in ("href", "src", "content"):
        if name in attributes and (name != "content" or _is_picture(attributes)):
            is_loaded = (tag[1], name) in _LOADED and attributes.get("rel") != "canonical"
            yield unescape(attributes[name]), is_loaded


def _is_picture(attributes: dict[str, str]) -> bool:
    return attributes.get("property") in ("og:image", "og:url")

"""What a page knows of the site around it: addresses, and the frame made of them."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.command.errors import UserError

NAME = "Diamond Cutter"


@dataclass(frozen=True)
class Surroundings:
    """What all pages share.

    address: full address of the site's root with a slash at the end; empty where it is not known.
    assets: path of the folder of style sheets and scripts, with a slash at the end.
    """

    address: str
    assets: str


def checked_address(address: str) -> str:
    """The site's address as `Surroundings` has it; a `UserError` if it is none of the web."""
    if not address:
        return ""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise UserError(
            f"--address: expected the site's address, like https://example.org/atlas/, "
            f"got {address!r}; mend [site] address, or leave it empty"
        )
    return address.rstrip("/") + "/"


def root_of(path: str) -> str:
    """The relative address of the site's root from the page at `path`."""
    return "../" * path.count("/") or "./"


def make_frame(
    around: Surroundings,
    path: str,
    title: str,
    description: str,
    *,
    crumbs: tuple[Link, ...] = (),
    picture: str = "",
    picture_text: str = "",
    data: tuple[Link, ...] = (),
) -> Frame:
    """The frame of the page at `path`; `picture` is the path of the link preview's picture.

    `data` are the documents with what it shows, as the page sees them.
    """
    root = root_of(path)
    base = around.address or root
    return Frame(
        root=root,
        assets=root + around.assets,
        title=title,
        description=description,
        crumbs=crumbs,
        address=around.address + path if around.address else "",
        picture=base + picture if picture else "",
        picture_text=picture_text,
        data=data,
    )

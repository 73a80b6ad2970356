"""What a page knows of the site around it: addresses, and the frame made of them."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from diamond_cutter.build.pages.page_contexts import Frame, Link
from diamond_cutter.command.errors import UserError

NAME = "Diamond Cutter"
POLICY = (
    "default-src 'none'; img-src 'self'{pictures}; style-src 'self'; script-src 'self'; "
    "connect-src 'self'{pictures}; base-uri 'none'; form-action 'none'"
)
"""The Content-Security-Policy that every page carries: nothing from elsewhere but pictures, where
these lie there; nothing inline."""
_PLAIN = re.compile(r"https?://[\w.-]+(:\d+)?(/[^\s\"'<>]*)?", re.ASCII)
"""An address whose host a policy can name, and that is the same in every page."""


@dataclass(frozen=True)
class Surroundings:
    """What all pages share.

    address: full address of the site's root with a slash at the end; empty where it is not known.
    assets: path of the folder of style sheets and scripts, with a slash at the end.
    pictures: full address below which all pictures lie, with a slash at the end; empty where they
        lie beside the pages.
    """

    address: str
    assets: str
    pictures: str = ""

    @property
    def policy(self) -> str:
        """The Content-Security-Policy of pages: pictures' origin is the only other one."""
        parts = urlsplit(self.pictures)
        elsewhere = f" {parts.scheme}://{parts.netloc}" if self.pictures else ""
        return POLICY.format(pictures=elsewhere)


def checked_address(address: str) -> str:
    """The site's address as `Surroundings` has it; a `UserError` if it is none of the web."""
    if address and not _is_of_web(address):
        raise UserError(
            f"--address: expected the site's address, like https://example.org/atlas/, "
            f"got {address!r}; mend [site] address, or leave it empty"
        )
    return address and address.rstrip("/") + "/"


def checked_pictures_address(address: str) -> str:
    """The address of pictures as `Surroundings` has it; a `UserError` if it is none of the web."""
    if address and not (_is_of_web(address) and _PLAIN.fullmatch(address)):
        raise UserError(
            f"--pictures-address: expected where the site's pictures will lie, like "
            f"https://pictures.example.org/atlas/, got {address!r}; mend [site] pictures_address, "
            f"or leave it empty"
        )
    return address and address.rstrip("/") + "/"


def _is_of_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:  # half an IPv6 address
        return False
    is_of_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return is_of_web and not (parts.query or parts.fragment)


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
    base = around.pictures or around.address or root
    return Frame(
        policy=around.policy,
        root=root,
        pictures=around.pictures and around.pictures + path,
        assets=root + around.assets,
        title=title,
        description=description,
        crumbs=crumbs,
        address=around.address + path if around.address else "",
        picture=base + picture if picture else "",
        picture_text=picture_text,
        data=data,
    )

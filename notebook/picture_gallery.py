"""The pictures that a call has rendered, as a folder holds them."""

from dataclasses import dataclass
from pathlib import Path

from diamond_cutter.notebook import display_html

SIDE = 128
"""The width of a picture, in CSS pixels."""


@dataclass(frozen=True)
class PictureGallery:
    """Rendered pictures: PNG files, sorted by name."""

    paths: tuple[Path, ...]

    def __len__(self) -> int:
        """The pictures."""
        return len(self.paths)

    def _repr_html_(self) -> str:
        shown = (
            display_html.picture(display_html.decoded(path.read_bytes()), path.stem, SIDE)
            for path in self.paths
        )
        return display_html.block(display_html.pictures(shown))

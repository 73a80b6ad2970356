"""What displays in a notebook are made of: pictures, tables, the colours of its theme."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from diamond_cutter.build.page_text import shown
from diamond_cutter.build.tiles.channel_pictures import webp

STYLE = """
.diamond-cutter {
  --paper: var(--jp-layout-color0, var(--colab-primary-surface-color,
    var(--vscode-editor-background, Canvas)));
  --ink: currentColor;
  --quiet: color-mix(in srgb, currentColor 75%, transparent);
  --line: color-mix(in srgb, currentColor 20%, transparent);
  --accent: color-mix(in srgb, #0b9a86 70%, currentColor);
  --tint: color-mix(in srgb, #0b9a86 20%, transparent);
  .pictures { display: flex; flex-wrap: wrap; gap: 0.75rem; align-items: start; }
  figure { margin: 0; }
  figcaption { font-size: 0.85em; color: var(--quiet); }
  img { display: block; image-rendering: auto; max-width: 100%; }
  th, td { padding: 0.15rem 0.75rem 0.15rem 0; text-align: start; border: 0; background: none; }
  .number { text-align: end; font-variant-numeric: tabular-nums; }
}
"""
"""The colours of the notebook's theme, whichever it is: its own text and what is mixed of it."""


def block(*parts: str, style: str = STYLE) -> str:
    """A display made of parts that are HTML already."""
    return f'<div class="diamond-cutter"><style>{style}</style>{"".join(parts)}</div>'


def text(words: object) -> str:
    """Words of anybody's as HTML shows them: nothing in them is obeyed."""
    return f"<bdi>{escape(shown(str(words)))}</bdi>"


def heading(words: object) -> str:
    """A line above what follows."""
    return f"<p><strong>{text(words)}</strong></p>"


def paragraph(words: object) -> str:
    """A sentence or several."""
    return f"<p>{text(words)}</p>"


def picture(pixels: NDArray[np.uint8], caption: str, side: int) -> str:
    """Pixels, (H, W, 3 or 4) uint8 sRGB, `side` CSS pixels wide, with what they are."""
    address = f"data:image/webp;base64,{b64encode(webp(pixels)).decode()}"
    said = escape(shown(caption), quote=True)
    image = f'<img src="{address}" width="{side}" alt="{said}">'
    return f"<figure>{image}<figcaption>{text(caption)}</figcaption></figure>"


def pictures(figures: Iterable[str]) -> str:
    """Figures beside each other."""
    return f'<div class="pictures">{"".join(figures)}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A table; figures, all that is no text, stand to the right."""
    titles = "".join(f"<th>{text(title)}</th>" for title in head)
    lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{titles}</tr></thead><tbody>{lines}</tbody></table>"


def png(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels as a PNG file."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _cell(value: Any) -> str:
    return (
        f"<td>{text(value)}</td>" if isinstance(value, str) else f'<td class="number">{value}</td>'
    )


def decoded(file: bytes) -> NDArray[np.uint8]:
    """The pixels of a picture file, (H, W, 3) uint8 sRGB."""
    return np.asarray(Image.open(BytesIO(file)).convert("RGB"))

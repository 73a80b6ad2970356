"""What may be asked of maps, and how much is drawn for them. Loads no TensorFlow."""

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import ActivationAtlasSettings
from diamond_cutter.precompute.attribution.attribution_selection import photo_count

FEW = 200
"""Vectors below which there is no map: their neighbours would be chance."""
COARSEST = 4
"""Cells a side, at least."""
MOST_PARTS = 8
_PARTS = ((10_000, 1), (1_000, 2), (300, 3), (0, 4))
"""From so many photos on: parts a side of each, of which a vector is drawn."""


def check_activation_atlas(settings: ActivationAtlasSettings) -> None:
    """Raise `UserError` for settings that can't hold, before any work."""
    photo_count("photos", settings.photos, table="activation_atlas")
    for name, least, most in (("parts", 0, MOST_PARTS), ("grid", COARSEST, 320)):
        value = getattr(settings, name)
        if not least <= value <= most:
            raise UserError(
                f"activation_atlas: {name}: expected {least} to {most}, got {value}; mend the value"
            )
    if "none" in settings.layers and len(settings.layers) > 1:
        raise UserError(
            'activation_atlas: layers: expected "none" alone, or layers, got '
            f"{', '.join(settings.layers)}; leave out one or the other"
        )


def parts_of(photos: int, asked: int) -> int:
    """Into how many parts a side a photo is divided; 0: by how many photos there are."""
    return asked or next(parts for least, parts in _PARTS if photos >= least)

"""The time to spend: how it is written, and what still fits into it."""

import re

from diamond_cutter.command.errors import UserError

MARGIN = 1.25
"""How much longer than expected a unit may take; those that fit have this room."""


def parse_budget(text: str) -> float | None:
    """The seconds of "10m", "1h30m" or "90s"; None for an empty text. Raises `UserError`."""
    if not text.strip():
        return None
    match = re.fullmatch(r"\s*(?:([0-9]+)h)?\s*(?:([0-9]+)m)?\s*(?:([0-9]+)s)?\s*", text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    total = 3600 * hours + 60 * minutes + seconds
    if total == 0:
        raise UserError(
            f'budget: expected a time like "10m", "1h30m" or "90s", got {text!r}; mend the value'
        )
    return float(total)


def fits(expected: float | None, left: float | None) -> bool:
    """Whether a unit that takes `expected` seconds, if that is known, fits into those `left`."""
    return left is None or left > MARGIN * (expected or 0.0)

"""The time to spend: how it is written."""

import re

from diamond_cutter.command.errors import UserError


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

"""Classes renamed and merged, photos left out: what becomes of the settings that say so."""

import re
from collections.abc import Iterable, Mapping

from diamond_cutter.command.errors import UserError

LONGEST = 200
"""Letters of a class's name."""


def rename_changed(rename: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str] | None:
    """The setting `rename`, old name to new, once classes have got these names; None: none has.

    `names`: by the names that the photos have. Raises `UserError` for an empty or very long name.
    """
    changed = dict(rename)
    for old, new in names.items():
        name = " ".join(new.split())
        if not 0 < len(name) <= LONGEST:
            raise UserError(
                f"class {old[:60]!r}: expected a name of 1 to {LONGEST} letters, got {len(name)}; "
                "name it, or leave its photos out"
            )
        if name == old:
            changed.pop(old, None)
        else:
            changed[old] = name
    return changed or None


def leave_out_changed(
    leave_out: Iterable[str], out: Iterable[str], again: Iterable[str]
) -> list[str] | None:
    """The setting `leave_out` with the photos `out`, and without the entries `again`; None: empty.

    What stands for others in a pattern is written so that it stands for itself.
    """
    kept = [entry for entry in leave_out if entry not in set(again)]
    new = [re.sub(r"([*?[])", r"[\1]", path) for path in out]
    return list(dict.fromkeys([*kept, *new])) or None

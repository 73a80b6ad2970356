"""Tables as pandas has them, where it is installed."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from diamond_cutter.command.errors import UserError

if TYPE_CHECKING:
    from pandas import DataFrame


def frame(rows: Iterable[Mapping[str, Any]]) -> "DataFrame":
    """A table of rows, each by the names of its columns; a `UserError` where pandas is not."""
    return import_pandas().DataFrame(list(rows))


def import_pandas() -> Any:
    """The module; a `UserError` where it is not installed."""
    try:
        import pandas
    except ImportError as error:
        raise UserError(
            "tables need pandas, which is not installed; `pip install 'diamond-cutter[notebook]'`"
        ) from error
    return pandas

"""What pages send: JSON of a kind that is known."""

from typing import TypeVar

from flask import request

from diamond_cutter.command.errors import UserError
from diamond_cutter.command.structuring import MismatchError, structure

T = TypeVar("T")


def asked(kind: type[T]) -> T:
    """The content of the request. Raises `UserError` where it is of another kind."""
    try:
        return structure(request.get_json(), kind)
    except MismatchError as error:
        raise UserError(f"{request.path}: {error}; reload the page") from error

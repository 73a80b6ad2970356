"""The one error that a user can mend."""


class UserError(Exception):
    """Something the user can mend: one line that says what, where, expected, got and what to do.

    The entry point prints it without a traceback and exits with 2; every other exception is a bug
    and keeps its traceback.
    """

"""A command called from Python: its arguments as values, its settings as keywords."""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from diamond_cutter.command.configuration import listed_option
from diamond_cutter.command.main import INTERRUPTED, parse


class StoppedError(KeyboardInterrupt):
    """Work that was interrupted: IPython, which asks it what to show, gets one line."""

    def _render_traceback_(self) -> list[str]:
        return [INTERRUPTED]


@contextmanager
def stopped_in_a_line() -> Iterator[None]:
    """Let an interrupt say no more than that it was one."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError from None


def parse_call(command: str, *arguments: str, **settings: object) -> Namespace:
    """The options of a command, checked as those that are typed.

    A setting is the option of its name: True is one without a value, a list its texts with commas,
    a dict its pairs, None as if it was not given. Raises `UserError` as the command does.
    """
    return parse([command, *arguments, *_words(settings)])[1]


def run_command(command: str, *arguments: str, **settings: object) -> None:
    """Run a command; what it prints is printed. Raises `UserError` as the command does."""
    run, options = parse([command, *arguments, *_words(settings)])
    with stopped_in_a_line():
        run(options)


def _words(settings: dict[str, object]) -> list[str]:
    words = []
    for name, value in settings.items():
        option = f"--{name.rstrip('_').replace('_', '-')}"
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            words.append(f"{option}={_text(value)}")
    return words


def _text(value: object) -> str:
    if isinstance(value, dict):
        return listed_option(f"{old}={new}" for old, new in value.items())
    return listed_option(map(str, value)) if isinstance(value, list | tuple) else str(value)

"""The entry point of `diamond`: the list of commands, each loaded only when it is asked for."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import NoReturn

from diamond_cutter.command.configuration import share_models
from diamond_cutter.command.errors import UserError

COMMANDS = {
    "models": ("precompute.commands.models_command", "list the backbones"),
    "layers": ("precompute.commands.layers_command", "list the layers of a backbone"),
    "atlas": ("precompute.commands.atlas_command", "render what is missing in the atlas"),
    "render": (
        "precompute.commands.render_command",
        "make pictures of any units, without an atlas",
    ),
    "check-data": (
        "precompute.commands.check_data_command",
        "say what the dataset reader makes of every file",
    ),
    "study": (
        "precompute.commands.study_command",
        "train heads on every cut for your photos, and rank them",
    ),
    "export": (
        "precompute.commands.export_command",
        "write a cut network with its head to one file",
    ),
    "predict": (
        "precompute.commands.predict_command",
        "classify new photos by a study or an exported file",
    ),
    "try": (
        "precompute.commands.try_command",
        "say what a study takes new photos for, where, and by which channels",
    ),
    "save": (
        "precompute.commands.save_command",
        "write a backbone or its part to a file, for Keras or Lucid",
    ),
    "publish": (
        "precompute.commands.publish_command",
        "copy an atlas or studies to where others read them",
    ),
    "site": ("build.site_command", "write the site"),
    "serve": ("web.serve_command", "look at the site, on this machine only"),
    "workbench": (
        "web.workbench.workbench_command",
        "from photos to answer in the browser, on this machine only",
    ),
}
"""Command: (module below `diamond_cutter` with `configure(parser)` and `run(options)`, help)."""

INTERRUPTED = "diamond: interrupted; the same command goes on from here"


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UserError(f"{self.prog}: {message}; `{self.prog} --help` lists what it takes")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0: done, 2: the user can mend it (one line on standard error)."""
    if isinstance(sys.stdout, TextIOWrapper):  # a terminal that has no letter for it shows its code
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        run, options = parse(list(sys.argv[1:] if arguments is None else arguments))
        run(options)
    except UserError as error:
        print(f"diamond: {' '.join(str(error).split())}", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)  # noqa: T201
        return 130
    return 0


def parse(arguments: Sequence[str]) -> tuple[Callable[[Namespace], None], Namespace]:
    """What runs the command that the arguments name, and its options.

    The networks of the settings file are known from then on. Raises `UserError` for arguments that
    the command does not take, and for a file that cannot be read.
    """
    parser = _Parser(prog="diamond", description="Which pretrained CNN, cut at which layer?")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((argument for argument in arguments if not argument.startswith("-")), None)
    for name, (module_name, summary) in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            module = import_module(f"diamond_cutter.{module_name}")
            module.configure(command)
    options = parser.parse_args(arguments)
    if hasattr(options, "config"):
        share_models(options)
    module_name, _ = COMMANDS[options.command]
    return import_module(f"diamond_cutter.{module_name}").run, options


if __name__ == "__main__":
    sys.exit(main())

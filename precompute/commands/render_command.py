"""`diamond render MODEL [LAYER]`: pictures of any targets, without an atlas."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from rich.console import Console

from diamond_cutter.command.configuration import add_options, load
from diamond_cutter.command.errors import UserError
from diamond_cutter.command.settings import AtlasSettings
from diamond_cutter.precompute.jobs.display import StepProgress, open_display
from diamond_cutter.precompute.rendering.recipes import RECIPES


def configure(parser: ArgumentParser) -> None:
    """What to show, how, and where to."""
    parser.add_argument("model", metavar="MODEL", help="a name that `diamond models` lists")
    parser.add_argument(
        "layer", metavar="LAYER", nargs="?", default="", help="a name that `diamond layers` lists"
    )
    add_options(parser, AtlasSettings, only=("store",))
    what = parser.add_argument_group("what to show: one of these")
    what.add_argument("--channels", metavar="LIST", default="", help='of LAYER: "3,7,10-12", "all"')
    what.add_argument(
        "--classes",
        metavar="LIST",
        default="",
        help="class logits, by number or name: the backbone's own, or those of --head at LAYER",
    )
    what.add_argument(
        "--direction",
        metavar="FILE.npy",
        default="",
        help="weights (C,) or (N, C) of LAYER's channels, in natural standard deviations",
    )
    what.add_argument(
        "--everything", action="store_true", help="whatever excites LAYER as a whole (DeepDream)"
    )
    more = parser.add_argument_group("and how")
    more.add_argument(
        "--whiten",
        action="store_true",
        help="--direction by the inverse of the channels' natural covariance, which an atlas holds",
    )
    more.add_argument(
        "--at", metavar="DOWN,ACROSS", default="", help="read at one place of the picture, in 0..1"
    )
    more.add_argument("--negative", action="store_true", help="what makes it low")
    more.add_argument("--minus", metavar="LIST", default="", help="less other channels or classes")
    more.add_argument(
        "--toward", metavar="OTHER", default="", help="a path to another, in --stages"
    )
    more.add_argument("--stages", metavar="N", type=int, default=5, help="pictures on a path (5)")
    more.add_argument(
        "--variations", metavar="N", type=int, default=1, help="N different pictures of each"
    )
    more.add_argument("--transparent", action="store_true", help="clear where nothing is needed")
    more.add_argument("--head", metavar="FILE.npz", default="", help="weights (C, K) and bias (K,)")
    more.add_argument("--recipe", metavar="NAME", default="standard", help=", ".join(RECIPES))
    more.add_argument(
        "--renderer",
        metavar="NAME",
        default="diamond",
        help="diamond, or to compare with, each as it is known: lucid (`make lucid`), maco",
    )
    more.add_argument(
        "--seed", metavar="N", type=int, default=0, help="another, other pictures (0)"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        help="a folder for PNGs, or FILE.npz: images (N, S, S, 3) uint8, channels or classes (N,)",
    )


def run(options: Namespace) -> None:
    """Check everything, render what is missing, and say where it is."""
    names = render(options)
    said = "1 picture" if len(names) == 1 else f"{len(names)} pictures"
    print(f"{said} in {options.output}")  # noqa: T201


def render(options: Namespace) -> list[str]:
    """Check everything, and render what is missing; the names of the pictures in a folder."""
    if options.recipe not in RECIPES:
        known = ", ".join(repr(name) for name in RECIPES)
        raise UserError(
            f"--recipe: expected one of {known}, got {options.recipe!r}; mend the value"
        )
    for name, least in (("stages", 2), ("variations", 1), ("seed", 0)):
        if getattr(options, name) < least:
            raise UserError(
                f"--{name}: expected {least} or more, got {getattr(options, name)}; mend the value"
            )
    from diamond_cutter.precompute.backbones.catalogue import catalogue
    from diamond_cutter.precompute.rendering.backend.device import find_device
    from diamond_cutter.precompute.rendering.renderer_choice import NAMES, OWN
    from diamond_cutter.precompute.rendering.requests.picture_files import check_output, file_names
    from diamond_cutter.precompute.rendering.requests.render_output import Gallery
    from diamond_cutter.precompute.rendering.requests.render_request import Request, resolve

    words = {name: getattr(options, name) for name in Request.__dataclass_fields__}
    atlas = load(AtlasSettings, Namespace(config=options.config, store=options.store)).store
    request = Request(**{**words, "whiten": atlas if options.whiten else ""})
    if options.renderer not in NAMES:
        raise UserError(
            f"--renderer: expected one of {', '.join(NAMES)}, got {options.renderer!r}; mend the "
            "value"
        )
    backbone = catalogue.load(options.model)
    asked = resolve(request, backbone)
    output = Path(options.output)
    check_output(output)
    gallery = Gallery(
        backbone,
        asked,
        RECIPES[options.recipe],
        options.seed,
        transparent=options.transparent,
        renderer=options.renderer,
    )
    console = Console(stderr=True)
    if options.renderer == OWN:
        plan, _ = gallery.planned
        said = f"{find_device().describe()}: {plan.describe()}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    display = open_display(sys.stderr)
    show = StepProgress(display).progress("pictures")
    try:
        gallery.write(output, lambda done: show("rendering", done, len(asked.targets)))
    finally:
        display.close()
    return file_names(asked.targets)

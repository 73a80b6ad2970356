"""What `diamond render` is asked for, from words to targets."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.backbones.graph.backbone import Backbone
from diamond_cutter.precompute.backbones.graph.pretrained_head import classifier
from diamond_cutter.precompute.rendering import targets
from diamond_cutter.precompute.rendering.direction_whitening import stored_covariance, whiten
from diamond_cutter.precompute.rendering.requests.weight_files import read_directions, read_head
from diamond_cutter.precompute.rendering.target_readings import natural_units
from diamond_cutter.precompute.rendering.targets import Target
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer


@dataclass(frozen=True)
class Request:
    """The words of a request; what is empty is not asked for.

    layer: a name. channels, classes: lists such as "3,7,10-12"; classes also by name.
    direction: a .npy file, (C,) or (N, C); whiten: the atlas whose covariance whitens it.
    everything: the layer as a whole.
    head: a .npz file with weights (C, K), bias (K,) and perhaps names (K,).
    at: "DOWN,ACROSS". minus: channels or classes. toward: one. stages, variations: how many.
    """

    layer: str = ""
    channels: str = ""
    classes: str = ""
    direction: str = ""
    whiten: str = ""
    everything: bool = False
    head: str = ""
    at: str = ""
    minus: str = ""
    toward: str = ""
    stages: int = 5
    negative: bool = False
    variations: int = 1


@dataclass(frozen=True)
class Asked:
    """Units to be rendered, and the number of each one's channel or class (N,) if they have one.

    numbers_of: "channels", "classes" or "" for targets that are neither.
    """

    layer: Layer | None
    targets: list[Target]
    numbers_of: str
    numbers: NDArray[np.int64]


def resolve(request: Request, backbone: Backbone) -> Asked:
    """The targets that a request means. Raises `UserError` for what can't be asked."""
    kinds = {
        "--channels": request.channels,
        "--classes": request.classes,
        "--direction": request.direction,
        "--everything": request.everything,
    }
    given = [option for option, value in kinds.items() if value]
    if len(given) != 1:
        raise UserError(
            f"expected one of {', '.join(kinds)}, got {' and '.join(given) or 'none'}; "
            "`diamond render --help` tells what each shows"
        )
    if request.whiten and not request.direction:
        raise UserError(f"--whiten: expected with --direction, got {given[0]}; leave it out")
    if given[0] == "--classes":
        layer, find = _classes(request, backbone)
        numbers_of, words = "classes", request.classes
    else:
        layer = _layer(request, backbone)
        numbers_of, words = ("channels" if request.channels else ""), request.channels
        find = _channels(request, layer)
    if not words:
        found, numbers = _without_number(request, backbone, _required(layer)), []
    else:
        numbers = [number for number, _ in find(words)]
        found = [target for _, target in find(words)]
    made = [each for target in found for each in _derived(request, target, find if words else None)]
    times = len(made) // len(found)
    return Asked(layer, made, numbers_of, np.repeat(np.array(numbers, np.int64), times))


def numbers(text: str, count: int, what: str) -> list[int]:
    """The numbers of "3,7,10-12" or "all", below `count`, in the order given.

    Raises `UserError`; `what` names them: "channels of stem_activation".
    """
    if text.strip() == "all":
        return list(range(count))
    found: list[int] = []
    for part, meant in targets.number_ranges(text):
        if not meant or meant[-1] >= count:
            raise UserError(
                f'{what}: expected numbers of 0 to {count - 1} like "3,7,10-12", got {part!r}; '
                "mend the list"
            )
        found.extend(meant)
    return found


_Find = Callable[[str], list[tuple[int, Target]]]


def _layer(request: Request, backbone: Backbone) -> Layer:
    if not request.layer:
        raise UserError(
            f"expected a LAYER of {backbone.name}, got none; `diamond layers {backbone.name}` "
            "lists them"
        )
    return backbone.layer(request.layer)


def _required(layer: Layer | None) -> Layer:
    if layer is None:
        raise ValueError("expected a layer")
    return layer


def _channels(request: Request, layer: Layer) -> _Find:
    place = _place(request.at)

    def find(text: str) -> list[tuple[int, Target]]:
        asked = numbers(text, layer.channels, f"channels of {layer.name}")
        if place is None:
            return [(number, targets.channel(layer, number)) for number in asked]
        return [(number, targets.neuron(layer, number, place)) for number in asked]

    return find


def _classes(request: Request, backbone: Backbone) -> tuple[Layer | None, _Find]:
    if request.at:
        raise UserError(
            "--at: expected with --channels or --everything, got --classes; leave it out"
        )
    if request.head:
        layer: Layer | None = _layer(request, backbone)
        weights, bias, names = read_head(Path(request.head), _required(layer))
    elif request.layer:
        raise UserError(
            f"--classes at {request.layer}: expected --head FILE.npz with the weights of a head "
            "there; leave LAYER out for the backbone's own classes"
        )
    else:
        own = classifier(backbone)
        layer, weights, bias, names = None, own.weights, own.bias, backbone.class_names

    def find(text: str) -> list[tuple[int, Target]]:
        asked = _class_numbers(text, weights.shape[1], names)
        return list(zip(asked, targets.class_logits(weights, bias, asked, names), strict=True))

    return layer, find


def _class_numbers(text: str, count: int, names: Sequence[str] | None) -> list[int]:
    """Numbers and names, mixed; a name may hold a comma if it is the only one."""
    known = {name.casefold(): number for number, name in reversed(list(enumerate(names or ())))}
    if text.strip().casefold() in known:
        return [known[text.strip().casefold()]]
    found: list[int] = []
    for part in text.split(","):
        name = part.strip().casefold()
        if name in known:
            found.append(known[name])
        elif re.fullmatch(r"all|[\d\s-]+", name):
            found.extend(numbers(part, count, "classes"))
        else:
            near = get_close_matches(name, known, n=1)
            hint = f" (did you mean {(names or ())[known[near[0]]]!r}?)" if near else ""
            raise UserError(
                f"classes: expected numbers of 0 to {count - 1} or names of classes, got "
                f"{part.strip()!r}{hint}; mend the list"
            )
    return found


def _without_number(request: Request, backbone: Backbone, layer: Layer) -> list[Target]:
    place = _place(request.at)
    if request.everything:
        return [targets.whole_layer(layer) if place is None else targets.position(layer, place)]
    path = Path(request.direction)
    found = [
        targets.direction(layer, row, f"{path.stem} {number}")
        for number, row in enumerate(read_directions(path, layer))
    ]
    if request.whiten:
        found = _whitened(found, request.whiten, backbone, layer)
    return found if place is None else [targets.at(target, place) for target in found]


def _whitened(found: list[Target], atlas: str, backbone: Backbone, layer: Layer) -> list[Target]:
    covariance = stored_covariance(atlas, backbone.network, layer)
    [(_, spread)] = natural_units(backbone, [layer])
    weights = whiten([target.weights for target in found], covariance, spread)
    return [
        targets.direction(layer, row, target.name)
        for row, target in zip(weights, found, strict=True)
    ]


def _place(text: str) -> tuple[float, float] | None:
    if not text:
        return None
    try:
        down, across = (float(part) for part in text.split(","))
    except ValueError:
        down = across = -1.0
    if not (0 <= down <= 1 and 0 <= across <= 1):
        raise UserError(
            f'--at: expected "DOWN,ACROSS" in 0..1 of the picture, like "0.5,0.5", got {text!r}; '
            "mend the value"
        )
    return down, across


def _derived(request: Request, target: Target, find: _Find | None) -> list[Target]:
    """What a target becomes by --minus, --negative, --toward and --variations."""
    try:
        if request.minus:
            target = targets.difference(target, *_others(find, request.minus, "--minus"))
        if request.negative:
            target = targets.opposite(target)
        path = [target]
        if request.toward:
            other, *more = _others(find, request.toward, "--toward")
            if more:
                raise UserError(f"--toward: expected one, got {request.toward!r}; name one")
            shares = np.linspace(0, 1, max(request.stages, 2))
            path = [targets.blend(target, other, float(share)) for share in shares]
    except ValueError as error:
        raise UserError(f"{error}; ask for another pair") from error
    if request.variations == 1:
        return path
    return [each for step in path for each in targets.variations(step, request.variations)]


def _others(find: _Find | None, text: str, option: str) -> list[Target]:
    if find is None:
        raise UserError(f"{option}: expected with --channels or --classes; leave it out")
    return [target for _, target in find(text)]

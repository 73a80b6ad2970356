"""A published atlas as a base: what it holds of the same weights and recipe is taken from there.

It is copied into the atlas of one's own, as if it had been rendered there: that is the cache on
disk, in which nothing is asked for twice, and everything else reads one store as before.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import zarr

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.activation_statistics import (
    DIGITS,
    natural_group,
    photos_name,
    read_photo_pictures,
)
from diamond_cutter.precompute.stores.atlas.atlas_layout import read_model, read_weights
from diamond_cutter.precompute.stores.atlas.atlas_writer import (
    check_model,
    prepare_model,
    write_photo_pictures,
)
from diamond_cutter.precompute.stores.atlas.model_list import NAME as CATALOGUE
from diamond_cutter.precompute.stores.published.base_layer import (
    OtherRecipeError,
    Wish,
    take_layer,
)
from diamond_cutter.precompute.stores.published.channel_tables import open_joined
from diamond_cutter.precompute.stores.published.published_layout import KIND, published_name
from diamond_cutter.precompute.stores.published.verified_objects import (
    BaseError,
    DamagedError,
    VerifiedObjects,
)
from diamond_cutter.precompute.stores.published.verified_store import VerifiedStore
from diamond_cutter.precompute.stores.store_address import DAMAGE, array, subgroup

_PHOTOS = 64
"""Photos that are read at once."""


@dataclass
class Taken:
    """What came of a base: pictures by model, and what was wrong with it.

    objects: what it holds, with what was asked of its host; None where that told nothing.
    """

    address: str
    objects: VerifiedObjects | None
    pictures: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def models(self) -> list[str]:
        """The models that it holds, by name."""
        return [] if self.objects is None else sorted(self.objects.manifest.models)

    def holds(self, models: Iterable[str]) -> bool:
        """Whether it holds any of these models."""
        return not set(self.models).isdisjoint(models)

    def describe(self) -> list[str]:
        """Lines for whoever asked: what was taken, and what was not and why; none for nothing."""
        found = []
        taken = ", ".join(f"{n:,} of {name}" for name, n in self.pictures.items() if n)
        if taken and self.objects is not None:
            cost = f"{self.objects.requests:,} requests, {self.objects.received / 1e6:,.1f} MB"
            found.append(f"base {self.address}: pictures taken, {taken} ({cost})")
        if self.problems:
            more = f" (and {len(self.problems) - 1} more)" if len(self.problems) > 1 else ""
            found.append(
                f"base {self.address}: {self.problems[0]}{more}; going on without what it lacks"
            )
        return found


def open_bases(addresses: Iterable[str]) -> list[Taken]:
    """Read what bases say that they hold; what is wrong with one is in it, and never raised."""
    found = []
    for address in addresses:
        try:
            found.append(Taken(address, VerifiedObjects(address, KIND)))
        except BaseError as error:
            found.append(Taken(address, None, problems=[str(error)]))
    return found


def take_from_bases(bases: Iterable[Taken], atlas: zarr.Group, wishes: Sequence[Wish]) -> None:
    """Copy into an atlas what it lacks of what is wanted, from one base after the other.

    A base that is away, slow, damaged, or of other weights, is told of in it, and never raised.
    """
    for taken in bases:
        if taken.objects is None or not taken.holds([wish.model for wish in wishes]):
            continue
        try:
            base = zarr.open_group(VerifiedStore(taken.objects), mode="r")
            for wish in wishes:
                if wish.model in taken.models:
                    _take_model(base, atlas, wish, taken)
            _take_list(base, atlas)
        except BaseError as error:
            taken.problems.append(str(error))
        except DAMAGE as error:
            taken.problems.append(f"expected what its manifest says, got {error!r}")


def _take_model(base: zarr.Group, atlas: zarr.Group, wish: Wish, taken: Taken) -> None:
    group = subgroup(base, wish.model)
    weights = read_weights(group)
    here = read_weights(subgroup(atlas, wish.model)) if wish.model in atlas else ""
    if weights != (wish.weights_digest or here or weights):
        taken.problems.append(f"its {wish.model} is of other weights")
        return
    model, layers = read_model(group)
    try:
        check_model(atlas, model, layers)
    except UserError:
        taken.problems.append(f"its {wish.model} has other layers")
        return
    target = (
        subgroup(atlas, wish.model)
        if wish.model in atlas
        else prepare_model(atlas, model, layers, weights)
    )
    source = open_joined(group)
    for layer in layers:
        if layer.name not in (source.records if wish.channels is None else wish.channels):
            continue
        try:
            count = take_layer(source, layer, target, wish)
        except DamagedError as error:
            taken.problems.append(str(error))
        except OtherRecipeError as error:
            taken.problems.append(f"its {wish.model}/{layer.name} was {error}")
        else:
            taken.pictures[wish.model] = taken.pictures.get(wish.model, 0) + count
    try:
        _take_photos(base, atlas, target)
    except DamagedError as error:
        taken.problems.append(str(error))


def _take_photos(base: zarr.Group, atlas: zarr.Group, model: zarr.Group) -> None:
    """Copy the photos of a model's natural statistics, where an atlas lacks them."""
    natural = [natural_group(layer) for _, layer in model.groups()]
    digests = {str(each.attrs["digest"]) for each in natural if each and each.attrs["paths"]}
    for digest in sorted(digests):
        name = published_name(photos_name(digest))
        if digest[:DIGITS] not in read_photo_pictures(atlas) and name in base:
            stored = array(base, name)
            photos = (
                photo
                for start in range(0, stored.shape[0], _PHOTOS)
                for photo in np.asarray(stored[start : start + _PHOTOS], np.uint8)
            )
            write_photo_pictures(atlas, digest, photos, stored.shape[0])


def _take_list(base: zarr.Group, atlas: zarr.Group) -> None:
    """Copy the list of all models, where an atlas has none."""
    name = published_name(CATALOGUE)
    if CATALOGUE not in atlas and name in base:
        attributes = array(base, name).attrs.asdict()
        atlas.create_array(CATALOGUE, shape=(0,), dtype="uint8", attributes=attributes)

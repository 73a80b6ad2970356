"""A store published: each of its objects made, and sent where it is not there yet."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import zarr

from diamond_cutter.command.errors import UserError
from diamond_cutter.precompute.stores.atlas.activation_statistics import PHOTOS
from diamond_cutter.precompute.stores.atlas.atlas_layout import read_model, read_weights
from diamond_cutter.precompute.stores.atlas.model_list import NAME as CATALOGUE
from diamond_cutter.precompute.stores.format_version import VERSIONS, check_format
from diamond_cutter.precompute.stores.published.channel_tables import (
    IMAGES,
    Rows,
    joined_arrays,
    layer_rows,
)
from diamond_cutter.precompute.stores.published.object_encoding import (
    PublishedArray,
    encode_array,
    encode_group,
    group_metadata,
    of_stored,
)
from diamond_cutter.precompute.stores.published.publication_target import PublicationTarget
from diamond_cutter.precompute.stores.published.published_layout import (
    KIND,
    dimension_names,
    published_name,
)
from diamond_cutter.precompute.stores.published.published_manifest import (
    BLOCK,
    Manifest,
    PublishedObject,
)
from diamond_cutter.precompute.stores.store_address import array

_LOT = 32 << 20
"""Bytes that are sent together, at least, and then noted as sent."""
_MOST = 200
"""Objects that are, at most."""

Report = Callable[[str, int], None]
"""Told the last object that was made, and how many bytes have been sent."""


@dataclass
class Publication:
    """What a run has done: objects in all and their bytes, those that it sent; and the manifest."""

    manifest: Manifest
    sent: int = 0
    sent_bytes: int = 0

    @property
    def size(self) -> int:
        """The bytes of all objects."""
        return sum(each.size for each in self.manifest.objects.values())


@dataclass
class _Sending:
    """Objects on their way to a target, lot by lot."""

    target: PublicationTarget
    report: Report
    objects: dict[str, PublishedObject] = field(default_factory=dict)
    lot: dict[str, bytes] = field(default_factory=dict)
    sent: int = 0
    sent_bytes: int = 0

    def add(self, path: str, content: bytes) -> None:
        """Send an object, with others, unless it is there as it is."""
        described = self.objects[path] = PublishedObject.of(content)
        if self.target.there.get(path) != described:
            self.lot[path] = content
        if len(self.lot) >= _MOST or sum(map(len, self.lot.values())) >= _LOT:
            self.flush()
        self.report(path, self.sent_bytes)

    def flush(self) -> None:
        """Send what waits."""
        if self.lot:
            self.target.send(self.lot, {path: self.objects[path] for path in self.lot})
            self.sent += len(self.lot)
            self.sent_bytes += sum(map(len, self.lot.values()))
            self.lot = {}


def publish_store(
    source: zarr.Group, address: str, licence: str, report: Report = lambda *_: None
) -> Publication:
    """Publish an atlas or a store of studies at any fsspec address that takes files.

    What is there and unchanged is not sent again; what a kill left off goes on from there. The
    manifest comes last. Raises `UserError` for what lies there and is something else, for a store
    that cannot be published, and for an address that cannot be written to.
    """
    attributes = source.attrs.asdict()
    if attributes.get("kind") == "atlas":
        check_format(attributes, "atlas", str(source.store))
        attributes = {"kind": KIND, "format_version": VERSIONS[KIND]}
        arrays, groups = _atlas_arrays(source), _atlas_groups(source)
        models = {name: _made(model) for name, model in sorted(source.groups())}
    else:
        check_format(attributes, "study", str(source.store))
        members = sorted(source.members(max_depth=None))
        groups = {
            path: each.attrs.asdict() for path, each in members if isinstance(each, zarr.Group)
        }
        arrays, models = _study_arrays(members), {}
    sending = _Sending(PublicationTarget(address, str(attributes["kind"])), report)
    nodes: dict[str, dict[str, Any]] = {
        path: group_metadata(inside) for path, inside in groups.items()
    }
    for each in arrays:
        if each.path in nodes:
            raise UserError(
                f"{each.path}: expected no layer of the name of an array of its model, got one; "
                "rename the layer in the network, and render it anew"
            )
        for path, content in encode_array(each):
            sending.add(path, content)
        nodes[each.path] = json.loads(content)
    for path, inside in groups.items():
        sending.add(*encode_group(path, inside, nodes))
    root = encode_group("", attributes, nodes)
    sending.flush()
    sending.target.prune({*sending.objects, root[0]})
    sending.add(*root)
    sending.flush()
    made_by = {name: version(name) for name in ("diamond-cutter", "zarr")}
    kind, number = str(attributes["kind"]), VERSIONS[str(attributes["kind"])]
    manifest = Manifest(kind, number, licence, made_by, models, BLOCK, sending.objects)
    sending.target.finish(manifest)
    return Publication(manifest, sending.sent, sending.sent_bytes)


def _atlas_arrays(atlas: zarr.Group) -> Iterator[PublishedArray]:
    """The arrays of a published atlas; `level`, which tells what is there, before images."""
    for name, model in sorted(atlas.groups()):
        layers = _layers(model)
        yield from joined_arrays(name, layers)
        for rows in layers:
            images = array(rows.group, IMAGES)
            path = f"{name}/{rows.name}/{IMAGES}"
            yield of_stored(path, images, dimension_names(IMAGES, images.ndim))
    for name, stored in sorted(atlas.arrays()):
        if name == CATALOGUE or name.startswith(PHOTOS):
            shown = published_name(name)
            yield of_stored(shown, stored, dimension_names(shown, stored.ndim))


def _atlas_groups(atlas: zarr.Group) -> dict[str, dict[str, Any]]:
    """The attributes of the groups of a published atlas by path, but for the root's."""
    found = {}
    for name, model in sorted(atlas.groups()):
        found[name] = model.attrs.asdict()
        for rows in _layers(model):
            found[f"{name}/{rows.name}"] = rows.group.attrs.asdict()
    return found


def _study_arrays(members: Iterable[tuple[str, Any]]) -> Iterator[PublishedArray]:
    for path, stored in members:
        if isinstance(stored, zarr.Array):
            yield of_stored(path, stored, dimension_names(path, stored.ndim))


def _layers(model: zarr.Group) -> list[Rows]:
    return layer_rows(model, read_model(model)[1])


def _made(model: zarr.Group) -> dict[str, Any]:
    """How a model's pictures were made, as the manifest tells it."""
    layers = _layers(model)
    attributes: list[dict[str, Any]] = [rows.group.attrs.asdict() for rows in layers]
    recipes = [recipe for each in attributes for recipe in each["recipes"].values()]
    return {
        "weights": read_weights(model),
        "licence": read_model(model)[0].licence,
        "recipes": {recipe["name"]: recipe["version"] for recipe in recipes},
        "seed": attributes[0]["seed"] if attributes else None,
        "layers": len(layers),
        "channels": sum(rows.count for rows in layers),
    }

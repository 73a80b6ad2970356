"""The circuits of a layer as the site reads them: what it is made of, and what it feeds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diamond_cutter.build.rendered_atlas import ModelAtlas, RenderedLayer
from diamond_cutter.build.stored_layer import damaged, reading
from diamond_cutter.precompute.stores.atlas.atlas_layout import Layer
from diamond_cutter.precompute.stores.atlas.circuit_layout import (
    ARRAYS,
    NAME,
    Circuit,
    read_circuit,
    source_of,
)


@dataclass(frozen=True, eq=False)
class LayerCircuits:
    """The weights of a layer on both sides; None where the atlas has none.

    made_of: from `source`, the cut before it. feeds: of a cut, to `target`, the next one.
    """

    source: Layer | None
    made_of: Circuit | None
    target: Layer | None
    feeds: Circuit | None

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """All that they are made of, by name, to be told from what was before."""
        for side, circuit in (("made of", self.made_of), ("feeds", self.feeds)):
            if circuit is None:
                continue
            facts = (circuit.source, circuit.offset, circuit.stride, circuit.is_linear)
            yield (
                side,
                repr((*facts, circuit.agreement, circuit.has_skip, circuit.depthwise)).encode(),
            )
            for name in ARRAYS:
                values = getattr(circuit, name)
                yield f"{side} {name} {values.shape}", values.tobytes()


def layer_circuits(model: ModelAtlas, layer: RenderedLayer) -> LayerCircuits:
    """The circuits of a layer of a model; a `UserError` if they are not what the contract says."""
    layers = list(model.layers)
    source = source_of(layers, layer.layer)
    cuts = (other for other in layers if other.is_cut and other.index > layer.layer.index)
    target = next(cuts, None) if layer.layer.is_cut else None
    behind = next((other for other in model.rendered if other.layer == target), None)
    return LayerCircuits(
        source,
        None if source is None else _read(layer, source),
        target,
        None if behind is None else _read(behind, layer.layer),
    )


def _read(layer: RenderedLayer, source: Layer) -> Circuit | None:
    where = f"{layer.model}/{layer.layer.name}/{NAME}"
    with reading(where, "weights from the cut before"):
        circuit = read_circuit(layer.stored.group, layer.layer.channels)
    if circuit is None:
        return None
    shape = (source.channels, layer.layer.channels)
    if (circuit.source, circuit.weight.shape) != (source.name, shape):
        raise damaged(
            where, f"{shape} weights from {source.name}", f"{circuit.weight.shape} {circuit.source}"
        )
    if not all(np.isfinite(getattr(circuit, name)).all() for name in ARRAYS if name != "skip"):
        raise damaged(where, "finite weights", "others")
    return circuit

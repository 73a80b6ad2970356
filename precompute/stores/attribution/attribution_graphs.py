"""Attribution graphs in the store of studies: their layout, how they are written and read.

A graph says by which channels of a few layers a cut comes to a class, from shallow to deep::

    <store>/<study>/<slot>/attribution/<model>/<cut>/graphs
                                attributes: layers (L names in depth order, the last the cut);
                                absent where no graphs were asked for
        classes, photos         see `AttributionGraphs`: of classes over their photos, and of photos
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.store_address import array, subgroup

_ROOT = "graphs"


@dataclass(frozen=True, eq=False)
class AttributionGraphs:
    """G graphs of a cut, of M nodes in each of L layers; means over photos where they are several.

    What a channel gives to a class: the departure of its activation from its mean over all
    explained photos and places, times the gradient of the logit, summed over places; in logits.

    label     (G,) int32: the classes, by index
    photo     (G,) int32: the photos, by index; -1 in graphs of classes
    photos    (G,) int32: over how many
    node      (G, L, M) int32: channels of each layer, those that give most, for or against, from
              the most for the class to the most against it; -1 fills up
    value     (G, L, M) float32: what each gives
    whole     (G, L) float32: what all channels of the layer give, for and against added up
    edge      (G, L - 1, M, M) float32: what of that goes from a node (third axis) by a node of the
              next layer (fourth axis)
    reaching  (G, L - 1, M) float32: what goes by that node of the next layer from all channels of
              the layer, for and against added up
    """

    label: NDArray[np.int32]
    photo: NDArray[np.int32]
    photos: NDArray[np.int32]
    node: NDArray[np.int32]
    value: NDArray[np.float32]
    whole: NDArray[np.float32]
    edge: NDArray[np.float32]
    reaching: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class CutGraphs:
    """The graphs of a cut: `layers` by name; of classes, and of photos."""

    layers: list[str]
    classes: AttributionGraphs
    photos: AttributionGraphs


def write_graphs(cut: zarr.Group, graphs: CutGraphs) -> None:
    """Store the graphs of a cut, whose group in the slot is `cut`."""
    for name in ("classes", "photos"):
        attribution_writer.write_table(cut, f"{_ROOT}/{name}", getattr(graphs, name))
    subgroup(cut, _ROOT).attrs.put({"layers": graphs.layers})


def read_graphs(cut: zarr.Group) -> CutGraphs | None:
    """The graphs of a cut, whose group in the slot is `cut`; None where none were asked for."""
    if _ROOT not in cut:
        return None
    attributes: dict[str, Any] = subgroup(cut, _ROOT).attrs.asdict()
    return CutGraphs(attributes["layers"], _read(cut, "classes"), _read(cut, "photos"))


def _read(cut: zarr.Group, name: str) -> AttributionGraphs:
    found = {
        field.name: np.asarray(array(cut, f"{_ROOT}/{name}/{field.name}")[:])
        for field in fields(AttributionGraphs)
    }
    return AttributionGraphs(**found)

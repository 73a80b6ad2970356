"""What a worker does for a map: pass some photos through a network, and store the vectors drawn."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diamond_cutter.precompute.attribution.attribution_task import PhotoTask, row_batches
from diamond_cutter.precompute.jobs.task import failures_told
from diamond_cutter.precompute.photos.photo import Photo, read_image
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

if TYPE_CHECKING:
    from diamond_cutter.precompute.activation_atlas.activation_sampler import ActivationSampler

DRAWN = 1
"""Of what is drawn: raised when the same photo and request give other vectors."""


@dataclass(frozen=True)
class SampleRequest:
    """What is drawn of a cut's photos: see `ActivationSampler`. `seed`: of the places."""

    network: Network
    layers: tuple[str, ...]
    pooling: str
    parts: int
    seed: int

    @property
    def cut(self) -> str:
        """The cut's name."""
        return self.layers[-1]


def store_samples(address: str, threads: int, task: PhotoTask) -> None:  # noqa: ARG001
    """Make a task's part in the store at `address`; raises as `store_attribution` does."""
    from diamond_cutter.precompute.attribution.attributor import BATCH
    from diamond_cutter.precompute.backbones.formats.photo_input import prepare

    with failures_told(task, address):
        sampler = _sampler(task.request)
        arrays: dict[str, list[NDArray[Any]]] = {}
        for batch in row_batches(task.rows, BATCH):
            images = np.stack([prepare(read_image(row.photo), sampler.size) for row in batch])
            labels = np.array([row.label for row in batch])
            draws = np.stack([draw_places(row.photo, task.request) for row in batch])
            classes, found = sampler.sample(images, labels, task.heads[batch[0].head], draws)
            arrays.setdefault("classes", []).append(classes)
            for layer, sample in found.items():
                for name, values in vars(sample).items():
                    arrays.setdefault(f"{layer}-{name}", []).append(values)
        study = subgroup(open_store(address, "r+"), task.study)
        joined = {name: np.concatenate(values) for name, values in arrays.items()}
        attribution_writer.write_arrays(study, task.namespace, task.part, task.keys, joined)


def draw_places(photo: Photo, request: SampleRequest) -> NDArray[np.float64]:
    """Where in its part each place of a photo is drawn, (parts * parts, 2), by its content."""
    generator = np.random.default_rng([request.seed, int(photo.digest[:16], 16)])
    return generator.random((request.parts**2, 2))


@lru_cache(maxsize=1)
def _sampler(request: SampleRequest) -> "ActivationSampler":
    """What this worker draws with; its graph goes when it moves on."""
    from diamond_cutter.precompute.activation_atlas.activation_sampler import ActivationSampler
    from diamond_cutter.precompute.backbones.catalogue import catalogue

    backbone = catalogue.load_network(request.network)
    return ActivationSampler(backbone, request.layers, request.pooling, request.parts)

"""What a worker does: question a cut network about some photos, and store the answers."""

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from functools import lru_cache
from io import BytesIO
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from threadpoolctl import threadpool_limits

from diamond_cutter.precompute.attribution.neuron_groups import attribute, factorize
from diamond_cutter.precompute.jobs.task import PassTask, failures_told
from diamond_cutter.precompute.photos.photo import Photo, read_image
from diamond_cutter.precompute.stores.attribution import attribution_writer
from diamond_cutter.precompute.stores.attribution.attribution_layout import LayerView
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.shards import key_of
from diamond_cutter.precompute.stores.store_address import subgroup
from diamond_cutter.precompute.stores.store_opening import open_store

if TYPE_CHECKING:
    from diamond_cutter.precompute.attribution.attributor import Answer, Attributor
    from diamond_cutter.precompute.attribution.cut_to_explain import Dense

QUALITY = 80
"""Of the photos' pictures, as WebP has it."""
FINER = 2
"""How much finer than the network's input they are."""
SEEN = 64
"""Photos that are kept as they were seen: more than a study explains unless asked, for its classes'
groups and for other cuts of a backbone. At 224 pixels they take 40 MB."""


class PhotoRow(NamedTuple):
    """A photo, its class, -1 for none, and the head that did not see it, by index.

    `nodes`: where a graph is asked for, the channels of each of its layers; empty: the photo's own.
    """

    photo: Photo
    label: int
    head: int
    nodes: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class AttributionRequest:
    """What is asked of a cut, the same for all its photos.

    network, layers: the backbone, and its layers in depth order, the last of them the cut.
    pooling, steps: as `Attributor` takes them. groups: how many.
    """

    network: Network
    layers: tuple[str, ...]
    pooling: str
    steps: int
    groups: int

    @property
    def cut(self) -> str:
        """The cut's name."""
        return self.layers[-1]


@dataclass(frozen=True)
class PhotoTask(PassTask):
    """What one task makes: a part.

    request: what is asked, a dataclass with `network`, `layers` and `cut`, as `AttributionRequest`.
    study, namespace, part: where it is stored, by name. keys: of the rows; those of one head stand
    together.
    """

    request: Any
    study: str
    namespace: str
    part: str
    keys: tuple[str, ...]
    rows: tuple[PhotoRow, ...] = field(compare=False)
    heads: "Sequence[Dense]" = field(compare=False)

    @property
    def group(self) -> tuple[str, str]:
        """The backbone and the cut."""
        return (self.request.network.name, self.request.cut)

    @property
    def where(self) -> str:
        """The task as messages name it."""
        first, last = self.rows[0].photo.path, self.rows[-1].photo.path
        return f"{self.request.network.name} {self.request.cut} photos {first} to {last}"


def head_digest(head: "Dense") -> str:
    """What tells a head from others, in hex."""
    digest = hashlib.sha256()
    for weight, bias in head:
        digest.update(np.ascontiguousarray(weight).tobytes())
        digest.update(np.ascontiguousarray(bias).tobytes())
    return digest.hexdigest()


def row_key(row: PhotoRow, digest: str) -> str:
    """What a row is made of: photo, class, the head's digest, and the nodes, where there are."""
    return key_of([row.photo.digest, row.label, digest, *row.nodes])


def store_attribution(address: str, threads: int, task: PhotoTask) -> None:
    """Make a task's part in the store at `address`; `threads` prepare photos and find groups.

    Raises `TaskError` if this task fails, `HitsEverythingError` if all others would.
    """
    with failures_told(task, address):
        logits, pictures = [], []
        views: dict[str, list[LayerView]] = {layer: [] for layer in task.request.layers}
        places = {}
        with ThreadPoolExecutor(threads) as pool:
            for logit, answers, seen in ask_all(task.request, task.rows, task.heads, threads):
                logits.append(logit)
                pictures += seen
                for layer, answer in answers.items():
                    views[layer].append(describe_answer(answer, task.request.groups, pool))
                    places[layer] = answer.places
        study = subgroup(open_store(address, "r+"), task.study)
        attribution_writer.write_shard(
            study,
            task.namespace,
            task.part,
            task.keys,
            np.concatenate(logits),
            pictures,
            {layer: _joined(several) for layer, several in views.items()},
            places,
        )


def ask_all(
    request: AttributionRequest, rows: Sequence[PhotoRow], heads: "Sequence[Dense]", threads: int
) -> Iterator[tuple[NDArray[np.float32], dict[str, "Answer"], list[bytes]]]:
    """Ask about rows, of which those of one head stand together, batch by batch.

    Logits and answers as `Attributor` gives them, and the pictures; `threads` prepare photos.
    """
    from diamond_cutter.precompute.attribution.attributor import BATCH

    attributor = _attributor(request)
    with ThreadPoolExecutor(threads) as pool:
        for batch in row_batches(rows, BATCH):
            seen = list(pool.map(lambda row: see(row.photo, attributor.size), batch))
            images = np.stack([image for image, _ in seen])
            labels = np.array([row.label for row in batch])
            logit, answers = attributor.ask(images, labels, heads[batch[0].head])
            yield logit, answers, [picture for _, picture in seen]


def row_batches(rows: Sequence[PhotoRow], most: int) -> Iterator[list[PhotoRow]]:
    """Rows of one head, `most` at most."""
    for _, alike in groupby(rows, lambda row: row.head):
        together = list(alike)
        yield from (together[start : start + most] for start in range(0, len(together), most))


@lru_cache(maxsize=SEEN)
def see(photo: Photo, size: int) -> tuple[NDArray[np.float32], bytes]:
    """A photo as a network of that input size takes it, and its picture, `FINER`, as WebP."""
    return seen_image(read_image(photo), size)


def seen_image(image: NDArray[np.uint8], size: int) -> tuple[NDArray[np.float32], bytes]:
    """As `see`, of a photo that is decoded, (H, W, 3) sRGB."""
    from diamond_cutter.precompute.backbones.formats.photo_input import prepare

    finer = np.rint(prepare(image, FINER * size) * 255).astype(np.uint8)
    written = BytesIO()
    Image.fromarray(finer).save(written, "WEBP", quality=QUALITY)
    return prepare(image, size), written.getvalue()


def describe_answer(answer: "Answer", groups: int, pool: ThreadPoolExecutor) -> LayerView:
    """What is stored of an answer, with the neuron groups of each photo."""
    count, rows, columns, channels = answer.activation.shape
    cells = answer.activation.reshape(count, -1, channels)
    shares = answer.attribution.reshape(count, -1, rows * columns, channels)
    with threadpool_limits(1, "blas"):  # the products are too small to be worth sharing
        found = list(pool.map(lambda each: factorize(each, groups), cells))
        values = [
            attribute(where, direction, each, share)
            for (where, direction), each, share in zip(found, cells, shares, strict=True)
        ]
    maps = np.stack([where for where, _ in found]).transpose(0, 2, 1)
    return LayerView(
        **answer.arrays,
        group_map=maps.reshape(count, groups, rows, columns),
        group_direction=np.stack([direction for _, direction in found]),
        group_value=np.stack(values),
    )


def _joined(views: Sequence[LayerView]) -> LayerView:
    def join() -> Iterator[NDArray[np.generic]]:
        for each in fields(LayerView):
            yield np.concatenate([getattr(view, each.name) for view in views])

    return LayerView(*join())  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def _attributor(request: AttributionRequest) -> "Attributor":
    """What this worker asks with; its graph goes when it moves on."""
    from diamond_cutter.precompute.attribution.attributor import Attributor
    from diamond_cutter.precompute.backbones.catalogue import catalogue

    backbone = catalogue.load_network(request.network)
    return Attributor(backbone, request.layers, request.pooling, request.steps)

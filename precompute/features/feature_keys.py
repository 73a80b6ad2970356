"""What features depend on, as names in the store: the backbone, and a row's photo and view."""

import hashlib
import json

from diamond_cutter.precompute.features.photo_views import Augmentation
from diamond_cutter.precompute.stores.network import Network
from diamond_cutter.precompute.stores.shards import Namespace

VERSION = 2
"""Of decoding, preparing, viewing and the networks' code: raised when the same photo and weights
give other features, so that stored ones are not taken for them."""


def namespace_of(network: Network, input_size: int) -> Namespace:
    """The namespace of a network that takes photos of that size; other weights have another."""
    attributes: dict[str, str | int] = {
        "model": network.name,
        "weights": network.weights_digest,
        "input_size": input_size,
        "version": VERSION,
    }
    text = json.dumps(attributes, sort_keys=True)
    return Namespace(f"{network.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}", attributes)


def row_key(digest: str, view: int, augmentation: Augmentation) -> str:
    """The key of a photo's view, 64 hex digits; that of the photo itself knows no augmentation."""
    parts = [digest, view]
    if view:
        parts += [augmentation.seed, sorted(augmentation.kinds)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

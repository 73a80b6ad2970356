"""What a network is told by, in tasks, keys, caches and stores."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """A network: its name, and the SHA-256 of its weights, hex.

    A network that is trained on under its name is another one. The digest is empty for a network
    that was put together in memory, which workers cannot load.
    """

    name: str
    weights_digest: str

"""A GPU as a framework tells of it."""

from typing import NamedTuple


class Gpu(NamedTuple):
    """Its name, and the compute capability of CUDA; None where there is none."""

    name: str
    capability: float | None

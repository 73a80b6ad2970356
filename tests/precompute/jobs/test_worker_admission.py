"""Which workers of a cluster take part: those that make what this process would make."""

from importlib.metadata import version

import pytest
from distributed.versions import get_versions

from diamond_cutter.precompute.jobs.worker_admission import code_digest, other_versions

OURS: dict[str, str | None] = get_versions(
    packages=("diamond-cutter", "jax", "keras", "numpy", "tensorflow")
)["packages"]


@pytest.mark.parametrize(
    ("name", "found", "told"),
    [
        ("diamond-cutter", None, "has no diamond-cutter; install diamond-cutter 0"),
        ("diamond-cutter", "0.0.9", "has diamond-cutter 0.0.9, expected "),
        ("keras", "2.15.0", f"has keras 2.15.0, expected {version('keras')} as in this process"),
        ("jax", None, ""),  # pictures are made without it, too
        ("dask", "1.0", ""),
    ],
)
def test_what_computes_pictures_has_to_be_of_the_same_version(
    name: str, found: str | None, told: str
) -> None:
    refusal = other_versions({**OURS, name: found})
    assert refusal.startswith(told)
    assert bool(refusal) == bool(told)


def test_code_is_told_by_its_content() -> None:
    assert len(code_digest()) == 32
    assert code_digest.__wrapped__() == code_digest()

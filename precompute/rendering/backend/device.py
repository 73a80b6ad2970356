"""The device that pictures are rendered on, and what it raises for what it can't do."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

_SIGNS = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
_STATUSES = ("RESOURCE_EXHAUSTED", "UNIMPLEMENTED", "INTERNAL")
"""What errors of XLA begin with, which JAX raises, if the device is what fails."""
_ERRORS = ("ResourceExhaustedError", "UnimplementedError", "InternalError")
"""TensorFlow's for the same statuses."""
_NO_KERNEL = (
    "No OpKernel was registered",
    "No registered",
    "Could not find device for node",
    "unsupported operations",
    "DNN library initialization failed",
)
"""What TensorFlow says where an operation, a type or a library is not there on a device."""

Precision = Literal["float32", "bfloat16"]


@dataclass(frozen=True)
class Device:
    """What a framework renders on.

    is_gpu: or a CPU. memory: of a GPU, in bytes, 0 if it does not tell. capability: of CUDA; None
    where there is none.
    """

    name: str
    framework: str
    is_gpu: bool = False
    memory: int = 0
    capability: float | None = None

    def describe(self) -> str:
        """The device in a few words."""
        memory = f" ({self.memory / 2**30:.0f} GiB)" if self.memory else ""
        return f"{self.name}{memory}, {self.framework}"


def is_of_device(error: Exception) -> bool:
    """Whether a device raises this for what it can't do: anything else is a fault of a program."""
    if isinstance(error, RuntimeError):  # as JAX's are
        return str(error).startswith(_STATUSES)
    is_tensorflows = type(error).__module__.startswith("tensorflow.")
    known = type(error).__name__ in _ERRORS or any(said in str(error) for said in _NO_KERNEL)
    return is_tensorflows and known


def least(devices: Iterable[Device]) -> Device:
    """The device whose way all others can go, too: a CPU, or the smallest GPU; none is a CPU."""
    found = sorted(devices, key=lambda device: (device.is_gpu, device.memory))
    return found[0] if found else _cpu()


@cache
def find_device() -> Device:
    """The device that this process renders on; a CPU if none is found that does it faster.

    The framework is imported where there are signs of a GPU, and only there.
    """
    if shutil.which("nvidia-smi") is None and not any(Path(sign).exists() for sign in _SIGNS):
        return _cpu()
    from diamond_cutter.precompute.rendering.backend import adapter

    found = adapter.gpu()
    if found is None:
        return _cpu()
    name, capability = found
    return Device(name, adapter.FRAMEWORK, True, _memory(), capability)


def _cpu() -> Device:
    return Device("CPU", os.environ.get("KERAS_BACKEND", "tensorflow"))


def _memory() -> int:
    """The bytes of the first GPU that this process may use, by NVIDIA's own command; 0: unknown."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0] or "0"
    query = ["--query-gpu=memory.total", "--format=csv,noheader,nounits", f"--id={visible}"]
    try:
        told = subprocess.run(  # noqa: S603
            ["nvidia-smi", *query],  # noqa: S607
            check=True,
            capture_output=True,
            text=True,
            timeout=20,
        )
        return int(told.stdout.split()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return 0

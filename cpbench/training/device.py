"""Device and numerics: what the bits of a result depend on besides the protocol."""

import os
import platform
from typing import NamedTuple

import torch

from cpbench.errors import EnvironmentFault
from cpbench.training.precision import be_faithful


class Numerics(NamedTuple):
    """The part of a stored state's key that names its arithmetic."""

    device: str
    precision: str
    executor: str
    threads: str

    def values(self) -> dict[str, str]:
        """Return the numerics as JSON values."""
        return self._asdict()


def settle() -> torch.device:
    """Choose the device and make this process's arithmetic repeatable; return the device.

    The environment variable CPBENCH_DEVICE (`cpu`, `cuda`, `cuda:1`) overrides the choice: the
    device is no part of any tracked command.

    Raises:
        EnvironmentFault: The device asked for is not there.
    """
    # One thread per process: results depend on the number of threads, and two processes use two
    # cores better.
    torch.set_num_threads(1)
    # cuBLAS reads this before its first call; without it its results may differ from run to run.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # An accelerator may lack a layer's deterministic kernel: better a warning than no result.
    # This way of asking does not import torch's compiler, which takes seconds.
    torch.set_deterministic_debug_mode("warn")
    # A property that torch gives the module at run time, which pyright cannot see.
    torch.utils.deterministic.fill_uninitialized_memory = False  # pyright: ignore[reportAttributeAccessIssue]
    torch.backends.cudnn.benchmark = False
    be_faithful()
    name = os.environ.get("CPBENCH_DEVICE") or ("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise EnvironmentFault(
            f"CPBENCH_DEVICE={name}: this device is not available ({error})"
        ) from error
    return device


def numerics(device: torch.device, executor: str) -> Numerics:
    """Return the numerics of a device: fp32; on CUDA TF32 in convolutions, torch's default.

    A precision that a protocol declares is part of its settings, and so of the state's digest.
    """
    precision = "fp32" if device.type == "cpu" else "fp32+tf32conv"
    return Numerics(device.type, precision, executor, threads="1")


def describe(device: torch.device) -> str:
    """Return the device's name for provenance."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.machine()} CPU, {os.cpu_count()} cores"


def versions() -> dict[str, str]:
    """Return the versions that may move a number."""
    return {"python": platform.python_version(), "torch": torch.__version__}

"""Energy: the joules a device says it has used, where it says so; nothing is ever estimated.

A GPU's driver counts millijoules (NVML's nvmlDeviceGetTotalEnergyConsumption, from Volta on); Linux
counts microjoules of the processor's packages (RAPL, without memory), which most systems show to
root alone. Both count the whole device, whatever else runs on it.
"""

import ctypes
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch

POWERCAP = Path("/sys/class/powercap")
NVML = "libnvidia-ml.so.1"


class Counter(NamedTuple):
    """A number that only grows, until it begins anew."""

    read: Callable[[], int]
    """Raises OSError or ValueError where it cannot be read."""
    unit: float
    """Joules."""
    span: int = 0
    """Where it begins anew; 0: nowhere."""


class Meter:
    """What a device has used since it was asked last."""

    def __init__(self, counters: Sequence[Counter], sharers: int = 1) -> None:
        """Begin to count.

        Args:
            counters: Of the parts of the device; none: it does not tell.
            sharers: Processes that work on the device together; each is given an equal part.
        """
        self._counters = tuple(counters)
        self._sharers = sharers
        self._before = self._read()

    def lap(self) -> float | None:
        """Return the joules since it was asked last; none if they are not told."""
        before, self._before = self._before, self._read()
        if not before or not self._before:
            return None
        used = (
            _since(then, now, counter)
            for then, now, counter in zip(before, self._before, self._counters, strict=True)
        )
        return sum(used) / self._sharers

    def _read(self) -> tuple[int, ...]:
        try:
            return tuple(counter.read() for counter in self._counters)
        except (OSError, ValueError):
            return ()


def open_meter(device: torch.device, sharers: int = 1) -> Meter:
    """Return the meter of a device; one that tells nothing where the device does not."""
    counters = gpu_counters(device) if device.type == "cuda" else package_counters(POWERCAP)
    return Meter(counters, sharers)


def package_counters(folder: Path) -> list[Counter]:
    """Return a counter per processor package that may be read; its parts, as cores, are in it.

    Source: Linux, Documentation/power/powercap/powercap.rst.
    """
    zones = sorted(folder.glob("intel-rapl:*"))
    return [
        Counter(_reader(zone / "energy_uj"), 1e-6, _number(zone / "max_energy_range_uj"))
        for zone in zones
        if zone.name.count(":") == 1 and _is_readable(zone / "energy_uj")
    ]


def gpu_counters(device: torch.device) -> list[Counter]:
    """Return the counter of an NVIDIA GPU, nothing where its driver has none. Not run yet.

    Source: NVML API reference, nvmlDeviceGetTotalEnergyConsumption.
    """
    try:
        library = ctypes.CDLL(NVML)
    except OSError:
        return []
    handle = ctypes.c_void_p()
    told = cast("Any", torch.cuda.get_device_properties)  # untyped in torch
    name = f"GPU-{told(device).uuid}".encode()
    asked = library.nvmlInit_v2() or library.nvmlDeviceGetHandleByUUID(name, ctypes.byref(handle))
    counter = Counter(lambda: _millijoules(library, handle), 1e-3)
    return [] if asked else [counter]


def added(one: float | None, other: float | None) -> float | None:
    """Return the sum of two energies; none if one of them was not told."""
    return None if one is None or other is None else one + other


def _millijoules(library: Any, handle: ctypes.c_void_p) -> int:  # noqa: ANN401 - a C library
    """Return what a GPU has used since its driver was loaded.

    Raises:
        OSError: It does not tell.
    """
    energy = ctypes.c_ulonglong()
    if status := library.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(energy)):
        raise OSError(f"NVML status {status}")
    return energy.value


def _since(then: int, now: int, counter: Counter) -> float:
    return (now - then + (counter.span if now < then else 0)) * counter.unit


def _reader(path: Path) -> Callable[[], int]:
    return lambda: _number(path)


def _number(path: Path) -> int:
    return int(path.read_text())


def _is_readable(path: Path) -> bool:
    try:
        return _number(path) >= 0
    except (OSError, ValueError):
        return False

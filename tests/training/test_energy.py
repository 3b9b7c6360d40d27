import ctypes
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from cpbench.training import energy
from cpbench.training.energy import (
    Counter,
    Meter,
    added,
    gpu_counters,
    open_meter,
    package_counters,
)

SPAN = 262_143_328_850


def zone(folder: Path, name: str, microjoules: int) -> Path:
    path = folder / name
    path.mkdir(parents=True)
    (path / "energy_uj").write_text(f"{microjoules}\n")
    (path / "max_energy_range_uj").write_text(f"{SPAN}\n")
    return path / "energy_uj"


def test_the_joules_of_all_packages_are_summed_and_their_parts_not_counted_twice(tmp_path: Path):
    one, two = zone(tmp_path, "intel-rapl:0", 1_000_000), zone(tmp_path, "intel-rapl:1", 5)
    core = zone(tmp_path, "intel-rapl:0:0", 0)
    meter = Meter(package_counters(tmp_path))
    one.write_text("3500000")
    two.write_text("1000005")
    core.write_text("900000000")
    assert meter.lap() == pytest.approx(2.5 + 1.0, rel=1e-12)
    assert meter.lap() == 0


def test_a_counter_that_begins_anew_loses_nothing(tmp_path: Path):
    counter = zone(tmp_path, "intel-rapl:0", SPAN - 400_000)
    meter = Meter(package_counters(tmp_path))
    counter.write_text("600000")
    assert meter.lap() == pytest.approx(1.0, rel=1e-12)


def test_processes_that_share_a_device_share_its_joules(tmp_path: Path):
    counter = zone(tmp_path, "intel-rapl:0", 0)
    meter = Meter(package_counters(tmp_path), sharers=2)
    counter.write_text("3000000")
    assert meter.lap() == pytest.approx(1.5, rel=1e-12)


def test_a_device_that_does_not_tell_is_never_given_a_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(energy, "POWERCAP", tmp_path)
    assert open_meter(torch.device("cpu")).lap() is None
    zone(tmp_path, "intel-rapl:0", 0).write_text("permission denied")
    assert open_meter(torch.device("cpu")).lap() is None


def test_a_counter_that_falls_silent_leaves_a_gap_and_no_number(tmp_path: Path):
    counter = zone(tmp_path, "intel-rapl:0", 0)
    meter = Meter(package_counters(tmp_path))
    counter.unlink()
    assert meter.lap() is None
    counter.write_text("7")
    assert meter.lap() is None


class Driver:
    """As much of NVML as is asked for."""

    def __init__(self, readings: list[int], status: int = 0) -> None:
        self.readings, self.status, self.asked_for = readings, status, b""

    def nvmlInit_v2(self) -> int:  # noqa: N802 - NVML's names
        return 0

    def nvmlDeviceGetHandleByUUID(self, name: bytes, handle: Any) -> int:  # noqa: N802
        self.asked_for = name
        handle._obj.value = 7
        return self.status

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: Any, energy: Any) -> int:  # noqa: N802
        energy._obj.value = self.readings.pop(0) if handle.value == 7 else 0
        return 0


def test_a_gpus_millijoules_are_read_from_its_driver(monkeypatch: pytest.MonkeyPatch):
    found = SimpleNamespace(uuid="12345678-abcd")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: found)
    driver = Driver([1_000, 3_500])
    monkeypatch.setattr(ctypes, "CDLL", lambda _: driver)
    assert Meter(gpu_counters(torch.device("cuda"))).lap() == pytest.approx(2.5, rel=1e-12)
    assert driver.asked_for == b"GPU-12345678-abcd"
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Driver([], status=6))
    assert gpu_counters(torch.device("cuda")) == []


def test_a_machine_without_the_driver_has_no_counter(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(energy, "NVML", "no-such-library.so")
    assert gpu_counters(torch.device("cuda")) == []


def test_what_is_not_known_in_part_is_not_known_as_a_sum():
    assert added(1.0, 2.5) == 3.5
    assert added(None, 2.5) is added(1.0, None) is None
    assert Meter([Counter(lambda: 1, 1.0)]).lap() == 0

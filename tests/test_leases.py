import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cpbench import leases as module
from cpbench.errors import EnvironmentFault
from cpbench.leases import BEAT, PATIENCE, Holder, Leases
from cpbench.store import Manifest, Store

HOLD = """
import sys, time
from pathlib import Path
from cpbench.leases import Leases
leases = Leases(Path(sys.argv[1]))
for name in sys.argv[2:]:
    assert leases.claim(name)
print("held", flush=True)
time.sleep(600)
"""
LINUX = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc: Linux only")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "leases"


def hold(folder: Path, *names: str) -> subprocess.Popen[str]:
    """Start a process that holds leases until it is killed."""
    command = [sys.executable, "-c", HOLD, str(folder), *names]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "held\n"
    return running


def kill(running: subprocess.Popen[str]) -> None:
    running.kill()
    running.wait()
    assert running.stdout is not None
    running.stdout.close()


def elsewhere(folder: Path, name: str, age: float, **other: str | int) -> Path:
    """Write the lease of a process on another machine whose last heartbeat was so long ago."""
    here = Leases(folder)
    assert here.claim(name)
    path = folder / f"{name}.json"
    holder = Holder.model_validate_json(path.read_bytes())
    other = {"host": "faraway", "machine": "another boot"} | other
    path.write_text(holder.model_copy(update=other).model_dump_json())
    moment = path.stat().st_mtime - age
    os.utime(path, (moment, moment))
    return path


def beat_at_once(leases: Leases) -> None:
    leases._next_beat = 0.0
    leases.refresh()


def test_a_lease_has_one_holder_until_it_is_released(folder: Path):
    first, second = Leases(folder), Leases(folder)
    assert first.claim("a")
    assert not second.claim("a")
    assert not first.claim("a")
    assert second.claim("b")
    first.release("a")
    assert second.claim("a")


def test_the_holder_is_told_in_words(folder: Path):
    leases = Leases(folder)
    assert leases.holder("a") is None
    leases.claim("a")
    told = leases.holder("a") or ""
    assert told.startswith(f"process {os.getpid()} on {os.uname().nodename}, since 20")
    assert leases.holders() == {"a": told}
    leases.release("a")
    assert leases.holders() == {}


def test_looking_makes_no_folder(folder: Path):
    assert Leases(folder).holders() == {}
    assert not folder.exists()


def test_leaving_releases_what_is_held(folder: Path):
    with Leases(folder) as leases:
        leases.claim("a")
        leases.claim("b")
        assert set(Leases(folder).holders()) == {"a", "b"}
    assert Leases(folder).holders() == {}


def test_another_living_process_keeps_its_lease_however_silent(folder: Path):
    running = hold(folder, "a")
    try:
        os.utime(folder / "a.json", (0, 0))
        running.send_signal(signal.SIGSTOP)
        assert not Leases(folder).claim("a")
    finally:
        kill(running)


def test_a_killed_process_loses_its_leases_at_once(folder: Path):
    kill(hold(folder, "a", "b"))
    leases = Leases(folder)
    assert leases.holders() == {}
    assert leases.claim("a")
    assert not Leases(folder).claim("a")


@LINUX
def test_a_process_that_ended_and_was_not_yet_buried_is_gone(folder: Path):
    running = hold(folder, "a")
    running.kill()
    # Its end is noticed without burying it, so that it stays a zombie.
    os.waitid(os.P_PID, running.pid, os.WEXITED | os.WNOWAIT)
    assert Leases(folder).claim("a")
    kill(running)


@LINUX
def test_another_process_under_the_same_number_is_not_the_holder(folder: Path):
    leases = Leases(folder)
    leases.claim("a")
    path = folder / "a.json"
    holder = Holder.model_validate_json(path.read_bytes())
    path.write_text(holder.model_copy(update={"started": "1"}).model_dump_json())
    assert leases.holder("a") is None
    assert Leases(folder).claim("a")


@pytest.mark.parametrize("skew", [-600.0, 0.0, 600.0])
def test_on_another_machine_the_heartbeat_decides_whatever_our_clock_says(
    folder: Path, skew: float, monkeypatch: pytest.MonkeyPatch
):
    elsewhere(folder, "fresh", age=PATIENCE - 10, since="1990-01-01 00:00:00 UTC")
    elsewhere(folder, "stale", age=PATIENCE + 1, since="2099-01-01 00:00:00 UTC")
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + skew)
    leases = Leases(folder)
    assert set(leases.holders()) == {"fresh"}
    assert not leases.claim("fresh")
    assert leases.claim("stale")


def test_the_same_number_in_another_container_is_another_process(folder: Path):
    host = os.uname().nodename
    elsewhere(folder, "a", age=0, host=host, machine="this boot, another namespace", pid=2**22)
    assert not Leases(folder).claim("a")


def test_a_heartbeat_keeps_a_lease_and_comes_every_few_seconds(folder: Path):
    leases = Leases(folder)
    leases.claim("a")
    path = folder / "a.json"
    os.utime(path, (0, 0))
    leases.refresh()
    assert path.stat().st_mtime == 0
    beat_at_once(leases)
    assert path.stat().st_mtime > 0
    assert leases._next_beat > time.monotonic() + BEAT / 2


def test_a_lease_that_was_taken_over_is_neither_refreshed_nor_released(folder: Path):
    late = Leases(folder)
    late.claim("a")
    path = elsewhere(folder, "b", age=0)
    path.replace(folder / "a.json")  # another machine took it over
    (content, moment) = ((folder / "a.json").read_bytes(), (folder / "a.json").stat().st_mtime_ns)
    beat_at_once(late)
    late.release("a")
    assert (folder / "a.json").read_bytes() == content
    assert (folder / "a.json").stat().st_mtime_ns == moment
    assert late.holder("a") is not None


def test_a_forked_child_holds_nothing_of_its_parent(folder: Path):
    leases = Leases(folder)
    leases.claim("a")
    child = os.fork()
    if child == 0:
        leases.release("a")
        os._exit(0 if leases.claim("b") else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert leases.holder("a") is not None
    assert leases.claim("b")  # the child is gone


def test_a_file_without_content_is_being_written_and_soon_stale(folder: Path):
    folder.mkdir()
    path = folder / "a.json"
    path.touch()
    leases = Leases(folder)
    assert leases.holder("a") == "another process"
    assert not leases.claim("a")
    moment = path.stat().st_mtime - BEAT - 1
    os.utime(path, (moment, moment))
    assert leases.claim("a")


def claim_all(folder: Path, names: list[str], start: object, won: object) -> None:
    leases = Leases(folder)
    start.wait()
    won.put([name for name in names if leases.claim(name)])
    start.wait()  # nobody ends, and so loses its leases, before all have claimed


@pytest.mark.parametrize("stale", [False, True], ids=["free", "stale"])
def test_of_many_who_claim_at_once_one_wins(folder: Path, stale: bool):  # noqa: FBT001 - a parameter of the test
    names = [f"lease{number}" for number in range(40)]
    if stale:
        kill(hold(folder, *names))
    context = multiprocessing.get_context("fork")
    start, won = context.Barrier(4), context.Queue()
    crowd = [context.Process(target=claim_all, args=(folder, names, start, won)) for _ in range(4)]
    for each in crowd:
        each.start()
    winners = [name for _ in crowd for name in won.get(timeout=60)]
    for each in crowd:
        each.join()
    assert len(winners) == len(set(winners))
    assert stale or set(winners) == set(names)


def test_a_late_process_cannot_overwrite_what_its_successor_stored(tmp_path: Path, folder: Path):
    name = "ab" + "0" * 62
    store = Store(tmp_path / "segments", {})
    given = Manifest(
        state=name, start=0, stop=1, numerics={}, sha256="0" * 64, seconds=1, device="cpu",
        versions={},
    )  # fmt: skip
    late, successor = Leases(folder), Leases(folder)
    assert late.claim(name)
    elsewhere(folder, "other", age=PATIENCE + 1).replace(folder / f"{name}.json")
    assert successor.claim(name)
    store.put(given, b"the successor's")
    successor.release(name)
    store.put(given.model_copy(update={"seconds": 2.0}), b"the late one's")
    late.release(name)
    [weights] = store.root.rglob("*.safetensors")
    assert weights.read_bytes() == b"the successor's"
    assert store.manifest(name) == given


def refused(*_: object) -> int:
    raise OSError(28, "No space left on device")


def cut_short(*_: object) -> int:
    return 10


@pytest.mark.parametrize("write", [refused, cut_short])
def test_where_no_lease_can_be_written_that_is_said_in_one_line(
    folder: Path, write: Callable[..., int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module.os, "write", write)
    with pytest.raises(EnvironmentFault, match=r"a\.json: no lease .*No space left") as caught:
        Leases(folder).claim("a")
    assert caught.value.exit_code == 6
    assert "\n" not in str(caught.value)
    assert list(folder.glob("*.json")) == []

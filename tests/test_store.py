import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cpbench.errors import EnvironmentFault, EvidenceError, IntegrityError
from cpbench.store import MANIFEST, STATE, Manifest, Store, is_training

NUMERICS = {"device": "cpu", "precision": "fp32"}
WEIGHTS = bytes(range(256)) * 20
NAME = "ab" + "0" * 62

Damage = Callable[[Path], object]


def manifest(state: str = NAME, weights: bytes = WEIGHTS) -> Manifest:
    return Manifest(
        state=state,
        start=0,
        stop=3,
        numerics=NUMERICS,
        sha256=hashlib.sha256(weights).hexdigest(),
        seconds=1.0,
        device="cpu",
        versions={},
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "segments", NUMERICS)


def folder_of(store: Store) -> Path:
    [path] = store.root.glob(f"??/*/{STATE}")
    return path.parent


def leftovers(store: Store) -> list[Path]:
    return list(store.root.rglob(".partial-*"))


def test_what_is_put_is_got_back(store: Store):
    assert not store.has(NAME)
    store.put(manifest(), WEIGHTS)
    assert store.has(NAME)
    assert store.get(NAME) == (manifest(), WEIGHTS)
    assert store.states() == {NAME}
    assert not leftovers(store)


def test_what_is_not_stored_is_missing_evidence(store: Store):
    with pytest.raises(EvidenceError, match="dvc repro"):
        store.get(NAME)


def test_the_first_one_stays(store: Store):
    store.put(manifest(), WEIGHTS)
    store.put(manifest(weights=b"other"), b"other")
    assert store.get(NAME).weights == WEIGHTS
    assert not leftovers(store)


def test_another_arithmetic_has_other_weights(store: Store):
    store.put(manifest(), WEIGHTS)
    other = Store(store.root, NUMERICS | {"device": "cuda"})
    assert not other.has(NAME)
    other.put(manifest(weights=b"other"), b"other")
    assert store.get(NAME).weights == WEIGHTS
    assert other.get(NAME).weights == b"other"
    assert store.states() == {NAME}


def flip_a_bit(path: Path) -> None:
    data = bytearray((path / STATE).read_bytes())
    data[1000] ^= 1
    (path / STATE).write_bytes(data)


DAMAGES: dict[str, Damage] = {
    "a bit is flipped": flip_a_bit,
    "the weights are truncated": lambda path: os.truncate(path / STATE, 1000),
    "the weights are zeroed": lambda path: (path / STATE).write_bytes(bytes(len(WEIGHTS))),
    "the weights are empty": lambda path: (path / STATE).write_bytes(b""),
    "the weights are gone": lambda path: (path / STATE).unlink(),
    "the manifest is empty": lambda path: (path / MANIFEST).write_bytes(b""),
    "the manifest is garbage": lambda path: (path / MANIFEST).write_bytes(b"\xff{]"),
    "the manifest lacks a field": lambda path: (path / MANIFEST).write_text('{"state": "x"}'),
    "the manifest is another state's": lambda path: (path / MANIFEST).write_text(
        manifest("ab" + "1" * 62).model_dump_json()
    ),
}


@pytest.mark.parametrize("damage", sorted(DAMAGES))
def test_damage_is_found_put_aside_and_never_used(store: Store, damage: str):
    store.put(manifest(), WEIGHTS)
    DAMAGES[damage](folder_of(store))
    with pytest.raises(IntegrityError) as caught:
        store.get(NAME)
    assert caught.value.exit_code == 4
    assert "\n" not in str(caught.value)
    assert not store.has(NAME)
    [aside] = (store.root.parent / "quarantine").iterdir()
    assert aside.name.startswith(NAME[:12])
    store.put(manifest(), WEIGHTS)
    assert store.get(NAME).weights == WEIGHTS


def test_a_folder_that_was_never_finished_is_no_state(store: Store):
    store.put(manifest(), WEIGHTS)
    partial = store.root / NAME[:2] / ".partial-x"
    partial.mkdir()
    (partial / STATE).write_bytes(b"half")
    assert store.states() == {NAME}


def test_a_state_without_its_manifest_can_be_stored_again(store: Store):
    store.put(manifest(), WEIGHTS)
    (folder_of(store) / MANIFEST).unlink()
    assert not store.has(NAME)
    store.put(manifest(), WEIGHTS)
    assert store.get(NAME).weights == WEIGHTS


HOLD = """
import sys
from pathlib import Path
from cpbench.store import Store
with Store(Path(sys.argv[1]), {}).exclusive():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_trainer_is_refused_and_told_who_trains(store: Store):
    command = [sys.executable, "-c", HOLD, str(store.root)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert is_training(store.root)
        with (
            pytest.raises(EnvironmentFault, match=f"process {other.pid} is training"),
            store.exclusive(),
        ):
            pytest.fail("two trainers at once")
        other.stdin.close()
    assert not is_training(store.root)
    with store.exclusive():
        assert is_training(store.root)


def test_a_trainer_that_was_killed_leaves_no_lock(store: Store):
    command = [sys.executable, "-c", HOLD, str(store.root)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    with store.exclusive():
        assert is_training(store.root)


FILL = """
import resource, signal, sys
from pathlib import Path
from cpbench.errors import EnvironmentFault
from cpbench.store import Manifest, Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
given = Manifest.model_validate_json(sys.stdin.read())
try:
    Store(Path(sys.argv[1]), given.numerics).put(given, bytes(5000))
except EnvironmentFault as error:
    print(error)
    sys.exit(error.exit_code)
"""


def test_a_full_disk_is_an_environment_fault_and_leaves_nothing_half_written(store: Store):
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(store.root)],
        input=manifest().model_dump_json(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done.stderr
    assert "5,000 bytes could not be stored (File too large)" in done.stdout
    assert not store.has(NAME)
    assert not leftovers(store)
    assert not [path for path in store.root.rglob("*") if path.is_file()]

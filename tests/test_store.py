import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cpbench.errors import EnvironmentFault, EvidenceError, IntegrityError
from cpbench.store import MANIFEST, STATE, Manifest, Store, folders

NUMERICS = {"device": "cpu", "precision": "fp32"}
WEIGHTS = bytes(range(256)) * 20
NAME = "ab" + "0" * 62

Damage = Callable[[Path], object]


def manifest(
    state: str = NAME, weights: bytes = WEIGHTS, numerics: dict[str, str] = NUMERICS
) -> Manifest:
    return Manifest(
        state=state,
        start=0,
        stop=3,
        numerics=numerics,
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
    cuda = NUMERICS | {"device": "cuda"}
    other = Store(store.root, cuda)
    assert not other.has(NAME)
    other.put(manifest(weights=b"other", numerics=cuda), b"other")
    assert store.get(NAME).weights == WEIGHTS
    assert other.get(NAME).weights == b"other"
    assert store.states() == {NAME}
    assert [Store.of(folder)[1] for folder in folders(store.root)] == [NAME, NAME]
    read = {Store.of(folder)[0].get(NAME).weights for folder in folders(store.root)}
    assert read == {WEIGHTS, b"other"}


def test_what_is_discarded_is_gone_and_nothing_else(store: Store):
    store.put(manifest(), WEIGHTS)
    store.discard("ab" + "1" * 62)
    assert store.has(NAME)
    store.discard(NAME)
    assert not store.has(NAME)
    assert not [path for path in store.root.rglob("*") if path.is_file()]


def link_away(path: Path) -> None:
    path.rename(path.parent / "elsewhere")
    path.symlink_to(path.parent / "elsewhere")


def link_the_weights_away(path: Path) -> None:
    (path / STATE).rename(path / "elsewhere")
    (path / STATE).symlink_to(path / "elsewhere")


def make_a_pipe(path: Path) -> None:
    (path / STATE).unlink()
    os.mkfifo(path / STATE)


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
    "the manifest is of other arithmetic": lambda path: (path / MANIFEST).write_text(
        manifest(numerics={"device": "cuda"}).model_dump_json()
    ),
    "the folder is a link": link_away,
    "the weights are a link": link_the_weights_away,
    "the weights are a pipe": make_a_pipe,
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
    (partial / MANIFEST).write_bytes(b"half")
    assert store.states() == {NAME}


def test_what_is_foreign_is_passed_by(store: Store):
    store.put(manifest(), WEIGHTS)
    (store.root / "notes.txt").write_text("mine")
    (store.root / "ab" / "notes").mkdir()
    (store.root / "ab" / "notes" / MANIFEST).write_text("{}")
    (store.root / "cd").symlink_to(store.root / "ab")
    assert store.states() == {NAME}
    assert store.get(NAME).weights == WEIGHTS
    assert (store.root / "notes.txt").read_text() == "mine"


HALVES: dict[str, Damage] = {
    "no manifest": lambda path: (path / MANIFEST).unlink(),
    "an empty manifest, as a machine that failed leaves it": lambda path: os.truncate(
        path / MANIFEST, 0
    ),
    "empty weights": lambda path: os.truncate(path / STATE, 0),
    "a link in its place": link_away,
    "a file in its place": lambda path: path.rename(path.parent / "x") and path.touch(),
}


@pytest.mark.parametrize("half", sorted(HALVES))
def test_what_is_visibly_not_whole_is_not_there_and_can_be_stored_again(store: Store, half: str):
    store.put(manifest(), WEIGHTS)
    HALVES[half](folder_of(store))
    assert not store.has(NAME)
    store.put(manifest(), WEIGHTS)
    assert store.get(NAME).weights == WEIGHTS
    assert not leftovers(store)


def test_nothing_is_written_through_a_link(store: Store, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    store.root.mkdir()
    (store.root / NAME[:2]).symlink_to(outside)
    with pytest.raises(IntegrityError, match="is a link"):
        store.put(manifest(), WEIGHTS)
    assert list(outside.iterdir()) == []


def test_the_store_itself_may_lie_elsewhere(tmp_path: Path):
    (tmp_path / "big_disk").mkdir()
    (tmp_path / "segments").symlink_to(tmp_path / "big_disk")
    store = Store(tmp_path / "segments", NUMERICS)
    store.put(manifest(), WEIGHTS)
    store.flush()
    assert store.get(NAME).weights == WEIGHTS


def test_what_two_processes_find_damaged_is_put_aside_once_and_both_are_told(store: Store):
    store.put(manifest(), WEIGHTS)
    aside = folder_of(store).with_name("moved")
    folder_of(store).rename(aside)  # as the quicker one did between our read and our move
    assert isinstance(store.put_aside(NAME, "its content does not match its hash"), IntegrityError)
    assert not store.has(NAME)


def test_what_the_device_told_is_kept(store: Store):
    told = manifest().model_copy(update={"width": 8, "peak_memory_mb": 512.5, "joules": 3.0})
    store.put(told, WEIGHTS)
    assert store.manifest(NAME) == told


def test_others_of_the_group_may_read_what_is_stored(store: Store):
    before = os.umask(0o022)
    try:
        store.put(manifest(), WEIGHTS)
    finally:
        os.umask(before)
    assert folder_of(store).stat().st_mode & 0o777 == 0o755


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


def test_where_nothing_can_be_stored_is_an_environment_fault(store: Store):
    store.root.write_text("a file where the folder should be")
    with pytest.raises(EnvironmentFault, match="5,120 bytes could not be stored") as caught:
        store.put(manifest(), WEIGHTS)
    assert caught.value.exit_code == 6
    assert "\n" not in str(caught.value)

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cpbench.cli.store_contents import passed
from cpbench.cli.store_table import size
from cpbench.leases import Leases
from cpbench.plan.compiling import load_compiled
from cpbench.project import Project
from cpbench.records.files import to_json, write_text
from cpbench.store import STATE, Manifest, Store, folders

Cpbench = Callable[..., Any]
NUMERICS = {"device": "cpu", "precision": "fp32", "executor": "sequential", "threads": "1"}
WEIGHTS = bytes(1000)


def store_of(project: Path, name: str = "segments") -> Store:
    return Store(project / ".cpbench" / name, NUMERICS)


def keep(store: Store, *states: str) -> None:
    for state in states:
        manifest = Manifest(
            state=state,
            start=0,
            stop=3,
            numerics=store.numerics,
            sha256=hashlib.sha256(WEIGHTS).hexdigest(),
            seconds=1.0,
            device="cpu",
            versions={},
        )
        store.put(manifest, WEIGHTS)


def needed(project: Path, name: str = "tiny") -> list[str]:
    return [each.state for each in load_compiled(Project(project), name).plan.segments]


def stranger(number: int) -> str:
    """Return a state that no protocol needs."""
    return hashlib.sha256(f"stranger {number}".encode()).hexdigest()


def everything(project: Path) -> set[Path]:
    return set((project / ".cpbench").rglob("*"))


def test_an_empty_store_is_told_verified_and_cleaned_and_not_made(project: Path, cpbench: Cpbench):
    assert cpbench("store", "ls").out.startswith("nothing is stored")
    assert cpbench("store", "verify") == (0, "0 of 0 states are what they say\n", "")
    assert cpbench("store", "gc") == (0, "0 B freed\n", "")
    assert not (project / ".cpbench").exists()


def test_without_a_word_the_commands_are_listed(cpbench: Cpbench):
    code, out, err = cpbench("store")
    assert (code, err) == (2, "")
    assert all(name in out for name in ("ls", "verify", "gc"))


def test_a_command_that_is_not_there_is_one_line(cpbench: Cpbench):
    code, _, err = cpbench("store", "burn")
    assert (code, err.count("\n")) == (2, 1)
    assert "burn" in err


def test_ls_tells_states_by_arithmetic_and_who_needs_them(project: Path, cpbench: Cpbench):
    keep(store_of(project), *needed(project), stranger(0))
    cuda = Store(store_of(project).root, NUMERICS | {"device": "cuda"})
    keep(cuda, stranger(1))
    told = json.loads(cpbench("store", "ls", "--json").out)
    by_device = {each["numerics"]["device"]: each for each in told["shelves"]}
    total = len(needed(project))
    assert by_device["cpu"]["numerics"] == NUMERICS
    assert by_device["cpu"]["protocols"] == {"tiny": total, "other": total}
    assert (by_device["cpu"]["unused"], by_device["cuda"]["unused"]) == (1, 1)
    assert by_device["cpu"]["states"]["number"] == total + 1
    assert by_device["cpu"]["states"]["bytes"] > 1000 * (total + 1)
    out = " ".join(cpbench("store", "ls").out.split())
    assert f"tiny ({total})" in out
    assert "nothing (1)" in out


def test_ls_tells_what_else_lies_there(project: Path, cpbench: Cpbench):
    keep(store_of(project), stranger(0), stranger(1))
    keep(store_of(project, "waypoints"), stranger(2))
    store_of(project).put_aside(stranger(0), "of a test")
    (project / ".cpbench" / "segments" / "aa").mkdir()
    (project / ".cpbench" / "segments" / "aa" / ".partial-x").mkdir()
    with Leases(project / ".cpbench" / "leases") as leases:
        leases.claim("a-state")
        code, out, _ = cpbench("store", "ls")
        told = json.loads(cpbench("store", "ls", "--json").out)
    assert code == 0
    assert f"lease a-state: process {os.getpid()} on " in out
    assert "states within unfinished segments: 1" in out
    assert "damaged, in quarantine: 1" in out
    assert "unfinished folders: 1" in out
    assert set(told["leases"]) == {"a-state"}
    assert told["quarantine"]["number"] == told["waypoints"]["number"] == 1


def test_looking_changes_nothing_even_where_a_manifest_is_damaged(project: Path, cpbench: Cpbench):
    keep(store_of(project), stranger(0))
    [folder] = folders(store_of(project).root)
    (folder / "manifest.json").write_text("{")
    before = everything(project)
    assert "unreadable" in cpbench("store", "ls").out
    assert everything(project) == before


def test_verify_finds_damage_names_it_puts_it_aside_and_leaves_with_4(
    project: Path, cpbench: Cpbench
):
    keep(store_of(project), *(stranger(number) for number in range(4)))
    keep(store_of(project, "waypoints"), stranger(4))
    first, second, third, _ = folders(store_of(project).root)
    [way] = folders(store_of(project, "waypoints").root)
    for each in (first, way):
        data = bytearray((each / STATE).read_bytes())
        data[-1] ^= 1
        (each / STATE).write_bytes(data)
    (second / "manifest.json").unlink()
    (third / "manifest.json").write_text("{}")
    code, out, err = cpbench("store", "verify")
    assert (code, err) == (4, "")
    for each in (first, second, third, way):
        assert each.name in out
        assert not each.exists()
    assert "its content does not match its hash" in out
    assert "its manifest is missing" in out
    assert "1 of 5 states are what they say" in out
    assert cpbench("store", "verify").code == 0


def test_gc_removes_what_no_plan_needs_and_nothing_else(project: Path, cpbench: Cpbench):
    light, heavy = set(needed(project)), set(needed(project, "other"))
    store = store_of(project)
    keep(store, *(light | heavy))
    kept = everything(project)
    keep(store, stranger(0), stranger(1), stranger(2))
    store.put_aside(stranger(2), "of a test")
    (store.root / "aa").mkdir(exist_ok=True)
    (store.root / "aa" / ".partial-x").mkdir()
    (store.root / "aa" / ".partial-x" / STATE).write_bytes(bytes(50))
    (store.root / "notes.txt").write_text("mine")
    before = everything(project)

    tried = json.loads(cpbench("store", "gc", "--dry-run", "--json").out)
    assert everything(project) == before
    assert tried["dry_run"] is True
    code, out, _ = cpbench("store", "gc", "--dry-run")
    assert code == 0
    assert out.endswith("would be freed\n")
    assert everything(project) == before

    done = json.loads(cpbench("store", "gc", "--json").out)
    assert done["removed"] == tried["removed"]
    assert done["bytes"] == tried["bytes"] > 3050
    assert sorted(each["why"] for each in done["removed"]) == [
        "damaged",
        "needed by no plan",
        "needed by no plan",
        "unfinished",
    ]
    files = {path for path in kept if path.is_file()} | {store.root / "notes.txt"}
    assert {path for path in everything(project) if path.is_file()} == files
    assert store.states() == light | heavy
    assert cpbench("store", "gc").out == "0 B freed\n"


def test_gc_keeps_what_a_plan_file_names_though_its_spec_has_moved_on(
    project: Path, cpbench: Cpbench
):
    here = Project(project)
    old = needed(project)
    write_text(here.plan("tiny"), to_json(load_compiled(here, "tiny").plan.json_value()))
    keep(store_of(project), *old)
    for name in ("tiny", "other"):
        spec = here.protocol(name)
        spec.write_text(spec.read_text().replace("lr: 0.05", "lr: 0.1"))
    assert len(set(needed(project)) & set(old)) == 10  # the initialisations
    cpbench("store", "gc")
    assert store_of(project).states() == set(old)
    write_text(here.plan("tiny"), to_json(load_compiled(here, "tiny").plan.json_value()))
    cpbench("store", "gc")
    assert store_of(project).states() == set(old) & set(needed(project))


def test_gc_keeps_the_way_to_what_is_still_to_be_stored(project: Path, cpbench: Cpbench):
    stretches = load_compiled(Project(project), "tiny").stretches
    [one, other] = [each for each in stretches if len(each.settings) > 1][:2]
    assert list(passed(one))[-1] == one.state
    ways = store_of(project, "waypoints")
    keep(ways, next(passed(one)), next(passed(other)), stranger(0))
    keep(store_of(project), other.state)
    cpbench("store", "gc")
    assert ways.states() == {next(passed(one))}


def test_gc_waits_for_a_trainer_but_not_for_a_dead_one(project: Path, cpbench: Cpbench):
    keep(store_of(project), stranger(0))
    folder = project / ".cpbench" / "leases"
    child = os.fork()
    if child == 0:
        Leases(folder).claim("dead")
        os._exit(0)
    os.waitpid(child, 0)
    with Leases(folder) as leases:
        leases.claim("alive")
        code, out, err = cpbench("store", "gc")
        assert (code, out) == (6, "")
        assert f"process {os.getpid()} on " in err
        assert "is training here" in err
        assert store_of(project).has(stranger(0))
    assert cpbench("store", "gc").code == 0
    assert not store_of(project).has(stranger(0))


def test_gc_removes_nothing_where_it_cannot_tell_what_is_needed(project: Path, cpbench: Cpbench):
    keep(store_of(project), stranger(0))
    Project(project).protocol("other").write_text("id: x\n")
    code, out, err = cpbench("store", "gc")
    assert (code, out) == (3, "")
    assert "specs/protocols/other.yaml" in err
    assert store_of(project).has(stranger(0))


def test_gc_goes_through_no_link(project: Path, tmp_path: Path, cpbench: Cpbench):
    outside = Store(tmp_path / "outside", NUMERICS)
    keep(outside, stranger(0), stranger(1))
    root = store_of(project).root
    root.mkdir(parents=True)
    (root / stranger(0)[:2]).symlink_to(outside.root / stranger(0)[:2])
    [folder] = [each for each in folders(outside.root) if each.name.startswith(stranger(1))]
    (root / stranger(1)[:2]).mkdir()
    (root / stranger(1)[:2] / folder.name).symlink_to(folder)
    assert cpbench("store", "gc").code == 0
    assert outside.states() == {stranger(0), stranger(1)}


@pytest.mark.parametrize(
    ("num_bytes", "told"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2_345_678, "2.3 MB")]
)
def test_sizes_are_told_in_words(num_bytes: int, told: str):
    assert size(num_bytes) == told

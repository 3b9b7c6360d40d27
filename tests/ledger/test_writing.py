"""Appending, also at once, and repairing what was interrupted."""

import subprocess
import sys
from pathlib import Path

import pytest
from registers import Register, claim, prediction, said

from cpbench.errors import IntegrityError
from cpbench.ledger import append, payload_of, read_ledger, repair
from cpbench.project import Project

WRITER = """
import sys
from pathlib import Path
from registers import NOW, forecast
from cpbench.ledger import ForecastPayload, append, claims_of, read_ledger
from cpbench.project import Project
project = Project(Path(sys.argv[1]))
for number in range(20):
    facts = {"prediction": "bet", "claim": "later", "claim_hash": "a" * 64, "known_results": ()}
    said = forecast(number / 20, by=sys.argv[2])
    append(project, ForecastPayload(**facts, forecast=said), NOW)
"""


def test_two_writers_at_once_make_one_chain(register: Register):
    register.register(claim())
    root = str(register.project.root)
    tests = Path(__file__).parents[1]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, root, by], cwd=tests)
        for by in ("ann", "bob")
    ]
    assert [writer.wait() for writer in writers] == [0, 0]
    entries = register.entries()
    assert [entry.seq for entry in entries] == list(range(1, 42))
    parties = [told.by for told in register.told().forecasts]
    assert sorted(parties) == ["ann", "bob"]


def test_the_kind_of_an_entry_is_that_of_what_it_says(register: Register):
    register.register(claim())
    register.say(0.5)
    register.dispute()
    assert [entry.kind for entry in register.entries()] == ["prediction", "forecast", "dispute"]


def test_an_entry_is_stamped_with_who_and_when(project: Project):
    entry = append(project, payload_of(project, prediction(), {"blur": "a" * 64}))
    assert entry.at.endswith("Z")
    assert entry.git.commit == ""


def test_results_of_protocols_it_once_named_are_listed_too(register: Register):
    register.run("other")
    entry = register.register(claim(), others=["other", "third"])
    assert [known.protocol for known in entry.payload.known_results] == ["other"]


def tear(register: Register, keep: int) -> bytes:
    data = register.project.ledger.read_bytes()
    end = data[:-1].rfind(b"\n") + 1
    register.project.ledger.write_bytes(data[: end + keep])
    return data[end : end + keep]


def test_repairing_cuts_off_a_torn_line_and_keeps_it(register: Register):
    register.register(claim(), forecasts=[said(0.5)])
    register.say(0.6)
    torn = tear(register, 100)
    with pytest.raises(IntegrityError, match="torn"):
        register.say(0.7)
    kept = repair(register.project)
    assert kept
    assert kept.read_bytes() == torn
    assert len(register.entries()) == 1
    register.say(0.7)
    assert len(register.entries()) == 2


def test_a_last_entry_that_lacks_only_its_end_is_given_it(register: Register):
    register.register(claim())
    data = register.project.ledger.read_bytes()
    register.project.ledger.write_bytes(data[:-1])
    assert repair(register.project) is None
    assert register.project.ledger.read_bytes() == data


def test_repairing_a_whole_ledger_or_none_does_nothing(register: Register):
    assert repair(register.project) is None
    register.register(claim())
    data = register.project.ledger.read_bytes()
    assert repair(register.project) is None
    assert register.project.ledger.read_bytes() == data


def test_nothing_but_the_tail_is_ever_repaired(register: Register):
    register.register(claim(), forecasts=[said(0.5)])
    register.say(0.6)
    tear(register, 100)
    broken = register.project.ledger.read_bytes().replace(b'"p":0.5', b'"p":0.9')
    register.project.ledger.write_bytes(broken)
    with pytest.raises(IntegrityError, match=":1: does not have the hash"):
        repair(register.project)
    assert register.project.ledger.read_bytes() == broken


def test_the_committed_ledger_reads_as_it_was_registered():
    root = Path(__file__).parents[2]
    entries = read_ledger(Project(root).ledger)
    for entry in entries[:3]:
        assert entry.kind == "prediction"
        assert entry.payload.prediction.digest == entry.payload.prediction_digest
        assert entry.payload.stakes is None

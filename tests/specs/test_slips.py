"""Slips that people make: each answered by one line that says what to write."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cpbench.claims import load_prediction
from cpbench.errors import SpecError
from cpbench.specs.loading import load_protocol
from cpbench.specs.reading import read
from cpbench.specs.schemas import schemas
from cpbench.specs.slips import PATTERNS, number_meant, pattern_in_words

REPOSITORY = Path(__file__).parents[2]
BET = """\
id: bet
about: {title: A bet}
exposure: nothing_run
claims:
  - id: later
    title: Later
    type: binary
    claim: end(blur.a) > end(blur.b)
    resolution: {rule: decisive, draws: student, on_divergence: drop, deadline: "2026-12-31"}
    stakes:
      - {yes: ann, no: bob, odds: even, stake: 10.00, currency: USD}
    pool:
      kind: parimutuel
      currency: EUR
      bets: [{by: ann, stake: 5, on: yes}, {by: bob, stake: 5, on: no}]
forecasts:
  - {by: ann, claim: later, p: 0.7}
"""
Told = Callable[[str], list[str]]


@pytest.fixture
def told(tmp_path: Path) -> Told:
    def of(text: str, name: str = "bet.yaml") -> list[str]:
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(SpecError) as caught:
            load_prediction(path)
        return [each.message for each in caught.value.problems]

    return of


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("p: 0.7", "p: 80%", "'80%' is no number; write 0.8"),
        ("p: 0.7", "p: '0,7'", "'0,7' is no number; write 0.7"),
        ("p: 0.7", "p: likely", "'likely' is no number"),
        (
            "p: 0.7",
            "p: 0,7",
            "the key '7' is not text; write it in quotes, or a decimal with a point, as 0.5",
        ),
        ("p: 0.7", "p: {7: 1}", "the key '7' is not text; write it in quotes"),
        ("stake: 10.00", "stake: $10", "'$10' is no number; write 10, without $"),
        ("draws: student", "draws: student, level: 95%", "'95%' is no number; write 0.95"),
        (
            "by: ann, claim",
            "by: Ann, claim",
            "'Ann' is no name; write lower-case letters, digits and _, a letter first",
        ),
        ('"2026-12-31"', '"31.12.2026"', "'31.12.2026' is no date; write it as \"2026-12-31\""),
        ("USD", "dollars", "'dollars' is no currency; write three capitals, as EUR"),
        ("by: bob, stake: 5, on: no", "by: bob, stake: 5", "write yes | no"),
        (
            "by: bob, stake: 5, on: no",
            "by: bob, stake: 5, on: never",
            "side 'never' is not known; allowed: no, yes",
        ),
        (
            "yes: ann, no",
            "yes:ann, no",
            "'yes:ann' is a key without a value; write a space after the colon: yes: ann",
        ),
    ],
)
def test_a_slip_is_answered_by_what_to_write(told: Told, old: str, new: str, message: str):
    assert BET.count(old) == 1
    assert told(BET.replace(old, new)) == [message]


@pytest.mark.parametrize(
    ("text", "place", "meant"),
    [
        ("80 %", ("forecasts", 0, "p"), "0.8"),
        ("2.5%", ("forecasts", 0, "probs", "late"), "0.025"),
        ("90%", ("forecasts", 0, "interval", "coverage"), "0.9"),
        ("80%", ("forecasts", 0, "point"), "80, without %"),
        ("-3,5", ("forecasts", 0, "point"), "-3.5"),
        ("€ 5", ("bets", 0, "stake"), "5, without €"),
        ("1,000,000", ("bets", 0, "stake"), ""),
        ("5 USD", ("bets", 0, "stake"), ""),
    ],
)
def test_the_number_that_was_meant(text: str, place: tuple[str | int, ...], meant: str):
    assert number_meant(text, place) == meant


def test_every_pattern_of_the_schemas_is_said_in_words():
    patterns = {found for text in schemas().values() for found in _patterns(text)}
    assert patterns
    assert patterns <= PATTERNS.keys()
    assert pattern_in_words("^x$") == "must match ^x$"


def _patterns(text: str) -> Iterator[str]:
    for found in re.findall(r'"pattern": "(.*)"', text):
        yield found.replace("\\\\", "\\")


@pytest.mark.parametrize("written", ["[5001, 5002]", "many", "2.5", "true", "~"])
def test_seeds_are_counted_and_not_chosen(tmp_path: Path, written: str):
    text = (REPOSITORY / "specs/protocols/blur_digits.yaml").read_text()
    (seeds,) = re.findall(r"^  seeds: .*$", text, flags=re.MULTILINE)
    (tmp_path / "blur_digits.yaml").write_text(text.replace(seeds, f"  seeds: {written}"))
    with pytest.raises(SpecError) as caught:
        load_protocol(tmp_path / "blur_digits.yaml")
    (problem,) = caught.value.problems
    assert problem.field == "protocol.seeds"
    assert problem.message.startswith("write how many seeds, as 10, or {from: registration, n: 10}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "prediction: bet\nforecasts: []\n",
            "is a file of forecasts, not a prediction; name another file",
        ),
        ("id: x\nlaw: constant\n", "is a theory, not a prediction; name another file"),
        ("id: x\nmeasurements: {}\n", "is a protocol, not a prediction; name another file"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_one_line(told: Told, text: str, message: str):
    assert told(text) == [message]


def test_a_protocol_of_the_repository_is_no_prediction(told: Told):
    text = (REPOSITORY / "specs/protocols/lw_bet_2023.yaml").read_text()
    assert told(text) == [
        "is a protocol with published results, not a prediction; name another file"
    ]


def test_a_text_that_is_no_yaml_is_told_apart_from_yaml_that_is_broken(tmp_path: Path):
    said: dict[str, Any] = {}
    for name in ("README.md", "spec.yaml"):
        (tmp_path / name).write_text("# Title\n\n**bold** words\n")
        with pytest.raises(SpecError) as caught:
            read(tmp_path / name, name)
        said[name] = str(caught.value)
    assert said["README.md"] == "README.md:1:1: is no YAML file; name one that ends in .yaml"
    assert "YAML file" not in said["spec.yaml"]

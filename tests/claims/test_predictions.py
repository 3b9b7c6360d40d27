from pathlib import Path

import pytest

from cpbench.claims import Offer, load_prediction
from cpbench.errors import SpecError

TEXT = """\
id: bet
about: {title: A bet}
exposure: nothing_run
claims:
  - id: later
    title: Later
    type: binary
    claim: end(blur.a) > end(blur.b)
    resolution: {rule: decisive, on_divergence: drop}
    stakes:
      - {yes: ann, no: bob, odds: even, stake: 10.00, currency: USD}
forecasts:
  - {by: ann, claim: later, p: 0.7}
  - {by: bob, claim: later, p: 0.4}
"""
OFFERS = {"blur": Offer(frozenset({"a", "b"}), frozenset({"no_deficit"}), (0, 40))}


def problems(folder: Path, text: str, *, offers: dict[str, Offer] | None = None) -> list[str]:
    path = folder / "bet.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_prediction(path, offers)
    return [
        f"{each.line}:{each.column} {each.field}: {each.message}" for each in caught.value.problems
    ]


def test_unquoted_yes_and_no_are_words(tmp_path: Path):
    (tmp_path / "bet.yaml").write_text(TEXT)
    stake = load_prediction(tmp_path / "bet.yaml", OFFERS).claims[0].stakes[0]
    assert (stake.yes, stake.no, stake.cents) == ("ann", "bob", 1000)


@pytest.mark.parametrize(
    ("old", "new", "place", "words"),
    [
        ("end(blur.b)", "endd(blur.b)", "8:5 claims.0.claim", "column 15"),
        ("claim: later, p: 0.4", "claim: latr, p: 0.4", "14:15 forecasts.1.claim", "'later'"),
        ("by: bob, claim: later", "by: ann, claim: later", "14:6 forecasts.1.by", "twice"),
        ("no: bob,", "no: eve,", "11:20 claims.0.stakes.0.no", "no forecast on later"),
        ("no: bob,", "no: ann,", "11:20 claims.0.stakes.0.no", "against itself"),
        ("stake: 10.00", "stake: 10.001", "claims.0.stakes.0", "whole cents"),
        ("p: 0.4", "p: 1.4", "14:29 forecasts.1.p", "less than or equal"),
        (", on_divergence: drop", "", "claims.0.resolution.on_divergence", "is required"),
        ("rule: decisive, ", "", "claims.0.resolution.rule", "is required"),
        ("exposure: nothing_run", "exposure: none", "3:1 exposure", "allowed"),
        ("id: bet", "id: bat", "1:1 id", "must be the file's name"),
        ("binary", "numeric", "claims.0", "'numeric'"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_place(tmp_path: Path, old: str, new: str, place: str, words: str):
    found = problems(tmp_path, TEXT.replace(old, new, 1))
    assert any(place in each and words in each for each in found), found


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("end(blurr.a) > 0", "protocol 'blurr' is not known; allowed: blur; did you mean 'blur'?"),
        ("end(blur.c) > 0", "arm 'c' is not known; allowed: a, b"),
        ("end(blur) > 0", "arm 'main' is not known"),
        ("never(blur.a) > 0", "needs the control never_removed"),
        ("damage(blur.a, at=41) > 0", "at=41 is not swept by blur; allowed: 0, 40"),
    ],
)
def test_a_claim_about_what_no_protocol_offers_is_a_problem(tmp_path: Path, claim: str, words: str):
    text = TEXT.replace("end(blur.a) > end(blur.b)", claim)
    assert words in problems(tmp_path, text, offers=OFFERS)[0]


def test_without_offers_series_are_not_checked(tmp_path: Path):
    (tmp_path / "bet.yaml").write_text(TEXT.replace("blur.a", "other.z"))
    assert load_prediction(tmp_path / "bet.yaml").id == "bet"

"""Standings: who is ranked, by what, and when nobody is."""

import pytest

from cpbench.records.scores import Claim, Forecast, Outcome
from cpbench.records.series import Value
from cpbench.records.standings import Standings
from cpbench.scoring.standings import standings


def forecast(
    by: str, p: float, *, happened: bool = True, theory: str = "", **fields: object
) -> Forecast:
    loss = (p - happened) ** 2
    told = {"by": by, "probability": p, "brier": loss, "loss": loss, "theory": theory}
    return Forecast.model_validate({**told, "scores": {"brier": loss, "log_loss": loss}, **fields})


def claim(number: int, *forecasts: Forecast, state: str = "yes", **fields: object) -> Claim:
    told = {
        "prediction": "p", "id": f"c{number}", "title": "C", "text": "", "explanation": "",
        "protocols": (f"p{number}",), "registered_seq": 1, "registered_at": "",
        "exposure": "nothing_run", "outcome": Outcome.model_validate({"state": state, "rule": ""}),
        "quantities": (), "forecasts": forecasts, "payments": (),
        "baseline_loss": 0.25 if state in {"yes", "no"} else None,
    }  # fmt: skip
    return Claim.model_validate({**told, **fields})


def only(*claims: Claim) -> Standings:
    (table,) = standings(claims)
    return table


def test_with_five_protocols_and_two_forecasters_the_more_skilled_is_first():
    claims = [claim(i, forecast("ann", 0.6), forecast("bob", 0.8 + i / 50)) for i in range(5)]
    table = only(*claims)
    assert (table.doubt, table.num_protocols) == ("", 5)
    assert [row.by for row in table.rows] == ["bob", "ann"]
    ann = table.rows[1]
    assert ann.skill == pytest.approx(1 - 0.16 / 0.25)
    assert ann.skill_low == pytest.approx(ann.skill_high)
    bob = table.rows[0]
    assert bob.skill_low is not None
    assert bob.skill_high is not None
    assert bob.skill is not None
    assert bob.skill_low < bob.skill < bob.skill_high
    assert [(each.one, each.other, each.wins, each.losses) for each in table.duels] == [
        ("ann", "bob", 0, 5)
    ]


def test_with_too_few_nobody_is_ranked():
    four = only(*(claim(i, forecast("bob", 0.6), forecast("ann", 0.5)) for i in range(4)))
    assert "4 independent protocols" in four.doubt
    assert [row.by for row in four.rows] == ["ann", "bob"]
    assert {row.skill_low for row in four.rows} == {None}
    alone = only(*(claim(i, forecast("ann", 0.6)) for i in range(6)))
    assert alone.doubt.startswith("too few: 1 forecaster")


def test_many_claims_on_one_protocol_are_one_protocol():
    claims = [
        claim(i, forecast("ann", 0.6), forecast("bob", 0.7), protocols=("same",)) for i in range(9)
    ]
    assert only(*claims).num_protocols == 1
    assert "1 independent protocol," in only(*claims).doubt


def test_who_answered_nothing_stands_below_all_who_did():
    late = forecast("eve", 0.9, loss=None, brier=None, scores={}, late=True)
    claims = [claim(i, forecast("ann", 0.1), forecast("bob", 0.2), late) for i in range(5)]
    rows = only(*claims).rows
    assert [(row.by, row.n) for row in rows] == [("bob", 5), ("ann", 5), ("eve", 0)]
    assert (rows[2].skill, rows[2].skill_low) == (None, None)


def test_protocols_that_a_claim_joins_are_one_island():
    joined = [("a",), ("b",), ("c",), ("a", "b"), ("a", "c"), ("d",)]
    claims = [
        claim(i, forecast("ann", 0.6), forecast("bob", 0.7), protocols=names)
        for i, names in enumerate(joined)
    ]
    assert only(*claims).num_protocols == 2


def test_asking_the_same_often_gains_nothing():
    claims = [claim(i, forecast("ann", 0.6), forecast("bob", 0.7)) for i in range(5)]
    spam = [
        claim(100 + i, forecast("ann", 1.0), protocols=("p0",), claim_hash="a" * 64)
        for i in range(40)
    ]
    once = only(*claims, spam[0]).rows
    assert [row.skill for row in once] == [row.skill for row in only(*claims, *spam).rows]


def test_many_easy_claims_on_one_protocol_count_as_one_protocol():
    claims = [claim(i, forecast("ann", 0.6), forecast("bob", 0.9)) for i in range(5)]
    spam = [claim(100 + i, forecast("ann", 1.0), protocols=("p0",)) for i in range(40)]
    assert [row.by for row in only(*claims, *spam).rows] == ["bob", "ann"]


def test_what_was_not_answered_counts_as_the_baseline():
    both = forecast("bob", 0.5), forecast("eve", 0.5)
    claims = [claim(i, forecast("ann", 1.0), *both) for i in range(5)]
    claims.append(claim(5, *both))
    ann = only(*claims).rows[0]
    assert (ann.by, ann.n, ann.offered, ann.skill) == ("ann", 5, 6, pytest.approx(5 / 6))


def test_what_only_one_answered_compares_nobody():
    claims = [claim(i, forecast("ann", 0.6), forecast("bob", 0.7)) for i in range(5)]
    spam = [claim(100 + i, forecast("ann", 1.0)) for i in range(40)]
    assert [(row.by, row.skill) for row in only(*claims).rows] == [
        (row.by, row.skill) for row in only(*claims, *spam).rows
    ]


def test_a_number_without_bounds_has_no_baseline_and_takes_no_part_in_the_skill():
    claims = [claim(i, forecast("ann", 0.6), forecast("bob", 0.5)) for i in range(5)]
    boundless = claim(9, forecast("ann", 0.1), forecast("bob", 0.1), baseline_loss=None)
    before, after = only(*claims).rows, only(*claims, boundless).rows
    assert [row.skill for row in before] == [row.skill for row in after]
    assert [row.n for row in after] == [6, 6]


def test_claims_that_came_to_nothing_are_counted_and_change_nothing_else():
    claims = [claim(i, forecast("ann", 0.6), forecast("bob", 0.7)) for i in range(5)]
    void = [
        claim(9, forecast("ann", 0.6, loss=None, scores={}, brier=None), state=state, id=state)
        for state in ("ambiguous", "annulled", "pending")
    ]
    before, after = only(*claims).rows[1], only(*claims, *void).rows[1]
    assert (after.ambiguous, after.annulled, after.pending) == (1, 1, 1)
    assert (before.n, before.skill, before.mean_brier) == (after.n, after.skill, after.mean_brier)


def test_each_information_set_has_a_table_and_retrospective_claims_one_of_their_own():
    told = (
        forecast("ann", 0.6),
        forecast("uniform", 0.5, theory="spec"),
        forecast("persistence", 0.5, theory="reference"),
        forecast("plateau", 0.5, theory="early"),
    )
    tables = standings([claim(0, *told), claim(1, *told, is_retrospective=True)])
    assert [each.table for each in tables] == [
        "people", "spec", "reference", "early", "retrospective",
    ]  # fmt: skip
    assert [row.by for row in tables[0].rows] == ["ann"]
    assert tables[0].rows[0].offered == 1
    assert len(tables[4].rows) == 4


def test_what_is_under_seal_is_not_known_to_be_the_same():
    seals = [forecast(name, 1.0, probability=None, sealed="unrevealed") for name in ("ann", "bob")]
    assert only(claim(0, *seals)).indistinguishable == ()


def test_those_who_say_the_same_of_everything_are_indistinguishable():
    claims = [
        claim(i, forecast("a", 0.6), forecast("b", 0.6), forecast("c", 0.6 + i / 100))
        for i in range(3)
    ]
    assert only(*claims).indistinguishable == (("a", "b"),)


def test_equal_losses_are_ties_and_forecasters_without_a_common_claim_have_no_duel():
    table = only(claim(0, forecast("a", 0.6), forecast("b", 0.6)), claim(1, forecast("c", 0.5)))
    assert [(each.one, each.other, each.ties) for each in table.duels] == [("a", "b", 1)]


def test_coverage_is_the_share_of_values_in_the_central_eighty_percent():
    def numeric(number: int, actual: float) -> Claim:
        value = Value(expr="q", value=actual, unit="epoch", status="ok", n_seeds=5)
        came = {"state": "value", "rule": "", "value": value}
        quantiles = {f"{level / 10:g}": 100.0 * level for level in range(1, 10)}
        told = Forecast(by="ann", quantiles=quantiles, loss=1.0, scores={"wis_on_grid": 1.0})
        return claim(number, told, type="numeric", outcome=came, baseline_loss=2.0)

    table = only(numeric(0, 500.0), numeric(1, 950.0))
    assert table.rows[0].coverage == pytest.approx(0.5)
    assert table.rows[0].skill == pytest.approx(0.5)
    assert table.rows[0].mean_brier is None


def test_late_forecasts_are_counted_and_not_averaged():
    late = forecast("ann", 0.9, loss=None, brier=None, scores={}, late=True)
    table = only(claim(0, late), claim(1, forecast("ann", 0.6)))
    assert (table.rows[0].n, table.rows[0].late, table.rows[0].mean_brier) == (
        1, 1, pytest.approx(0.16),
    )  # fmt: skip
    assert standings([]) == ()

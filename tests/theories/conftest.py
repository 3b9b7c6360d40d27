"""Claims, plans and the 2023 table, as theories are given them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from cpbench.claims.statements import statements_of
from cpbench.quantities.series import Series, read_series
from cpbench.records.plans import Condition
from cpbench.records.published import published_plan, published_rows
from cpbench.records.results import Row
from cpbench.specs.claims import BinaryClaim, CategoricalClaim, NumericClaim
from cpbench.specs.loading import load_published
from cpbench.theories import Context, Past, Question
from cpbench.theories.context import Information, Side, Sources

ROOT = Path(__file__).parents[2]
RULE = {"rule": "point", "min_seeds": 1, "on_divergence": "drop"}
Curves = Mapping[Side, tuple[Condition, ...]]
MakeQuestion = Callable[..., Question]
MakeContext = Callable[..., Context]
MakeCurve = Callable[..., tuple[Condition, ...]]


def binary(text: str, **fields: object) -> BinaryClaim:
    value = {"id": "c", "title": "C", "type": "binary", "claim": text, "resolution": RULE}
    return BinaryClaim.model_validate(value | fields)


def numeric(text: str, **fields: object) -> NumericClaim:
    value = {"id": "c", "title": "C", "type": "numeric", "quantity": text, "unit": "epoch"}
    return NumericClaim.model_validate(value | {"resolution": RULE} | fields)


def categorical(*options: str, **fields: object) -> CategoricalClaim:
    named = [{"name": f"o{index}", "when": text} for index, text in enumerate(options)]
    value = {"id": "c", "title": "C", "type": "categorical", "options": named, "ordered": False}
    return CategoricalClaim.model_validate(value | {"resolution": RULE} | fields)


@pytest.fixture
def question() -> MakeQuestion:
    """A claim by its type and text, put to theories."""
    kinds = {"binary": binary, "numeric": numeric, "categorical": categorical}

    def ask(kind: str, *texts: str, **fields: object) -> Question:
        claim = kinds[kind](*texts, **fields)
        return Question(claim, "ab" * 32, statements_of(claim))

    return ask


@pytest.fixture
def curve() -> MakeCurve:
    """A sweep with given steps per epoch, whose learning rate decays by `decay` per epoch."""

    def plan(
        removals: Sequence[int],
        steps: int,
        *,
        decay: float = 0.97,
        lr_left: float | None = None,
        examples: int = 100,
    ) -> tuple[Condition, ...]:
        return tuple(
            Condition(
                arm="",
                control="",
                point=f"removal={epoch}",
                onset=0,
                removal=epoch,
                epochs=epoch + 100,
                steps=(epoch + 100) * steps,
                steps_at_removal=epoch * steps,
                examples_at_removal=epoch * examples,
                lr_at_removal=0.05 * decay**epoch,
                lr_steps_left=steps * decay**epoch if lr_left is None else lr_left,
                final_lr=0.001,
            )
            for epoch in removals
        )

    return plan


@pytest.fixture
def context() -> MakeContext:
    """A context over hand-made sources."""

    def make(
        information: Information,
        curves: Curves,
        *,
        known: Mapping[Side, Series] | None = None,
        rows: Sequence[Row] = (),
        early: Sequence[Row] = (),
        past: Sequence[Past] = (),
    ) -> Context:
        digests = dict.fromkeys(("p", "q", "lw_bet_2023"), "d" * 64)
        sources = Sources(curves, known or {}, tuple(rows), tuple(early), lambda: past, digests)
        return Context(information, sources)

    return make


@pytest.fixture(scope="session")
def bet() -> tuple[Curves, Mapping[Side, Series]]:
    """The 2023 bet's two arms: what was planned, and what came out."""
    protocol = load_published(ROOT / "specs" / "protocols" / "lw_bet_2023.yaml")
    plan = published_plan(protocol)
    curves = {
        (plan.protocol, arm): tuple(
            each for each in plan.conditions if (each.arm, each.control) == (arm, "")
        )
        for arm in plan.arms
    }
    series = read_series(plan, published_rows(protocol))
    return curves, {(plan.protocol, arm): each for arm, each in series.items()}

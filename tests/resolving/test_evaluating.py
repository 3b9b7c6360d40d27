import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.claims import calls, parse
from cpbench.resolving.evaluating import evaluate
from cpbench.resolving.truth import Interval, Truth, conjunction, disjunction, negation

INF, NAN = np.inf, np.nan
Answer = bool | None


def verdict(text: str, **known: tuple[float, float]) -> Answer:
    event = parse(text)
    intervals = {
        call: Interval(np.array([known[call.protocol][0]]), np.array([known[call.protocol][1]]))
        for call in calls(event)
    }
    truth = evaluate(event, intervals)
    assert not (truth.is_true & truth.is_false).any()
    return True if truth.is_true[0] else False if truth.is_false[0] else None


def of(value: Answer) -> Truth:
    return Truth(np.array([value is True]), np.array([value is False]))


def back(truth: Truth) -> Answer:
    return True if truth.is_true[0] else False if truth.is_false[0] else None


def test_kleenes_tables_hold():
    order = {False: 0, None: 1, True: 2}
    by_order = {rank: value for value, rank in order.items()}
    for left, right in itertools.product(order, repeat=2):
        assert back(conjunction(of(left), of(right))) is by_order[min(order[left], order[right])]
        assert back(disjunction(of(left), of(right))) is by_order[max(order[left], order[right])]
        assert back(negation(of(left))) is by_order[2 - order[left]]


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("end(a) > 113 epoch", {"a": (480, INF)}, True),
        ("end(a) > 500 epoch", {"a": (480, INF)}, None),
        ("end(a) < 480 epoch", {"a": (480, INF)}, False),
        ("end(a) > end(b)", {"a": (480, INF), "b": (480, INF)}, None),
        ("end(a) > end(b)", {"a": (0, 10), "b": (10, 10)}, False),
        ("end(a) >= end(b)", {"a": (10, 10), "b": (0, 10)}, True),
        ("end(a) <= end(b)", {"a": (10, 10), "b": (10, 20)}, True),
        ("end(a) > end(b) > 3 epoch", {"a": (NAN, NAN), "b": (2, 2)}, False),
        ("end(a) > end(b) or end(b) > 0", {"a": (NAN, NAN), "b": (2, 2)}, True),
        ("end(a) - end(b) > 0", {"a": (480, INF), "b": (480, INF)}, None),
        ("end(a) - end(b) > 0", {"a": (480, INF), "b": (90, 90)}, True),
        ("0.5 * end(a) > 200 epoch", {"a": (480, INF)}, True),
        ("-end(a) < 0", {"a": (480, INF)}, True),
        ("0 * end(a) >= 0", {"a": (480, INF)}, True),
        ("end(a) / end(b) < 1.5", {"a": (100, 100), "b": (240, INF)}, True),
        ("end(a) / end(b) > 0.1", {"a": (100, 100), "b": (240, INF)}, None),
        ("end(a) / end(b) > 1", {"a": (100, 100), "b": (0, 10)}, None),
        ("not end(a) > 0", {"a": (NAN, NAN)}, None),
    ],
)
def test_intervals_decide_what_they_can(
    text: str, known: dict[str, tuple[float, float]], expected: Answer
):
    assert verdict(text, **known) is expected


@given(*(st.floats(-1e3, 1e3) for _ in range(4)), st.floats(0, 1), st.floats(0, 1))
def test_what_an_interval_decides_holds_for_every_value_in_it(
    a: float, b: float, c: float, d: float, s: float, t: float
):
    left, right = sorted([a, b]), sorted([c, d])
    x, y = (pair[0] + share * (pair[1] - pair[0]) for pair, share in ((left, s), (right, t)))
    text = "end(a) * 2 - end(b) > 7 epoch"
    decided = verdict(text, a=(left[0], left[1]), b=(right[0], right[1]))
    if decided is not None:
        assert verdict(text, a=(x, x), b=(y, y)) is decided

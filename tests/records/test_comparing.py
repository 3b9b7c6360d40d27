from cpbench.records.comparing import compare
from cpbench.records.results import Row


def row(seed: int, value: float | None, unit: str = "fraction") -> Row:
    return Row(
        "p", "a", "", "removal=0", 0, 0, seed, "accuracy", "final", 10, "x", value, unit, "ok"
    )


def test_equal_results_differ_in_nothing():
    rows = [row(0, 0.5), row(1, None)]
    assert compare(rows, rows).model_dump() == {"compared": 1, "changed": 0, "largest": {}}


def test_the_largest_difference_is_told_by_unit():
    before = [row(0, 0.5), row(1, 0.25), row(2, 3.0, "nat"), row(3, 1.0)]
    after = [row(0, 0.5), row(1, 0.75), row(2, 2.0, "nat"), row(4, 9.0)]
    found = compare(before, after)
    assert (found.compared, found.changed) == (3, 2)
    assert found.largest == {"fraction": 0.5, "nat": 1.0}

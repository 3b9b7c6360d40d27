import pytest

from cpbench.records.digits import short


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-36.3855, "-36.39"),
        (0.0005, "0.0005"),
        (120.0, "120"),
        (9999.4, "9999"),
        (70037.2, "70,037"),
        (-1234567.0, "-1,234,567"),
    ],
)
def test_a_number_has_four_digits_or_all_before_its_point(value: float, text: str):
    assert short(value) == text

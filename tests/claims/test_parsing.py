import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpbench.claims import ClaimError, calls, explain, parse
from cpbench.claims.parsing import MAX_CHARACTERS
from cpbench.claims.syntax import to_json
from cpbench.digests import digest


def said(text: str) -> ClaimError:
    with pytest.raises(ClaimError) as caught:
        parse(text)
    return caught.value


def test_spaces_brackets_and_written_out_defaults_do_not_change_what_is_hashed():
    short = parse("end(p) > 3 epoch")
    long = parse("((end( p.main , estimator=broken_stick_flat, axis=epochs)) > (3.0 epoch))")
    assert digest(to_json(short)) == digest(to_json(long))


def test_and_binds_tighter_than_or_and_not_tightest():
    tree = to_json(parse("not end(a) > 0 and end(b) > 0 or end(c) > 0"))
    assert list(tree) == ["or"]
    assert list(tree["or"][0]) == ["and"]
    assert list(tree["or"][0]["and"][0]) == ["not"]


def test_multiplication_binds_tighter_than_addition_and_subtraction_leans_left():
    tree = to_json(parse("end(a) - end(b) - 2 * end(c) > 0"))
    assert tree["compare"][0][0] == "-"
    assert tree["compare"][0][1][0] == "-"
    assert tree["compare"][0][2][0] == "*"


def test_a_chain_names_each_quantity_once():
    assert [
        call.text for call in calls(parse("end(p.a) > end(p.b) > 3 epoch and end(p.a) > 0"))
    ] == [
        "end(p.a)",
        "end(p.b)",
    ]


def test_a_bracket_may_open_a_number_or_an_event():
    assert parse("(end(a) + 2 epoch) > 0 and (end(a) > 0)")


@pytest.mark.parametrize(
    "text",
    [
        "baseline(p) - plateau(p) > 3 pp",
        "plateau(p) > 80%",
        "plateau(p) + 3 pp > baseline(p)",
        "0.67 * end(p, axis=steps) < end(q, axis=steps)",
        "end(p) / end(q) > 1.5",
        "damage(p, at=480) > 0",
        "-end(p) < 0",
    ],
)
def test_units_that_go_together_are_accepted(text: str):
    assert parse(text)


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("end(p) > 3 percent", 10, "cannot compare epoch with percent"),
        ("final_accuracy(p, removal=3) < 0.8", 32, "write 80%"),
        ("plateau(p) > 3 pp", 14, "percent is a level"),
        ("plateau(p) + plateau(q) > 3%", 14, "no sum"),
        ("end(p) > end(p, axis=steps)", 10, "cannot compare epoch with step"),
        ("end(p) * end(q) > 3", 10, "scale by plain numbers"),
        ("end(p) > 3", 10, "write 3 epoch"),
        ("endd(p) > 0", 1, "did you mean 'end'"),
        ("end(p, axs=steps) > 0", 8, "did you mean 'axis'"),
        ("end(p, axis=step) > 0", 13, "did you mean 'steps'"),
        ("end(p) > 3 epochs", 12, "did you mean 'epoch'"),
        ("end(p, axis=steps, axis=steps) > 0", 20, "twice"),
        ("end(p, floor=never) > 0", 1, "only for estimator=drop90"),
        ("damage(p) > 0", 1, "needs at="),
        ("damage(p, at=2.5) > 0", 14, "removal epoch"),
        ("end(p)", 1, "neither true nor false"),
        ("end(p) > (3 > 2)", 11, "not a number"),
        ("end(p) == 3", 8, "did not expect '='"),
        ("end(p) >", 9, "the end"),
        ("end(p) > 0 )", 12, "did not expect ')'"),
        ("end(p) > 0 end", 12, "unit 'end'"),
        ("__import__('os').system('x') > 0", 12, "did not expect"),
        ("1 > 0", 1, "names no quantity"),
        ("end(p) / 0 > 1", 10, "divides by zero"),
        ("-" * 30 + "end(p) > 0", 20, "deeper than 20"),
        ("", 1, "the end"),
    ],
)
def test_an_invalid_claim_says_where_and_what(text: str, column: int, words: str):
    error = said(text)
    assert (error.column, words in str(error)) == (column, True), str(error)


def test_size_is_capped_in_characters_and_parts():
    assert str(MAX_CHARACTERS) in str(said("end(p) > 0" + " " * MAX_CHARACTERS))
    assert "parts" in str(said("or ".join(["a(b)>0"] * 55)))


@given(st.text(max_size=60))
def test_any_text_is_a_claim_or_a_claim_error(text: str):
    try:
        parse(text)
        column = 1
    except ClaimError as error:
        column = error.column
    assert 1 <= column <= len(text) + 1


def test_plain_english_names_arm_estimator_axis_and_both_links_of_a_chain():
    english = explain(parse("end(p.a) > end(p.b, axis=steps) / 1 step * 1 epoch > 3 epoch"))
    assert english.startswith(
        "The end of the critical period of p.a (by broken_stick_flat, in epochs)"
    )
    assert english.count("is greater than") == 2

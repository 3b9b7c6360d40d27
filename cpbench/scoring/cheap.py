"""Cheap claims: correlations that nearly any two quantities of a training would show.

On the 2023 tables the rank correlation of damage with the removal epoch alone is 0.97: whatever
changes with training follows it too, and then correlates with damage for no reason of its own.
"""

from collections.abc import Iterator, Sequence

from cpbench.claims import Call

CORRELATIONS = {"spearman", "kendall", "pearson", "partial_spearman"}
AUTOMATIC = "removal"
"""The column that everything follows."""


def cheap(calls: Sequence[Call]) -> Iterator[str]:
    """Yield which of a claim's correlations say little, and what would say more."""
    correlations = [call for call in calls if call.quantity in CORRELATIONS]
    for call in correlations:
        columns = {dict(call.arguments)[key] for key in ("x", "y")}
        beside = (each for each in correlations if each.sides == call.sides and each != call)
        if any(_is_of_removal(each) != _is_of_removal(call) for each in beside):
            continue
        way_out = f"compare it with spearman({call.series}, removal, …), or claim {_partial(call)}"
        if AUTOMATIC in columns:
            yield (
                f"near-automatic: {call.text} is with the removal epoch, which nearly everything "
                f"follows; {way_out}"
            )
        elif dict(call.arguments).get("given") != AUTOMATIC:
            yield (f"cheap: {call.text} may only say that both follow the removal epoch; {way_out}")


def _is_of_removal(call: Call) -> bool:
    arguments = dict(call.arguments)
    return AUTOMATIC in {arguments["x"], arguments["y"]}


def _partial(call: Call) -> str:
    return f"partial_spearman({call.series}, …, …, given={AUTOMATIC})"

"""A resolved claim for people: readable at 60 columns."""

from collections.abc import Iterable, Iterator

from cpbench.cli.printing import heading, line
from cpbench.cli.resolutions import Finding
from cpbench.records.digits import short
from cpbench.records.scores import Outcome
from cpbench.records.series import Value
from cpbench.resolving import Explanation, said, value_said


def print_finding(finding: Finding) -> None:
    """Print how a claim comes out, and why if that was asked for."""
    mark = "" if finding.registered else " (not registered)"
    heading(f"{finding.prediction} / {finding.claim}{mark}: {said(finding.outcome)}")
    line(finding.title)
    line(finding.text)
    if finding.given:
        line(f"given {finding.given}")
    for sentence in _numbers(finding.outcome):
        line(sentence)
    if finding.why is None:
        _values(finding.quantities)
    else:
        _why(finding.why)
    _section("confounded by", finding.confounds)
    for sentence in finding.recorded:
        line(sentence)


def _numbers(outcome: Outcome) -> Iterator[str]:
    if outcome.reason:
        yield outcome.reason
    if outcome.given and outcome.given not in outcome.reason:
        yield f"the condition: {outcome.given}"
    shares = {"yes": outcome.probability} if outcome.probability is not None else outcome.shares
    parts = [f"π({name}) = {share:.3f}" for name, share in shares.items()]
    if outcome.undefined is not None:
        parts.append(f"undefined in {outcome.undefined:.1%} of draws")
    if outcome.n_seeds == 1:
        parts.append("n = 1, so draws show no spread")
    elif outcome.n_seeds:
        parts.append(f"n = {outcome.n_seeds}")
    if outcome.sign_count:
        parts.append(f"{_way(outcome)} in {outcome.sign_count} single seeds")
    if parts:
        yield "; ".join(parts)
    yield f"by {outcome.rule}"


def _way(outcome: Outcome) -> str:
    """Return which way single seeds were counted: yes, or the option with most draws."""
    shares = outcome.shares
    return outcome.option or max(shares, key=shares.__getitem__, default="yes")


def _why(why: Explanation) -> None:
    heading("  in plain English")
    line(why.explanation, indent=4)
    _section("settled so", why.terms)
    heading("  quantities, over all seeds and on each")
    for detail in why.quantities:
        line(f"{detail.value.expr} = {value_said(detail.value)}{_note(detail.value)}", indent=4)
        if detail.seeds:
            line(", ".join(_ends(each.low, each.high) for each in detail.seeds), indent=6)
    if why.seeds:
        heading("  each seed alone")
        line(", ".join(f"{each.seed}: {each.outcome or '?'}" for each in why.seeds), indent=4)
    if why.estimators:
        heading("  by estimator of the end")
    for row in why.estimators:
        line(f"{row.estimator}: {row.outcome}", indent=4)
        for value in row.quantities:
            line(f"{value.expr} = {value_said(value)}", indent=6)


def _values(values: Iterable[Value]) -> None:
    for value in values:
        line(f"{value.expr} = {value_said(value)}{_note(value)}", indent=4)


def _section(title: str, sentences: Iterable[str]) -> None:
    sentences = tuple(sentences)
    if sentences:
        heading(f"  {title}")
    for sentence in sentences:
        line(sentence, indent=4)


def _note(value: Value) -> str:
    return f" ({value.note})" if value.note else ""


def _ends(low: float | None, high: float | None) -> str:
    """Return a number on one seed: a point, an interval, or a bound."""
    if low is None:
        return "?" if high is None else f"≤ {short(high)}"
    if high is None:
        return f"≥ {short(low)}"
    return short(low) if low >= high else f"{short(low)}…{short(high)}"

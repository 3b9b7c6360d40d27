"""Standings: each forecaster over all claims, with those that came to nothing counted too."""

from collections.abc import Iterable
from statistics import fmean

from cpbench.records.scores import Claim
from cpbench.records.standings import Standing


def standings(claims: Iterable[Claim]) -> tuple[Standing, ...]:
    """Return every forecaster's standing, the lowest mean Brier score first.

    Late forecasts have no score. Claims annulled, ambiguous or pending are counted, so that
    annulling what goes wrong shows.
    """
    claims = tuple(claims)
    names = {each.by for claim in claims for each in claim.forecasts}
    names |= {payment.party for claim in claims for payment in claim.payments}
    rows = [_standing(name, claims) for name in names]
    return tuple(
        sorted(rows, key=lambda row: (row.mean_brier is None, row.mean_brier or 0.0, row.by))
    )


def _standing(name: str, claims: tuple[Claim, ...]) -> Standing:
    mine = [(claim, each) for claim in claims for each in claim.forecasts if each.by == name]
    scores = [forecast.brier for _, forecast in mine if forecast.brier is not None]
    payments = [payment for claim in claims for payment in claim.payments if payment.party == name]
    return Standing(
        by=name,
        n=len(scores),
        mean_brier=fmean(scores) if scores else None,
        cents=sum(payment.cents for payment in payments),
        unresolved=sum(claim.outcome.state not in {"yes", "no"} for claim, _ in mine),
    )

"""climatology: what came out so far comes out again, whatever the claim is about.

    p = (yes + ½) / (n + 1)

Source: the mean of Jeffreys's (1946) posterior for a share; the base rate of weather forecasting.
"""

from cpbench.specs.claims import OTHER, CategoricalClaim, NumericClaim
from cpbench.specs.forecasts import ForecastSpec
from cpbench.theories.context import AbstentionError, Context, Information
from cpbench.theories.forecasting import forecast, spread
from cpbench.theories.theory import Question


class Climatology:
    """The base rate of claims of the same type about other protocols that came out."""

    name = "climatology"
    version = "1"
    information: Information = "reference"
    summary = "claims come out as earlier claims of their type did, whatever they are about"

    def forecast(self, question: Question, context: Context) -> ForecastSpec:
        """Return the base rate.

        Options of different claims share nothing but `other`: its rate is taken, and what is left
        is spread evenly over those named.

        Raises:
            AbstentionError: Numbers of different claims have no base rate.
        """
        claim = question.claim
        if isinstance(claim, NumericClaim):
            raise AbstentionError("numbers of different claims have no common base rate")
        past = [each.outcome for each in context.past() if each.type == claim.type]
        note = f"{len(past)} earlier {claim.type} claim{'' if len(past) == 1 else 's'}"
        if isinstance(claim, CategoricalClaim):
            others = _rate([float(each.option == OTHER) for each in past])
            named = claim.names[:-1]
            weights = {**dict.fromkeys(named, (1 - others) / len(named)), OTHER: others}
            return forecast(question, self.name, note, probs=spread(weights))
        shares = [
            float(each.state == "yes") if each.fraction is None else each.fraction for each in past
        ]
        return forecast(
            question,
            self.name,
            note,
            p=spread({"yes": _rate(shares), "no": 1 - _rate(shares)})["yes"],
        )


def _rate(shares: list[float]) -> float:
    return (sum(shares) + 0.5) / (len(shares) + 1)

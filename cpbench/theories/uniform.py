"""uniform: knows nothing, and says so; what a forecast must beat to be worth anything."""

from cpbench.specs.claims import CategoricalClaim, NumericClaim
from cpbench.specs.forecasts import ForecastSpec
from cpbench.theories.context import AbstentionError, Context, Information
from cpbench.theories.forecasting import LEVELS, forecast, spread
from cpbench.theories.theory import Question


class Uniform:
    """One half; one K-th of each option; a value anywhere within the bounds."""

    name = "uniform"
    version = "1"
    information: Information = "spec"
    summary = "every outcome is as likely as any other; numbers lie anywhere within their bounds"

    def forecast(self, question: Question, context: Context) -> ForecastSpec:
        """Return equal chances.

        Raises:
            AbstentionError: A number without bounds has no uniform distribution.
        """
        match question.claim:
            case NumericClaim(bounds=None):
                raise AbstentionError("the claim states no bounds to spread over")
            case NumericClaim(bounds=(low, high)):
                values = {level: low + float(level) * (high - low) for level in LEVELS}
                return forecast(question, self.name, "", quantiles=values)
            case CategoricalClaim(names=names):
                return forecast(question, self.name, "", probs=spread(dict.fromkeys(names, 1.0)))
            case _:
                return forecast(question, self.name, "", p=0.5)

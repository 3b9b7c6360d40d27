"""Names that people cannot forecast under: those of machines."""

from collections.abc import Iterator, Sequence

from cpbench.project import Project
from cpbench.specs.forecasts import ForecastSpec
from cpbench.specs.predictions import Fault
from cpbench.theories.shelf import shelf_of


def names_of_theories(project: Project, forecasts: Sequence[ForecastSpec]) -> Iterator[Fault]:
    """Yield forecasts by people under the name of a theory, which would pass for its own."""
    names = shelf_of(project).theories
    for index, forecast in enumerate(forecasts):
        if forecast.by in names:
            message = f"'{forecast.by}' is a theory; ask it with --theory {forecast.by}"
            yield Fault(("forecasts", index, "by"), message)

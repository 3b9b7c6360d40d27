"""The language as JSON Schema, made from the models."""

import json

from cpbench.specs.predictions import ForecastFile, Prediction
from cpbench.specs.protocols import Protocol
from cpbench.specs.published import PublishedProtocol
from cpbench.specs.theories import LawSpec

MODELS = {
    "protocol": Protocol,
    "published": PublishedProtocol,
    "prediction": Prediction,
    "forecasts": ForecastFile,
    "theory": LawSpec,
}


def schemas() -> dict[str, str]:
    """Return the text of each schema file by its name."""
    return {
        name: json.dumps(model.model_json_schema(), indent=1, ensure_ascii=False) + "\n"
        for name, model in MODELS.items()
    }

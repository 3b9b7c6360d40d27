"""What every page of the language shares: closed, frozen models and exact scalars."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Count = Annotated[int, Field(strict=True, ge=1, le=10**9)]
Epoch = Annotated[int, Field(strict=True, ge=0, le=10**6)]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**53)]
Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
NonNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Fraction = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Flag = Annotated[bool, Field(strict=True)]
Text = Annotated[str, Field(strict=True, max_length=2000)]
Sha256 = Annotated[str, Field(strict=True, pattern=r"^[0-9a-f]{64}$")]


class Spec(BaseModel):
    """A frozen model that refuses fields it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def json_value(self) -> dict[str, Any]:
        """Return the model as JSON values, defaults written out, absent options left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

"""The theory that docs/theories.md shows, as anyone would type it in."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from cpbench.theories import AbstentionError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def late_riser(tmp_path: Path) -> Any:
    text = (ROOT / "docs" / "theories.md").read_text(encoding="utf-8")
    path = tmp_path / "my_package.py"
    path.write_text(text.split("```python\n")[1].split("```")[0], encoding="utf-8")
    found = importlib.util.spec_from_file_location("my_package", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.LateRiser()


def test_it_forecasts_what_it_speaks_of(late_riser: Any, question: Any, context: Any, curve: Any):
    seen = context("spec", {("p", arm): curve([0, 100, 200], 4) for arm in ("a", "b")})
    said = late_riser.forecast(question("numeric", "end(p.a)"), seen).quantiles
    assert said["0.5"] == pytest.approx(150, abs=3)
    assert late_riser.forecast(question("binary", "end(p.a) > end(p.b)"), seen).p == pytest.approx(
        0.5, abs=0.03
    )
    with pytest.raises(AbstentionError, match="ends in epochs only"):
        late_riser.forecast(question("binary", "half(p.a) > 0"), seen)

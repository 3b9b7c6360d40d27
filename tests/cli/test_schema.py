import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Cpbench = Callable[..., Any]


@pytest.mark.usefixtures("project")
def test_the_schemas_in_this_repository_are_what_the_models_say(cpbench: Cpbench):
    assert cpbench("schema", "--check") == (0, "", "")


def test_a_stale_or_missing_schema_is_found_and_written_anew(project: Path, cpbench: Cpbench):
    cpbench("schema")
    protocol, prediction = (
        project / "specs" / "schema" / f"{name}.json" for name in ("protocol", "prediction")
    )
    fresh = protocol.read_text()
    protocol.write_text(fresh + "\n")
    prediction.unlink()
    code, _, err = cpbench("schema", "--check")
    assert code == 3
    assert [line.split(":")[0] for line in err.splitlines()] == [
        "specs/schema/protocol.json",
        "specs/schema/prediction.json",
    ]
    assert not prediction.exists()

    assert cpbench("schema").code == 0
    assert protocol.read_text() == fresh
    assert cpbench("schema", "--check").code == 0
    assert cpbench("schema").out == ""


def test_editors_are_told_what_each_field_means(project: Path):
    schema = json.loads((project / "specs" / "schema" / "protocol.json").read_text())
    assert set(schema["required"]) == {"id", "about", "protocol", "measurements"}
    assert schema["$defs"]["Blur"]["additionalProperties"] is False

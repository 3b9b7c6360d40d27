import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

Cpbench = Callable[..., Any]
COMMANDS = ("validate", "schema", "plan", "predict", "score", "report", "status", "data")


def test_help_names_every_command(cpbench: Cpbench):
    code, out, _ = cpbench("--help")
    assert code == 0
    assert all(command in out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(cpbench: Cpbench, command: str):
    code, out, _ = cpbench(command, "-h")
    assert code == 0
    assert "Usage" in out


@pytest.mark.usefixtures("project")
def test_a_reader_that_leaves_is_no_error():
    command = f"{sys.executable} -m cpbench plan tiny --json | head -c 11"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == '{\n  "protoc'
    assert done.stderr == ""


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "cpbench", "plan"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr

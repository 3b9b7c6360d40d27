from pathlib import Path

import pytest
from registers import Register

from cpbench.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def register(project: Project) -> Register:
    return Register(project)

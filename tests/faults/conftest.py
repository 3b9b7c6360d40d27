from collections.abc import Iterator

import pytest
from trainers import end_all


@pytest.fixture(autouse=True)
def _no_trainer_is_left_behind() -> Iterator[None]:
    yield
    end_all()

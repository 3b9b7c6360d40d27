"""Fifty kills at random instants cost at most what was not kept yet, and move no bit."""

import signal
import time
from pathlib import Path

import numpy as np
import pytest
from trainers import ALL, LINUX, Study, wait_for

from cpbench.cli.store_upkeep import remove_all, useless

pytestmark = [pytest.mark.slow, LINUX]
KILLS = 50
WIDTH = 8
"""Members of a pack on a CPU."""
EDITS = (("{for: 10}", "{for: 150}"), ("seeds: 3", "seeds: 5"))


def test_after_fifty_kills_the_results_are_those_of_an_undisturbed_run(tmp_path: Path):
    whole, broken = Study(tmp_path / "whole", *EDITS), Study(tmp_path / "broken", *EDITS)
    assert whole.train(stages=ALL, CPBENCH_WORKERS="2").code == 0
    assert whole.epochs_begun() == whole.epochs
    draw = np.random.default_rng(5)
    lost = 0
    for number in range(KILLS):
        workers = 1 + number % 2
        # A checkpoint after every epoch: that is the interval.
        trainer = broken.start(CPBENCH_WORKERS=str(workers), CPBENCH_CHECKPOINT_SECONDS="0")
        if number % 5 == 0:  # at times before it trains
            time.sleep(draw.uniform(0, 0.5))
        else:
            enough = broken.epochs_begun() + draw.integers(1, 80)
            wait_for(lambda enough=enough: broken.epochs_begun() >= enough, "some epochs")
            time.sleep(draw.uniform(0, 0.02))
        assert trainer.is_alive, trainer.said
        trainer.kill()
        assert trainer.code == -signal.SIGKILL
        lost += workers * WIDTH
    assert 0 < len(broken.manifests()) < len(whole.manifests())
    assert broken.train(stages=ALL, CPBENCH_WORKERS="2").code == 0
    assert broken.epochs <= broken.epochs_begun() <= broken.epochs + lost
    assert broken.weights() == whole.weights()
    assert broken.records() == whole.records()
    assert broken.results() == whole.results()
    assert not broken.quarantine.exists()
    # A kill between a new checkpoint and the end of the one before leaves both: nobody's any more.
    remove_all(useless(broken.project))
    assert list(broken.waypoints.glob("??/*")) == []
    assert broken.weights() == whole.weights()

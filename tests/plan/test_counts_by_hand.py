"""Epochs naive and shared of hand-made protocols; the arithmetic stands beside each.

B₂ is an epoch under the deficit at clock 2, C₂ a clean one; a tail is what a run trains alone.
"""

from collections.abc import Callable
from typing import Any

from cpbench.plan.compiling import compile_protocol
from cpbench.specs.protocols import Protocol

Make = Callable[..., Protocol]
BLUR = {"kind": "blur", "factor": 4, "down": "area", "up": "bilinear"}
FLIP = {"kind": "vertical_flip"}
RENAMED = {"kind": "class_permutation", "shift": 1}
NUM_SEEDS = 3


def counted(protocol: Protocol) -> tuple[int, int]:
    """Epochs of one seed, naive and shared; three seeds cost three times as much."""
    plan = compile_protocol(protocol, tuple(range(NUM_SEEDS))).plan
    trained = sum(each.stop - each.start for each in plan.segments)
    assert trained == plan.epochs_shared
    assert plan.epochs_naive == NUM_SEEDS * sum(each.epochs for each in plan.conditions)
    assert (plan.epochs_naive % NUM_SEEDS, plan.epochs_shared % NUM_SEEDS) == (0, 0)
    return plan.epochs_naive // NUM_SEEDS, plan.epochs_shared // NUM_SEEDS


def test_a_window_that_slides_over_the_onsets(protocol: Make):
    # Two blurred epochs from epoch 0, 2, 4 or 6 of 8.
    # Naive: 4 windows and 4 paired controls of 8 epochs: 64.
    # Shared: the clean trunk, every control at once, 8. A window at onset o leaves it at o and
    # trains the other 8 - o epochs alone: 8 + 6 + 4 + 2 = 20. Together 28.
    phases = [{"until": "$onset"}, {"for": 2, "deficits": [BLUR]}, {"fill_to": 8}]
    spec = protocol(phases=phases, sweep={"onset": [0, 2, 4, 6]}, controls=["no_deficit"])
    assert counted(spec) == (64, 28)


def test_three_deficits_on_one_clean_trunk(protocol: Make):
    # Clean to epoch 4, impaired to 4, 6 or 8, then three clean epochs: 7, 9 and 11 in all.
    # Naive: 3 deficits x (curve, no_deficit, never_removed) x (7 + 9 + 11) = 9 x 27 = 243.
    # Shared by all deficits: the clean trunk of 11, which holds the removals at 4 too.
    # Of its own, each deficit has its impaired trunk from 4 to 11 (never_removed at 8; those at 4
    # and 6 and the curves' impaired epochs are prefixes of it): 7, and clean tails after 6 and 8:
    # 3 + 3. Together 11 + 3 x 13 = 50.
    phases = [{"for": 4}, {"until": "$removal", "deficits": [BLUR]}, {"for": 3}]
    arms = {
        "blur": {},
        "flip": {"phases.1.deficits": [FLIP]},
        "renamed": {"phases.1.deficits": [RENAMED]},
    }
    spec = protocol(
        phases=phases,
        sweep={"removal": [4, 6, 8]},
        arms=arms,
        controls=["no_deficit", "never_removed"],
    )
    assert counted(spec) == (243, 50)


def test_a_fork_that_differs_only_in_the_order_of_the_data(protocol: Make):
    # Forks at epoch 0, 3 and 6 of 9, each with two other orders.
    # Naive: 2 orders x 3 forks x 9 = 54.
    # Shared: the trunk in the usual order, as far as the last fork: 6. Each order has tails of
    # 9, 6 and 3, which share nothing, as they begin at different weights: 18. 6 + 2 x 18 = 42.
    spec = protocol(
        phases=[{"until": "$fork"}, {"fill_to": 9, "order": 1}],
        sweep={"fork": [0, 3, 6]},
        arms={"one": {}, "two": {"phases.1.order": 2}},
        controls=[],
    )
    assert counted(spec) == (54, 42)


def test_a_restart_arm_under_a_decaying_law(protocol: Make, decaying: dict[str, Any]):
    # Removals 0 and 3, four epochs after; the clock goes on in one arm and restarts in the other.
    # Naive: 2 arms x (curve, no_deficit) x (4 + 7) = 44.
    # Shared: clean C0..C6, 7: all of "continue" but its blurred run, and both arms' removal 0,
    # where a clock that restarts at 0 reads as one that goes on. The blurred trunk B0 B1 B2, 3.
    # After it a tail C3..C6 and a tail C0..C3, 4 + 4. The restart arm's no_deficit leaves the clean
    # trunk after C2 for C0..C3, 4. Together 7 + 3 + 8 + 4 = 22.
    phases = [{"until": "$removal", "deficits": [BLUR]}, {"for": 4, "lr_clock": "continue"}]
    spec = protocol(
        phases=phases,
        training=decaying,
        sweep={"removal": [0, 3]},
        arms={"continue": {}, "restart": {"phases.1.lr_clock": "restart"}},
        controls=["no_deficit"],
    )
    assert counted(spec) == (44, 22)


def test_a_removal_sweep_with_all_three_controls(protocol: Make, decaying: dict[str, Any]):
    # Removals 0, 2 and 5, three epochs after, the clock going on: 3, 5 and 8 epochs.
    # Naive: (curve, no_deficit, never_removed) x (3 + 5 + 8) + schedule_only x (3 + 3 + 3) = 57.
    # Shared: clean C0..C7, 8: no_deficit, the curve and schedule_only at 0. Blurred B0..B7, 8.
    # Tails after the blur, C2..C4 and C5..C7: 3 + 3. schedule_only begins with fresh weights at
    # C2 or C5, where nothing else begins: 3 + 3. Together 8 + 8 + 6 + 6 = 28.
    phases = [{"until": "$removal", "deficits": [BLUR]}, {"for": 3, "lr_clock": "continue"}]
    spec = protocol(
        phases=phases,
        training=decaying,
        sweep={"removal": [0, 2, 5]},
        controls=["no_deficit", "never_removed", "schedule_only"],
    )
    assert counted(spec) == (57, 28)

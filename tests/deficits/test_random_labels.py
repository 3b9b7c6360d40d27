import pytest
import torch
from torch import Tensor

from cpbench.deficits.random_labels import randomise_labels
from cpbench.specs.deficits import RandomLabels
from cpbench.streams import Draw, Split, generator

COUNT = 10_000
TRUE = torch.arange(COUNT) % 10


def draw(indices: Tensor, *, seed: int = 0, epoch: int = 0, split: Split = "train") -> Draw:
    return Draw(seed, split, indices, COUNT, generator(seed, "deficit", epoch))


def randomised(fraction: float = 1.0, seed: int = 0) -> Tensor:
    spec = RandomLabels(kind="random_labels", fraction=fraction)
    return randomise_labels(TRUE, spec, 10, draw(torch.arange(COUNT), seed=seed))


def test_random_labels_are_uniform_whatever_the_true_one_is():
    table = torch.zeros(10, 10)
    table.index_put_((TRUE, randomised()), torch.ones(COUNT), accumulate=True)
    # 100 expected in each of the 100 cells; the sum of squares is chi-squared with 90 degrees of
    # freedom, of which 1 in 1,000 is above 137.2 (the sums over rows are fixed).
    assert ((table - 100) ** 2 / 100).sum().item() < 137.2


def test_a_label_belongs_to_its_example_in_every_epoch_order_and_batch():
    everything = randomised()
    spec = RandomLabels(kind="random_labels")
    some = torch.tensor([9_999, 3, 512])
    again = randomise_labels(TRUE[some], spec, 10, draw(some, epoch=7))
    assert torch.equal(again, everything[some])


def test_each_replicate_draws_its_own():
    assert (randomised(seed=0) != randomised(seed=1)).float().mean() > 0.8


@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.9])
def test_a_fraction_of_the_examples_is_replaced_and_the_rest_keep_theirs(fraction: float):
    # One replaced label in ten is by chance the right one; four standard deviations around that.
    changed = (randomised(fraction) != TRUE).sum().item()
    expected = 0.9 * fraction * COUNT
    assert abs(changed - expected) < 4 * (0.1 * expected) ** 0.5


def test_a_smaller_fraction_is_part_of_a_larger_one_with_the_same_labels():
    less, more, all_of_them = randomised(0.3), randomised(0.6), randomised(1.0)
    changed = less != TRUE
    assert torch.equal(more[changed], less[changed])
    assert torch.equal(all_of_them[more != TRUE], more[more != TRUE])
    assert (more != TRUE).sum() > changed.sum()


def test_labels_that_are_evaluated_on_are_left_alone():
    spec = RandomLabels(kind="random_labels")
    whole = draw(torch.arange(COUNT), split="test")
    assert torch.equal(randomise_labels(TRUE, spec, 10, whole), TRUE)

import torch
from torch import nn

from cpbench.datasets import Data, Part
from cpbench.measurements.subject import Subject
from cpbench.specs.deficits import ClassPermutation, RandomLabels
from cpbench.specs.training import EpochSettings, Inputs, Objective, Sgd, Targets, Update
from cpbench.training.feed import Feed

COUNT = 60
RENAMED = ClassPermutation(kind="class_permutation", shift=1)
RANDOM = RandomLabels(kind="random_labels", fraction=0.5)


def data() -> Data:
    images = torch.arange(COUNT).view(-1, 1, 1, 1).byte()
    part = Part(images, torch.arange(COUNT) % 5)
    return Data(part, part, 255.0, torch.zeros(1, 1, 1), torch.ones(1, 1, 1), 5)


def test_labels_under_the_deficit_are_those_that_were_trained_on():
    deficits = (RENAMED, RANDOM)
    subject = Subject(nn.Flatten(), data(), seed=4, epoch=9, deficits=deficits, current=deficits)
    settings = EpochSettings(
        inputs=Inputs(augmentation=(), deficits=()),
        targets=Targets(deficits=deficits),
        objective=Objective(),
        update=Update(batch_size=COUNT, optimizer=Sgd(kind="sgd", lr=0.1)),
    )
    feed = Feed(data(), 4)
    [batch] = feed.batches(settings, 2)
    trained_on = torch.empty_like(batch.labels)
    trained_on[feed.order(settings, 2)] = batch.labels
    assert torch.equal(subject.labels("train", impaired=True), trained_on)
    assert torch.equal(subject.view("train", deficits).labels, trained_on)


def test_labels_without_the_deficit_and_random_labels_of_test_images_are_the_true_ones():
    subject = Subject(nn.Flatten(), data(), seed=4, epoch=9, deficits=(RANDOM,), current=())
    true = torch.arange(COUNT) % 5
    assert torch.equal(subject.labels("train", impaired=False), true)
    assert torch.equal(subject.labels("test", impaired=True), true)
    assert not torch.equal(subject.labels("train", impaired=True), true)


def test_weights_that_overflow_on_the_training_images_are_not_finite():
    """Each weight is a number; what they make of an image is not."""
    last = nn.Linear(1, 5)
    with torch.no_grad():
        last.weight.fill_(1e38)
    found = [
        Subject(
            nn.Sequential(nn.Flatten(), *more), data(), seed=0, epoch=1, deficits=(), current=()
        )
        for more in ([last], [last, nn.Linear(5, 5)])
    ]
    with torch.no_grad():
        found[1].model[2].weight.fill_(1e38)
    assert [each.is_finite for each in found] == [True, False]

"""Fully connected ReLU net.

Source: He et al. (2015) for the initialisation, which `initialisation.py` applies.
"""

import math
from itertools import pairwise

from torch import nn

from cpbench.specs.models import Mlp


def build_mlp(spec: Mlp, shape: tuple[int, int, int], num_outputs: int) -> nn.Module:
    """Return flatten → (linear → ReLU) × hidden layers → linear."""
    layers: list[nn.Module] = [nn.Flatten()]
    for fan_in, fan_out in pairwise((math.prod(shape), *spec.widths)):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    last = spec.widths[-1] if spec.widths else math.prod(shape)
    return nn.Sequential(*layers, nn.Linear(last, num_outputs))

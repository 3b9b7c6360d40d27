"""Deep linear net: its function is one matrix, its training is not that of one.

Source: Saxe, McClelland & Ganguli (2014), §1.
"""

import math
from itertools import pairwise

from torch import nn

from cpbench.specs.models import DeepLinear


def build_deep_linear(spec: DeepLinear, shape: tuple[int, int, int], num_outputs: int) -> nn.Module:
    """Return flatten → a product of matrices, without bias or activation."""
    widths = (math.prod(shape), *spec.widths, num_outputs)
    layers = [nn.Linear(fan_in, fan_out, bias=False) for fan_in, fan_out in pairwise(widths)]
    return nn.Sequential(nn.Flatten(), *layers)

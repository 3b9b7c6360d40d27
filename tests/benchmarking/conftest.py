"""`benchmarks` is not installed: it is found beside `tests`, which has the root on no path."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2]))

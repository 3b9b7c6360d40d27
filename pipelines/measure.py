"""Stage `measure`: run records and weights → artifacts/readings/<protocol>/."""

import sys

from cpbench.cli.errors import reporting
from cpbench.measuring import measure_protocol
from cpbench.project import find

if __name__ == "__main__":
    with reporting():
        measure_protocol(find(), sys.argv[1])

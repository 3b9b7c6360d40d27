"""Stage `evaluate`: readings → reports/results/<protocol>.csv."""

import sys

from cpbench.cli.errors import reporting
from cpbench.evaluating import evaluate_protocol
from cpbench.project import find

if __name__ == "__main__":
    with reporting():
        evaluate_protocol(find(), sys.argv[1])

"""Stage `plan`: a protocol's spec → pipelines/plans/<protocol>.json."""

import sys

from cpbench.cli.errors import reporting
from cpbench.plan.compiling import load_compiled
from cpbench.project import find
from cpbench.records.files import to_json, write_text

if __name__ == "__main__":
    with reporting():
        project = find()
        compiled = load_compiled(project, sys.argv[1])
        write_text(project.plan(sys.argv[1]), to_json(compiled.plan.json_value()))

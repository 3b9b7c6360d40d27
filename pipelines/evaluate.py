"""Stage `evaluate`: readings → reports/results/<protocol>.csv."""

import sys

from cpbench.cli.errors import reporting
from cpbench.project import find
from cpbench.records.collecting import collect
from cpbench.records.plans import read_plan
from cpbench.records.readings import read_readings
from cpbench.records.results import write_results
from cpbench.specs.loading import load_protocol

if __name__ == "__main__":
    with reporting():
        project, name = find(), sys.argv[1]
        protocol, plan = load_protocol(project.protocol(name)), read_plan(project.plan(name))
        readings = [read_readings(project.readings(name), each) for each in protocol.measurements]
        write_results(project.result(name), collect(protocol, plan, readings))

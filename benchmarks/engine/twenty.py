"""The default study with 20 seeds, in the time that 10 took? And do its verdicts stand?

`.venv/bin/python -m benchmarks.engine.twenty`; about ten minutes on two idle cores. `sequential`
trains the 10 registered seeds and `stacked` 20, in turn, each from an empty store. The 20 are the
registered ones and the next 10 by the same rule, from the same ledger entry. Then every claim of
the repository that rests on these protocols alone is resolved on the first 10, on the 10 that are
new, and on all 20. Nothing is registered: this is a dry look.
"""

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.engine.place import log, parser
from benchmarks.engine.study import add_default, whole_seconds
from benchmarks.engine.turns import ratio, spread, take_turns
from benchmarks.engine.workplaces import REPOSITORY, STUDY, run_stage
from benchmarks.results import write
from cpbench.claims.statements import statements_of
from cpbench.ledger import claims_of, read_ledger
from cpbench.plan.compiling import compile_protocol, load_compiled
from cpbench.project import Project
from cpbench.quantities import read_series
from cpbench.records.results import read_results
from cpbench.resolving import Evidence, read_evidence, resolve
from cpbench.resolving.evidence import Study
from cpbench.scoring.judging import in_words

FACTOR = 2
"""Times as many seeds."""
WORKERS = 2


def main() -> None:
    """Run the benchmark and write `twenty.json`."""
    arguments = parser(__doc__, rounds=2).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        once, twice = (Project(Path(folder) / name) for name in ("once", "twice"))
        numbers = {name: _num_registered(name, tiny=arguments.tiny) for name in STUDY}
        for name, number in numbers.items():
            add_default(once, name, number, tiny=arguments.tiny)
            add_default(twice, name, FACTOR * number, tiny=arguments.tiny)
        methods = {
            "sequential": partial(whole_seconds, once, "sequential", WORKERS),
            "stacked, twice the seeds": partial(whole_seconds, twice, "stacked", WORKERS),
        }
        times = take_turns(methods, arguments.rounds)
        verdicts = _verdicts(twice, numbers)
    one, two = times.values()
    results = {
        "seeds": numbers,
        "wall_seconds": {name: spread(each) for name, each in times.items()},
        "sequential_over_stacked_with_twice_the_seeds": ratio(one, two),
        "verdicts": verdicts,
    }
    log.info("%s", results)
    write("twenty", results, folder=arguments.folder)


def settled(evidence: Evidence) -> dict[str, str]:
    """Return how every registered claim that rests on the default study alone comes out."""
    found: dict[str, str] = {}
    for told in claims_of(read_ledger(REPOSITORY.ledger)):
        protocols = statements_of(told.claim).protocols
        if set(protocols) <= set(STUDY) and not told.is_withdrawn:
            digests = {name: evidence[name].digest for name in protocols}
            outcome = resolve(told.claim, digests, evidence, today="").outcome
            found[f"{told.entry.payload.prediction.id} / {told.claim.id}"] = in_words(outcome)
    return found


def part_of(project: Project, chosen: Mapping[str, slice]) -> Evidence:
    """Return what a project's results say of some of each protocol's seeds."""
    found: dict[str, Study] = {}
    for name, part in chosen.items():
        compiled = load_compiled(project, name)
        plan = compile_protocol(compiled.protocol, compiled.plan.seeds[part]).plan
        rows = tuple(row for row in read_results(project.result(name)) if row.seed in plan.seeds)
        found[name] = Study(name, plan.digest, read_series(plan, rows), rows)
    return found


def _num_registered(name: str, *, tiny: bool) -> int:
    return 3 if tiny else len(load_compiled(REPOSITORY, name).plan.seeds)


def _verdicts(project: Project, numbers: Mapping[str, int]) -> Sequence[Mapping[str, object]]:
    """Return each claim's outcome as committed, on the registered seeds, on the new, on all."""
    for name in STUDY:
        for stage in ("measure", "evaluate"):
            run_stage(project, stage, name, "stacked", WORKERS)
    columns = {
        "as committed": read_evidence(REPOSITORY, STUDY),
        "registered seeds": part_of(project, _slices(numbers, stop=1)),
        "new seeds": part_of(project, _slices(numbers, start=1)),
        "all": part_of(project, _slices(numbers)),
    }
    outcomes = {column: settled(evidence) for column, evidence in columns.items()}
    claims = outcomes["as committed"]
    return [
        {"claim": claim, **{column: each[claim] for column, each in outcomes.items()}}
        for claim in claims
    ]


def _slices(
    numbers: Mapping[str, int], start: int | None = None, stop: int | None = None
) -> dict[str, slice]:
    """Return the seeds from `start` to `stop`, counted in registered numbers of them."""
    return {name: slice(start and start * n, stop and stop * n) for name, n in numbers.items()}


if __name__ == "__main__":
    main()

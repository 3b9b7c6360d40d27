"""Twenty seeds in the time that ten took: a study and its registered replication, from nothing.

`.venv/bin/python -m benchmarks.engine.twenty`; about eight minutes on two idle cores. In turn,
`sequential` trains the ten registered seeds of `blur_digits` and `stacked` the twenty registered
seeds of `blur_digits_again`, which is the same study otherwise; each from an empty store, process
starts included. Whether the verdicts stand is not measured here: the claims about both studies
were registered, and are taken from `reports/scores.json` as the pipeline settled them.
"""

import json
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.engine.place import log, parser
from benchmarks.engine.study import WORKERS, add_default
from benchmarks.engine.turns import ratio, spread, take_turns
from benchmarks.engine.workplaces import REPOSITORY, alike, empty_store, train
from benchmarks.results import write
from cpbench.plan.compiling import load_compiled
from cpbench.project import Project

ONCE, TWICE = "blur_digits", "blur_digits_again"


def main() -> None:
    """Run the benchmark and write `twenty.json`."""
    arguments = parser(__doc__, rounds=3).parse_args()
    if TWICE not in alike(ONCE):
        raise AssertionError(f"{TWICE} is no replication of {ONCE}")
    with tempfile.TemporaryDirectory() as folder:
        methods = {
            "once": partial(_trained, Path(folder), ONCE, "sequential", tiny=arguments.tiny),
            "twice": partial(_trained, Path(folder), TWICE, "stacked", tiny=arguments.tiny),
        }
        times = take_turns(methods, arguments.rounds)
    results = {
        "studies": [
            {"protocol": name, "executor": executor, "seeds": _num_seeds(name)}
            for name, executor in ((ONCE, "sequential"), (TWICE, "stacked"))
        ],
        "wall_seconds": {name: spread(each) for name, each in times.items()},
        "once_over_twice": ratio(times["once"], times["twice"]),
        "verdicts": verdicts(json.loads(REPOSITORY.scores.read_text(encoding="utf-8"))),
    }
    log.info("%s", results)
    write("twenty", results, folder=arguments.folder)


def verdicts(scores: dict[str, list[dict[str, object]]]) -> list[dict[str, object]]:
    """Return how the registered claims about either study alone came out.

    Args:
        scores: What `reports/scores.json` holds.
    """
    found: list[dict[str, object]] = []
    for claim in scores["claims"]:
        outcome = claim["outcome"]
        if claim["protocols"] in ([ONCE], [TWICE]) and isinstance(outcome, dict):
            chosen = ("state", "probability", "n_seeds")
            text = {name: claim[name] for name in ("prediction", "id", "text")}
            found.append(text | {name: outcome.get(name) for name in chosen})
    return found


def _num_seeds(name: str) -> int:
    return len(load_compiled(REPOSITORY, name).plan.seeds)


def _trained(root: Path, name: str, executor: str, *, tiny: bool) -> float:
    """Return the wall seconds of training a study from nothing, with all that starts it."""
    project = Project(root / name)
    add_default(project, name, _num_seeds(name), tiny=tiny)
    empty_store(project)
    return train(project, name, executor, WORKERS)


if __name__ == "__main__":
    main()

"""What notebooks import, on the finished project."""

import pytest
from workspaces import Workspace

pytestmark = pytest.mark.slow

LOOK = """
import cpbench, torch
table = cpbench.load_results("tiny")
final = table[(table["name"] == "test_accuracy") & (table["at"] == "final")]
kept = final[final["control"] == ""]
stored = cpbench.load_model("tiny", arm="b20", removal=5, seed=1)
print(len(table), len(kept), *sorted(map(int, kept["removal"].unique())))
print(type(stored).__name__, stored.training)
"""

REPLAY = """
import cpbench, torch, json, pathlib
from cpbench.checkpoint import from_bytes
from cpbench.project import find
from cpbench.executors.workshop import open_workshop
from cpbench.plan.compiling import load_compiled
from cpbench.training.device import settle
plan = json.loads(find().plan("tiny").read_text())
number = next(i for i, c in enumerate(plan["conditions"])
              if (c["arm"], c["control"], c["removal"]) == ("b20", "", 5))
run = next(r for r in plan["runs"] if r["condition"] == number and r["seed"] == 1)
root = load_compiled(find(), "tiny").stretches[0].root
store = open_workshop(find().data, find().store, settle()).store(root)
end = from_bytes(store.get(run["states"]["15"]).weights).model
import shutil
folder = store._folder(run["states"]["15"])
shutil.rmtree(folder)
model = cpbench.load_model("tiny", arm="b20", removal=5, seed=1, epoch=15)
print(all(torch.equal(value, end[name]) for name, value in model.state_dict().items()))
print(folder.exists())
"""


def test_results_are_a_table_and_weights_a_module(finished: Workspace):
    said = finished.run("python", "-c", LOOK).stdout
    results = (finished.root / "reports" / "results" / "tiny.csv").read_text().splitlines()
    assert said.split() == [str(len(results) - 1), "18", "0", "5", "10", "Sequential", "False"]


def test_an_epoch_that_is_not_stored_is_retrained_to_the_same_bits(workspace: Workspace):
    assert workspace.run("python", "-c", REPLAY).stdout.split() == ["True", "False"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ('load_model("tinny", arm="b20", removal=5, seed=1)', "did you mean 'tiny'"),
        ('load_model("tiny", arm="b21", removal=5, seed=1)', "allowed: b20, b60"),
        ('load_model("tiny", arm="b20", removal=6, seed=1)', "there are removals [0, 5, 10]"),
        ('load_model("tiny", arm="b20", removal=5, seed=9)', "seed 9"),
        ('load_model("tiny", arm="b20", removal=5, seed=1, epoch=99)', "epochs 0 to 15"),
        ('load_results("tinny")', "did you mean 'tiny'"),
    ],
)
def test_what_does_not_exist_is_named_with_what_does(finished: Workspace, call: str, words: str):
    done = finished.run("python", "-c", f"import cpbench; cpbench.{call}", check=False)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert "UsageError" in last
    assert words in last

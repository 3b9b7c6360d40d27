from pathlib import Path

import pytest

from cpbench.errors import Problem, SpecError
from cpbench.specs.loading import is_published, load_protocol, load_published
from cpbench.specs.reading import read
from cpbench.specs.register import Register

TABLE = """\
id: table
about: {title: A table}
published:
  source: Someone (2020), table 2
  unit: percent
  seeds: 1
  baseline: removal_0
  arms:
    a:
      total_epochs: 30
      training: {batch_size: 64, num_train: 100, lr: 0.1, lr_law: {kind: constant}}
      rows:
        - {removal: 0, accuracy: 90, test_loss: 0.5}
        - {removal: 10, accuracy: 85.5, llc_at_removal: -3.5}
      never_removed:
        - {accuracy: 50}
"""
SEEDS = TABLE.replace("seeds: 1", "seeds: 2").replace("accuracy:", "seed: 1, accuracy:")


def problems(folder: Path, *edits: tuple[str, str], text: str = TABLE) -> list[Problem]:
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path = folder / "table.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_published(path)
    return list(caught.value.problems)


def test_a_table_is_read_as_it_is_written(tmp_path: Path):
    path = tmp_path / "table.yaml"
    path.write_text(TABLE)
    arm = load_published(path).published.arms["a"]
    assert [(row.removal, row.accuracy) for row in arm.rows] == [(0, 90), (10, 85.5)]
    assert arm.rows[1].llc_at_removal == -3.5
    assert [row.accuracy for row in arm.never_removed] == [50]
    assert arm.no_deficit == ()


def test_seeds_and_controls_of_ones_own_are_read(tmp_path: Path):
    path = tmp_path / "table.yaml"
    own = "baseline: no_deficit", "      no_deficit:\n        - {seed: 0, accuracy: 91}\n"
    path.write_text(SEEDS.replace("baseline: removal_0", own[0]) + own[1])
    assert load_published(path).published.arms["a"].no_deficit[0].accuracy == 91


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("id: table", "id: other", 1, "must be the file's name, 'table'"),
        ("source: Someone (2020), table 2", "source: ''", 4, "at least 1 character"),
        ("  source: Someone (2020), table 2\n", "", 3, "is required"),
        ("unit: percent", "unit: percents", 5, "did you mean 'percent'?"),
        ("unit: percent", "unit: fraction", 5, "go up to 90; write percent"),
        ("accuracy: 85.5", "accuracy: 855", 14, "is more than 100, all there is in percent"),
        ("accuracy: 85.5", "accuracy: .nan", 14, "finite number"),
        ("accuracy: 85.5", "accuracy: -1", 14, "greater than or equal to 0"),
        ("accuracy: 85.5", "acuracy: 85.5", 14, "did you mean 'accuracy'?"),
        ("seeds: 1", "seeds: 0", 6, "greater than or equal to 1"),
        ("baseline: removal_0", "baseline: removal0", 7, "did you mean 'removal_0'?"),
        ("baseline: removal_0", "baseline: no_deficit", 9, "needs no_deficit rows"),
        ("removal: 0,", "removal: 5,", 12, "has no removal 0"),
        ("removal: 10", "removal: 0", 12, "must be distinct and sorted"),
        ("removal: 10", "removal: 30", 14, "write it under never_removed"),
        ("accuracy: 85.5", "seed: 1, accuracy: 85.5", 14, "is not below seeds, which is 1"),
        ("- {accuracy: 50}", "- {accuracy: 50}\n        - {accuracy: 51}", 15, "distinct"),
        ("never_removed:", "no_deficit:", 15, "is not used under baseline: removal_0"),
        ("num_train: 100, ", "", 11, "is required"),
        ("total_epochs: 30", "total_epochs: 30000", 10, "less than or equal to 20000"),
        ("published:", "protocol: {}\npublished:", 3, "is not a field here"),
    ],
)
def test_what_cannot_be_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, line: int, message: str
):
    found = problems(tmp_path, (old, new))
    assert [each.line for each in found if message in each.message] == [line], found


def test_all_problems_are_told_at_once(tmp_path: Path):
    found = problems(tmp_path, ("removal: 10", "removal: 30"), ("accuracy: 50", "accuracy: 500"))
    assert {each.field for each in found} == {
        "published.arms.a.rows.1.removal",
        "published.arms.a.never_removed.0.accuracy",
    }


def test_each_row_says_its_seed_where_there_are_several(tmp_path: Path):
    found = problems(tmp_path, ("seed: 1, accuracy: 85.5", "accuracy: 85.5"), text=SEEDS)
    assert [(each.line, each.field) for each in found] == [(14, "published.arms.a.rows.1")]
    assert "needs a seed, 0 … 1" in found[0].message


def test_fractions_called_percent_are_found_out(tmp_path: Path):
    fractions = [("90", "0.9"), ("85.5", "0.855"), ("accuracy: 50", "accuracy: 0.5")]
    (found,) = problems(tmp_path, *fractions)
    assert (found.line, found.field) == (5, "published.unit")
    assert "write fraction" in found.message


def test_published_results_are_no_protocol_to_run(tmp_path: Path):
    path = tmp_path / "table.yaml"
    path.write_text(TABLE)
    assert is_published(read(path))
    with pytest.raises(SpecError, match=r":3:1: published: .*nothing to plan or run"):
        load_protocol(path)


def test_published_protocols_are_judged_and_have_no_stages():
    register = Register.model_validate({"protocols": ["a"], "published": ["b"]})
    assert register.names == ("a",)
    assert register.judged == ("a", "b")
    assert Register().judged == ()

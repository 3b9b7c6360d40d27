import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cpbench.specs.loading import load_published

Cpbench = Callable[..., Any]
ROOT = Path(__file__).parents[2]
CSV = """\
epoch,acc,loss,lambda
0,90,0.5,-3.5
10,85.5,0.6,
20,80,,12
30,51,2.5,
"""
FIRST = ("--protocol", "table", "--arm", "a", "--total-epochs", "30")
COLUMNS = ("--column", "removal=epoch", "--column", "accuracy=acc")


@pytest.fixture
def csv(project: Path) -> Path:
    path = project / "results.csv"
    path.write_text(CSV)
    return path


@pytest.fixture
def spec(project: Path) -> Path:
    return project / "specs" / "protocols" / "table.yaml"


@pytest.fixture
def first(csv: Path, cpbench: Cpbench) -> Callable[..., Any]:
    """Import the table as the arm `a`; later words win over earlier ones."""

    def run(*words: str, columns: tuple[str, ...] = COLUMNS) -> Any:
        return cpbench("import", str(csv), *FIRST, *columns, *words)

    return run


def test_a_table_becomes_a_valid_protocol(first: Any, spec: Path, cpbench: Cpbench):
    said = first("--source", "Someone (2020), table 2")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(
        "wrote specs/protocols/table.yaml: arm a, 3 rows and 1 never removed"
    )
    assert cpbench("validate").code == 0
    block = load_published(spec).published
    assert (block.unit, block.seeds, block.baseline) == ("percent", 1, "removal_0")
    assert block.source == "Someone (2020), table 2"
    arm = block.arms["a"]
    assert [(row.removal, row.accuracy) for row in arm.rows] == [(0, 90), (10, 85.5), (20, 80)]
    assert [row.accuracy for row in arm.never_removed] == [51]


def test_more_columns_are_taken_where_they_have_a_number(first: Any, spec: Path):
    more = ("--column", "test_loss=loss", "--column", "llc_at_removal=lambda")
    assert first(columns=(*COLUMNS, *more)).code == 0
    rows = load_published(spec).published.arms["a"].rows
    assert [row.test_loss for row in rows] == [0.5, 0.6, None]
    assert [row.llc_at_removal for row in rows] == [-3.5, None, 12]


def test_what_was_not_said_is_told_and_written(first: Any, spec: Path):
    out = first().out
    assert "baseline is removal_0; change it there" in out
    assert "write who published the numbers" in out
    assert "steps and learning rates are unknown" in out
    assert "list table under published: in params.yaml" in out
    assert load_published(spec).published.source.startswith("results.csv, SHA-256 ")


def test_without_a_row_at_removal_0_there_is_no_baseline(first: Any, csv: Path, spec: Path):
    csv.write_text(CSV.replace("0,90,0.5,-3.5\n", ""))
    assert first().code == 0
    assert load_published(spec).published.baseline == "none"


def test_another_arm_joins_and_the_file_keeps_its_words(
    first: Any, csv: Path, spec: Path, cpbench: Cpbench
):
    first()
    spec.write_text(spec.read_text().replace("id: table", "# mine\nid: table"))
    before = spec.read_text()
    csv.write_text(CSV.replace("85.5", "84"))
    assert first("--arm", "b").code == 0
    assert spec.read_text().startswith(before)
    assert set(load_published(spec).published.arms) == {"a", "b"}
    assert cpbench("validate").code == 0


def test_the_same_arm_again_changes_nothing_and_other_numbers_are_refused(
    first: Any, csv: Path, spec: Path
):
    first()
    before = spec.read_bytes()
    again = first("--json")
    assert json.loads(again.out)["written"] is False
    assert first().out.startswith("nothing to do")
    csv.write_text(CSV.replace("85.5", "84"))
    code, _, err = first()
    assert (code, len(err.splitlines())) == (2, 1)
    assert "other numbers; results are not overwritten" in err
    assert spec.read_bytes() == before


def test_json_says_what_was_done(first: Any):
    told = json.loads(first("--json", "--source", "S").out)
    assert told["path"] == "specs/protocols/table.yaml"
    assert (told["written"], told["rows"], told["never_removed"]) == (True, 3, 1)
    assert (told["unit"], told["seeds"], told["baseline"], told["source"]) == (
        "percent",
        1,
        "removal_0",
        "S",
    )


def test_how_the_source_trained_is_written(first: Any, spec: Path):
    words = [
        word
        for pair in ("batch_size=64", "num_train=500", "lr=0.1")
        for word in ("--training", pair)
    ]
    assert first(*words, "--training", "lr_gamma=0.9").code == 0
    assert first(*words, "--training", "lr_gamma=1", "--arm", "b").code == 0
    arms = load_published(spec).published.arms
    assert arms["a"].training is not None
    assert arms["a"].training.json_value() == {
        "batch_size": 64,
        "num_train": 500,
        "lr": 0.1,
        "lr_law": {"kind": "exponential", "gamma": 0.9},
    }
    assert arms["b"].training is not None
    assert arms["b"].training.lr_law.kind == "constant"


def test_replicates_are_numbered_in_the_order_of_their_seeds(first: Any, csv: Path, spec: Path):
    csv.write_text("epoch,acc,seed\n10,0.5,7\n0,0.9,7\n0,0.8,3\n10,0.4,3\n40,0.1,7\n30,0.2,3\n")
    said = first(columns=(*COLUMNS, "--column", "seed=seed"))
    assert "seeds 3, 7 are written as 0 … 1" in said.out
    block = load_published(spec).published
    assert (block.unit, block.seeds) == ("fraction", 2)
    assert [(row.removal, row.seed, row.accuracy) for row in block.arms["a"].rows] == [
        (0, 0, 0.8),
        (0, 1, 0.9),
        (10, 0, 0.4),
        (10, 1, 0.5),
    ]
    assert [row.accuracy for row in block.arms["a"].never_removed] == [0.2, 0.1]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("85.5", "much", "results.csv:3:1: accuracy", "'much' is not a finite number"),
        ("85.5", "nan", "results.csv:3:1: accuracy", "'nan' is not a finite number"),
        ("85.5", "", "results.csv:3:1: accuracy", "'' is not a finite number"),
        ("85.5", "-1", "results.csv:3:1: accuracy", "from 0 on"),
        ("85.5", "1_0", "results.csv:3:1: accuracy", "'1_0' is not a finite number"),
        ("85.5", "855", "results.csv:3:1: accuracy", "is more than all of percent"),
        ("85.5", "85.5,1", "results.csv:3:1", "has 5 cells, the header 4"),
        ("10,", "10.5,", "results.csv:3:1: removal", "is not a whole number from 0 on"),
        ("10,", "\x1b[31m,", "results.csv:3:1: removal", "'\\x1b[31m' is not a whole number"),
        ("10,", "0,", "results.csv:3:1: removal", "removal 0 is there twice"),
        ("20,", "99,", "results.csv:5:1: removal", "a run never freed by 30 is there twice"),
        ("acc", "accu", "results.csv:1:1", "did you mean 'accu'?"),
        ("acc", "a\x1bcc", "results.csv:1:1", "must be distinct, printable names"),
        ("loss", "acc", "results.csv:1:1", "must be distinct, printable names"),
        (CSV, "", "results.csv:1:1", "is empty"),
        (CSV, "epoch,acc\n\n", "results.csv:1:1", "has a header and no rows"),
        (CSV, "epoch,acc\n31,2\n", "results.csv:1:1", "every removal is at or after the total"),
        (CSV, "\ud800", "results.csv:1:1", "is not UTF-8"),
        (CSV, "epoch,acc\n" + "1" * 200_000, "results.csv:1:1", "is not a CSV file"),
        (CSV, "1" * 10_000_000, "results.csv:1:1", "has more than 1,048,576 bytes"),
    ],
)
def test_a_bad_table_is_one_line_with_its_row(
    first: Any, csv: Path, old: str, new: str, place: str, message: str
):
    csv.write_bytes(CSV.replace(old, new, 1).encode(errors="surrogatepass"))
    code, out, err = first()
    assert (code, out, len(err.splitlines())) == (3, "", 1)
    assert err.startswith(f"{place}: ")
    assert message in err
    assert not (csv.parent / "specs" / "protocols" / "table.yaml").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("--column", "accuracy"), 2, "write NAME=VALUE"),
        (("--column", "acuracy=acc"), 2, "did you mean 'accuracy'?"),
        (("--column", "accuracy=loss"), 2, "--column accuracy is given twice"),
        (("--protocol", "../table"), 2, "use a-z, 0-9 and _"),
        (("--arm", "A"), 2, "use a-z, 0-9 and _"),
        (("--protocol", "tiny"), 2, "is a protocol that is run here"),
        (("--source", "a\nb"), 2, "one line of printable text"),
        (("--unit", "fraction"), 3, "accuracies up to 90 are not in fraction"),
        (("--training", "lr=0.1"), 2, "--training needs batch_size, num_train, lr_gamma, too"),
        (("--training", "lr=x"), 2, "--training needs"),
    ],
)
def test_a_bad_call_is_one_line(
    first: Any, spec: Path, words: tuple[str, ...], code: int, message: str
):
    said = first(*words)
    assert (said.code, said.out, len(said.err.splitlines())) == (code, "", 1)
    assert message in said.err
    assert not spec.exists()


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ("batch_size=1.5", "a whole number above 0"),
        ("batch_size=inf", "a whole number above 0"),
        ("lr=x", "a number above 0"),
        ("lr=0", "a number above 0"),
        ("lr_gamma=1.1", "at most 1"),
    ],
)
def test_what_no_training_can_be_is_refused(first: Any, spec: Path, pair: str, message: str):
    said = {"batch_size": "64", "num_train": "500", "lr": "0.1", "lr_gamma": "0.9"}
    name, value = pair.split("=")
    words = [
        w for key, each in (said | {name: value}).items() for w in ("--training", f"{key}={each}")
    ]
    told = first(*words)
    assert (told.code, len(told.err.splitlines())) == (2, 1)
    assert message in told.err
    assert not spec.exists()


@pytest.mark.parametrize("name", ["removal", "accuracy"])
def test_the_columns_that_are_needed_are_asked_for(first: Any, name: str):
    other = COLUMNS[2:] if name == "removal" else COLUMNS[:2]
    code, _, err = first(columns=other)
    assert (code, err) == (2, f"say which column holds the {name}: --column {name}=COLUMN\n")


def test_a_missing_file_is_one_line(first: Any, csv: Path):
    csv.unlink()
    code, _, err = first()
    assert (code, err) == (
        3,
        "results.csv:1:1: cannot be read (No such file or directory); check the path\n",
    )


@pytest.mark.parametrize(
    ("table", "words", "message"),
    [
        ("epoch,acc\n0,0.9\n", (), "has unit percent, this table fraction"),
        (
            "epoch,acc,seed\n0,90,1\n0,91,2\n",
            ("--column", "seed=seed"),
            "has seeds 1, this table 2",
        ),
        (CSV, ("--source", "someone else"), "has another source"),
    ],
)
def test_an_arm_that_does_not_fit_its_protocol_is_refused(
    first: Any, csv: Path, spec: Path, table: str, words: tuple[str, ...], message: str
):
    first()
    before = spec.read_bytes()
    csv.write_text(table)
    code, _, err = first("--arm", "b", columns=(*COLUMNS, *words))
    assert (code, len(err.splitlines())) == (2, 1)
    assert message in err
    assert spec.read_bytes() == before


def test_a_table_too_long_for_a_spec_is_refused(first: Any, csv: Path, spec: Path):
    lines = "".join(f"{epoch},{epoch % 90}\n" for epoch in range(2500))
    csv.write_text(f"epoch,acc\n{lines}")
    code, _, err = first("--total-epochs", "2500")
    assert (code, len(err.splitlines())) == (3, 1)
    assert "import fewer rows or columns" in err
    assert not spec.exists()


def test_published_results_are_not_planned_and_have_no_status(
    first: Any, project: Path, cpbench: Cpbench
):
    (project / "params.yaml").write_text("protocols: [tiny]\npublished: [table]\n")
    assert "params.yaml" not in first().out
    code, out, err = cpbench("plan", "table")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith("table holds results of others, so there is nothing to plan or run")
    status = cpbench("status").out
    assert "tiny" in status
    assert "table" not in status


def test_a_broken_table_is_an_error_of_its_file(first: Any, spec: Path, cpbench: Cpbench):
    first()
    spec.write_text(spec.read_text().replace("unit: percent", "unit: fraction"))
    code, _, err = cpbench("validate")
    assert code == 3
    assert err.startswith("specs/protocols/table.yaml:7:3: published.unit: ")


def test_predictions_may_be_about_published_results(first: Any, project: Path, cpbench: Cpbench):
    first()
    path = project / "specs" / "predictions" / "bet.yaml"
    path.parent.mkdir()
    path.write_text(
        "id: bet\nabout: {title: A bet}\nexposure: seen\nclaims:\n"
        "  - {id: a, title: A, type: binary, claim: 'never(table.a) < 60%',\n"
        "     resolution: {rule: point, on_divergence: drop, min_seeds: 1}}\n"
    )
    assert cpbench("validate", str(path)).code == 0
    path.write_text(path.read_text().replace("table.a", "table.b"))
    assert "allowed: a" in cpbench("validate", str(path)).err

"""`cpbench score`: how every registered claim came out, who foresaw it, and who owes whom."""

from typing import Annotated

import typer


def score(
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what reports/scores.json holds.")
    ] = False,
    out: Annotated[
        bool, typer.Option("--out", help="Write reports/scores.json, as the pipeline does.")
    ] = False,
) -> None:
    """Resolve every registered claim and score its forecasts; writes nothing unless asked to."""
    from cpbench.cli.score_table import print_scores
    from cpbench.project import find
    from cpbench.records.files import write_text
    from cpbench.scoring import score as judge
    from cpbench.scoring import scores_json

    project = find()
    scores = judge(project)
    if out:
        write_text(project.scores, scores_json(scores))
    if as_json:
        typer.echo(scores_json(scores), nl=False)
    else:
        print_scores(scores)

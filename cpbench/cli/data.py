"""`cpbench data`: bring an archive of images into the ignored `data/` folder."""

import re
from pathlib import Path
from typing import Annotated

import typer


def data(
    archive: Annotated[
        Path, typer.Argument(help="A tar or zip of train/<class>/* and test/<class>/*.")
    ],
    name: Annotated[str, typer.Option(help="Folder below data/; what a spec's `root` says.")],
) -> None:
    """Unpack an archive of images and print the lines a spec needs to name it."""
    from cpbench.errors import UsageError
    from cpbench.image_trees import classes_of, files_of, tree_digest, unpack
    from cpbench.project import find

    if not re.fullmatch("[a-z][a-z0-9_]*", name):
        raise UsageError(f"--name '{name}': must match [a-z][a-z0-9_]*, as a spec's root does")
    target = find().data / name
    unpack(archive, target)
    names = classes_of(target)
    train, test = (
        sum(len(files_of(target / split / each)) for each in names) for split in ("train", "test")
    )
    typer.echo(f"{train:,} training and {test:,} test images in {len(names)} classes")
    typer.echo(
        f"dataset: {{kind: image_folder, root: {name}, num_classes: {len(names)}, "
        f"sha256: {tree_digest(target)}, …}}"
    )

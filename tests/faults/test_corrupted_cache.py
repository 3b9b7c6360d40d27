"""DVC does not look into what it restores: what it brings back damaged is named by `verify`."""

import shutil
from pathlib import Path

import pytest
from workspaces import Workspace

pytestmark = pytest.mark.slow

FILES = {
    "artifacts/runs/tiny/b20/curve/removal=5/seed-1/record.json": b'"sha256": "',
    "artifacts/readings/tiny/accuracy.json": b'"value": 0.',
}


@pytest.mark.parametrize("name", FILES)
def test_what_the_cache_has_damaged_is_named_though_dvc_is_content(name: str, workspace: Workspace):
    file = workspace.root / name
    content = file.read_bytes()
    assert FILES[name] in content
    damage(workspace.root / ".dvc" / "cache", content)
    assert workspace.run("python", "-m", "cpbench", "verify").returncode == 0
    shutil.rmtree(workspace.root / "artifacts")
    workspace.run("dvc", "checkout")
    assert file.read_bytes() != content
    assert "up to date" in workspace.run("dvc", "status").stdout
    done = workspace.run("python", "-m", "cpbench", "verify", check=False)
    assert done.returncode == 4
    assert "/".join(Path(name).parts[:3]) in done.stdout
    assert "damaged DVC cache" in done.stdout


def damage(cache: Path, content: bytes) -> None:
    """Flip a bit of an object and leave it as read-only as DVC made it."""
    objects = [path for path in cache.rglob("*") if path.is_file()]
    [found] = [path for path in objects if path.read_bytes() == content]
    mode = found.stat().st_mode
    found.chmod(0o644)
    found.write_bytes(content[:-100] + bytes([content[-100] ^ 1]) + content[-99:])
    found.chmod(mode)

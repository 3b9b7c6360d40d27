"""What a stored state says of itself."""

from cpbench.specs.base import Spec


class Manifest(Spec):
    """What a stored state says of itself."""

    state: str
    parent: str | None = None
    start: int
    stop: int
    numerics: dict[str, str]
    sha256: str
    """Of the weights' file."""
    seconds: float
    """Training time of this segment alone."""
    diverged: int | None = None
    """Epoch in which the loss stopped being finite; the weights are those before it."""
    device: str
    versions: dict[str, str]
    commit: str | None = None
    """Git commit when it was trained."""
    ledger_head: str | None = None
    """Hash of the ledger's last entry when it was trained; empty for an empty ledger."""
    width: int | None = None
    """Members that were trained as one program; absent: it was trained alone."""
    peak_memory_mb: float | None = None
    """The most memory its trainer held until then."""
    joules: float | None = None
    """Energy of this segment alone, where the device tells."""

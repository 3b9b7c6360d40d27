"""Identity: SHA-256 over canonical JSON (RFC 8785), the only way cpbench hashes a value."""

import hashlib
from pathlib import Path
from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:  # noqa: ANN401 - any JSON value
    """Return the RFC 8785 bytes of a JSON value: equal values give equal bytes everywhere."""
    return rfc8785.dumps(value)


def digest(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the SHA-256, in hex, of a JSON value's canonical bytes."""
    return hashlib.sha256(canonical(value)).hexdigest()


def fold(state: str, settings: str) -> str:
    """Return the digest of `[state, settings]`: the state after one more epoch.

    Two hex strings need no escaping, so their canonical JSON is written out here; a plan folds some
    hundred thousand epochs.
    """
    return hashlib.sha256(f'["{state}","{settings}"]'.encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256, in hex, of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()

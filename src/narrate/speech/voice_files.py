"""Where voices that are files live: one folder for each engine, in the data folder or under NARRATE_VOICES."""

import hashlib
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

VARIABLE = "NARRATE_VOICES"


def folder_of(engine: str) -> Path:
    """The folder of an engine's voices, which need not exist."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named).expanduser() / engine
    from platformdirs import user_data_path

    return user_data_path("narrate", appauthor=False) / "voices" / engine


def digest(files: Iterable[Path]) -> str:
    """The first 16 digits of the SHA-256 of the files' contents, in order. Raises OSError."""
    whole = hashlib.sha256()
    for path in files:
        state = path.stat()
        whole.update(_digest(path, state.st_size, state.st_mtime_ns))
    return whole.hexdigest()[:16]


@lru_cache(maxsize=64)
def _digest(path: Path, _size: int, _changed_ns: int) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()

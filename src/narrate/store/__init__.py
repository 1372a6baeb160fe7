"""The store: takes and encoded stretches under the hash of everything that decided them. Only `work.py`, `render.py`
and `pipeline.py` use it.

In: a place, a folder of this machine or an address that many machines share. Out: a `Store`. What a crash, a full disk
or a bit flip damaged, and what lies under another entry's name, fails its checksum, is dropped and made again. Entries
are a cache: deleting any of them, at any time, loses nothing but time.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Protocol

from narrate.store.folder import Entry, FolderStore
from narrate.store.limits import DEFAULT_LIMIT, limit_bytes, size_bytes

__all__ = [
    "DEFAULT_LIMIT",
    "Entry",
    "FolderStore",
    "Place",
    "Store",
    "cache_root",
    "default_place",
    "default_root",
    "is_address",
    "key",
    "limit_bytes",
    "open_store",
    "size_bytes",
]

Place = Path | str
"""A folder of this machine; or an address such as `s3://bucket/prefix`, as fsspec knows them."""


def default_root() -> Path:
    """The folder of this machine: `NARRATE_STORE`, unless that is an address, else `narrate` in the user's cache."""
    named = os.environ.get("NARRATE_STORE")
    if named and not is_address(named):
        return Path(named)
    from platformdirs import user_cache_path

    return user_cache_path("narrate", appauthor=False)


def default_place() -> Place:
    """`NARRATE_STORE`, a folder or an address; else `default_root`."""
    named = os.environ.get("NARRATE_STORE", "")
    return named if is_address(named) else default_root()


def is_address(text: str) -> bool:
    """Whether `text` is an address rather than a folder."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text))


class Store(Protocol):
    """What the program asks of either kind of store."""

    def has(self, kind: str, name: str) -> bool:
        """Whether there is such an entry; its checksum is looked at only when it is read."""

    def fetch(self, kind: str, names: Collection[str]) -> None:
        """Bring these entries near, all at once, for the `get`s that follow."""

    def get(self, kind: str, name: str) -> bytes | None:
        """The data, or None when there is none. A damaged or foreign entry is removed and counts as none."""

    def put(self, kind: str, name: str, data: bytes) -> None:
        """Keep `data`. Raises OutputError when the store cannot be written."""

    def together(self) -> AbstractContextManager[None]:
        """What is `put` in this block may be kept for others at its end, all at once. Raises OutputError."""

    def drop(self, kind: str, name: str) -> None:
        """Forget an entry; no error when there is none."""

    def evict(self, limit_bytes: int) -> int:
        """Make room on this machine: see `FolderStore.evict`."""


def open_store(place: Place) -> Store:
    """The store at `place`. Raises ConfigError when nothing here can reach such an address."""
    return FolderStore(place) if isinstance(place, Path) else _shared(place, os.getpid())


@cache
def _shared(address: str, _process: int) -> Store:
    # One a process: connections and their threads don't survive a fork.
    from narrate.store.shared import SharedStore

    return SharedStore(address, cache_root(address))


def cache_root(address: str) -> Path:
    """Where this machine keeps what it has read from or written to the shared store at `address`."""
    return default_root() / "shared" / hashlib.sha256(address.encode()).hexdigest()[:16]


def key(step: str, **inputs: object) -> str:
    """The name of a step's result: SHA-256 over the step and its inputs in canonical JSON, in hexadecimal."""
    canonical = json.dumps([step, inputs], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()

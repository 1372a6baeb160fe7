"""The store that many machines share, behind an address. In: data and its name. Out: the same data, or None.

What is read or written is also kept in a folder of this machine, and read from there. Half of an entry, which a dead
worker may leave where writing is not whole by itself, fails its checksum and counts as none.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path

from narrate.errors import OutputError
from narrate.remote import Remote
from narrate.store.folder import FolderStore
from narrate.store.limits import limit_bytes
from narrate.store.sealing import seal, unsealed


class SharedStore:
    """Meets `Store`: entries below `address`, and copies of those used here below `cache`."""

    def __init__(self, address: str, cache: Path) -> None:
        self._address = address
        self._cache = FolderStore(cache)
        self._absent: frozenset[tuple[str, str]] = frozenset()
        self._held: dict[str, bytes] | None = None
        self._grown = 0

    @cached_property
    def _remote(self) -> Remote:
        return Remote(self._address)

    def has(self, kind: str, name: str) -> bool:
        """See `Store.has`."""
        return self._cache.has(kind, name) or self._remote.exists(_path(kind, name))

    def fetch(self, kind: str, names: Collection[str]) -> None:
        """See `Store.fetch`; those that are not there are not asked for again until the next `fetch`."""
        paths = {_path(kind, name): name for name in names if not self._cache.has(kind, name)}
        found = self._remote.read_all(list(paths))
        whole = [paths[path] for path, entry in found.items() if self._copied(kind, paths[path], entry) is not None]
        self._absent = frozenset((kind, name) for name in set(paths.values()).difference(whole))

    def get(self, kind: str, name: str) -> bytes | None:
        """See `Store.get`."""
        data = self._cache.get(kind, name)
        if data is not None or (kind, name) in self._absent:
            return data
        entry = self._remote.read(_path(kind, name))
        return None if entry is None else self._copied(kind, name, entry)

    def put(self, kind: str, name: str, data: bytes) -> None:
        """See `Store.put`."""
        self._copy(kind, name, data)
        self._absent -= {(kind, name)}
        entry = seal(kind, name, data) + data
        if self._held is None:
            self._remote.write_all({_path(kind, name): entry})
        else:
            self._held[_path(kind, name)] = entry

    @contextmanager
    def together(self) -> Iterator[None]:
        """See `Store.together`; when the block raises, what it has put so far is written all the same."""
        self._held = {}
        try:
            yield
        finally:
            held, self._held = self._held, None
            if held:
                self._remote.write_all(held)

    def drop(self, kind: str, name: str) -> None:
        """See `Store.drop`."""
        self._cache.drop(kind, name)
        with suppress(OutputError):
            self._remote.remove([_path(kind, name)])

    def evict(self, limit_bytes: int) -> int:
        """Make room in this machine's copies; what others share stays (its own rules of expiry are its owner's)."""
        return self._cache.evict(limit_bytes)

    def _copied(self, kind: str, name: str, entry: bytes) -> bytes | None:
        data = unsealed(kind, name, entry)
        if data is None:
            self.drop(kind, name)
        else:
            self._copy(kind, name, data)
        return data

    def _copy(self, kind: str, name: str, data: bytes) -> None:
        with suppress(OutputError):  # a full disk here is no reason to stop: the entry itself is elsewhere
            self._cache.put(kind, name, data)
        self._grown += len(data)
        if self._grown > limit_bytes() // 4:
            self._grown = 0
            self._cache.evict(limit_bytes())


def _path(kind: str, name: str) -> str:
    return f"{kind}/{name[:2]}/{name}"

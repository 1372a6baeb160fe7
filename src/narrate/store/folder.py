"""The store as a folder of this machine. In: data and its name. Out: the same data, or None. Touches that folder only.

An entry is one file that gets its name only when it is whole, so a reader sees a whole entry or none, and on Linux a
build that is killed leaves no half of one.
"""

import contextlib
import errno
import itertools
import os
import sys
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from narrate.errors import OutputError
from narrate.store.sealing import HEAD_BYTES, seal

_TOUCH_EVERY_S = 3600  # an entry's time of use is good to the hour: a touch costs as much as a small read
_LITTER_AFTER_S = 6 * 3600  # a temporary file this old belongs to no living build
_ELSEWHERE = "name another folder with --store or NARRATE_STORE"
_ROOM = "free some space (narrate store --prune), or name another folder with --store"
_HINTS = {
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: f"your quota is used up: {_ROOM}",
    errno.EROFS: f"that file system is read-only: {_ELSEWHERE}",
}
_serial = itertools.count()


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A file of the store, as `narrate store` counts it."""

    path: Path
    kind: str
    size: int
    used_at: float


class FolderStore:
    """Meets `Store`: entries of several kinds below one folder, which is made on first writing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, kind: str, name: str) -> Path:
        """Where the entry is, whether it exists or not. 256 folders keep each one short."""
        return self.root / kind / name[:2] / name

    def has(self, kind: str, name: str) -> bool:
        """Whether there is such an entry; its checksum is looked at only when it is read."""
        return self.path(kind, name).is_file()

    def get(self, kind: str, name: str) -> bytes | None:
        """The data, or None when there is none. A damaged or foreign entry is removed and counts as none."""
        path = self.path(kind, name)
        try:
            with path.open("rb") as file:
                head = file.read(HEAD_BYTES)
                data = file.read()
                used_at = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        if head != seal(kind, name, data):
            self.drop(kind, name)
            return None
        if time.time() - used_at > _TOUCH_EVERY_S:
            with contextlib.suppress(OSError):
                os.utime(path)
        return data

    def put(self, kind: str, name: str, data: bytes) -> None:
        """Keep `data`. Raises OutputError when the store cannot be written."""
        path = self.path(kind, name)
        head = seal(kind, name, data)
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
            if not _written_nameless(path, head, data):
                _write_and_rename(path, head, data)
        except OSError as error:
            raise OutputError(
                f"the store {self.root} cannot be written: {error.strerror}",
                hint=_HINTS.get(error.errno or 0, _ELSEWHERE),
            ) from error

    def fetch(self, kind: str, names: Collection[str]) -> None:
        """Nothing: everything is near."""

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Nothing: each entry is kept at once."""
        yield

    def drop(self, kind: str, name: str) -> None:
        """Forget an entry; no error when there is none."""
        with contextlib.suppress(OSError):
            self.path(kind, name).unlink()

    def entries(self) -> Iterator[Entry]:
        """Every entry, in no order; what cannot be read, or vanishes meanwhile, is passed over."""
        for path, info in self._files():
            if not path.name.startswith("."):
                yield Entry(path=path, kind=path.parent.parent.name, size=info.st_size, used_at=info.st_mtime)

    def evict(self, limit_bytes: int) -> int:
        """Remove the least recently used entries until the rest fits `limit_bytes`; returns the bytes freed.

        Temporary files that a killed build left behind go first.
        """
        self._sweep()
        entries = sorted(self.entries(), key=lambda entry: (entry.used_at, entry.path.name))
        excess = sum(entry.size for entry in entries) - limit_bytes
        freed = 0
        for entry in entries:
            if freed >= excess:
                break
            with contextlib.suppress(OSError):
                entry.path.unlink()
                freed += entry.size
        return freed

    def _sweep(self) -> None:
        deadline = time.time() - _LITTER_AFTER_S
        for path, info in self._files():
            if path.name.startswith(".") and info.st_mtime < deadline:
                with contextlib.suppress(OSError):
                    path.unlink()

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = Path(folder, name)
                try:
                    yield path, path.stat()
                except OSError:
                    continue


def _written_nameless(path: Path, head: bytes, data: bytes) -> bool:
    """Write a file that has no name until it is whole, so that nothing is left of it when this process is killed.

    False, and nothing has changed but that an earlier entry may be gone, when that is not to be had: another system, a
    file system without such files, a kernel without /proc. Or anything else is wrong; the other way will tell what.
    """
    if sys.platform != "linux":
        return False
    try:
        with os.fdopen(os.open(path.parent, os.O_TMPFILE | os.O_WRONLY, 0o666), "wb") as file:
            file.write(head)
            file.write(data)
            file.flush()
            handle = file.fileno()
            source = f"/proc/self/fd/{handle}"  # links follow it only for `linkat`, hence the folder that it ignores
            try:
                os.link(source, path, src_dir_fd=handle, follow_symlinks=True)
            except FileExistsError:
                path.unlink()  # spoken afresh; whoever looks for it in between makes it again
                os.link(source, path, src_dir_fd=handle, follow_symlinks=True)
    except OSError:
        return False
    return True


def _write_and_rename(path: Path, head: bytes, data: bytes) -> None:
    temporary = path.with_name(f".{os.getpid()}-{next(_serial)}.part")
    try:
        with temporary.open("wb") as file:
            file.write(head)
            file.write(data)
        if path.is_dir():
            path.rmdir()  # nothing of ours: only an empty one is in nobody's way
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise

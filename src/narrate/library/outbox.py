"""Books that are published to a shared place, behind an address.

In: an address, and a finished book in a folder of this machine. Out: the same files there. The manifest is removed
first and written last: as long as it is not there, there is no book. What a listener has put beside it stays.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from narrate import record
from narrate.plan import Record
from narrate.release import MANIFEST_FILE, RECORD_FILE
from narrate.remote import remote


@dataclass(frozen=True, kw_only=True, slots=True)
class Published:
    """A book as it lies there: its record (None when there is no book), and the sizes of its files in bytes."""

    record: Record | None
    sizes: Mapping[str, int]


class Outbox:
    """The books below `address`. Raises ConfigError when nothing here can reach such an address."""

    def __init__(self, address: str) -> None:
        self._remote = remote(address)

    def published(self, folder: str) -> Published:
        """What is there of the book that belongs into `folder`."""
        sizes = self._remote.sizes(folder)
        if MANIFEST_FILE not in sizes:
            return Published(record=None, sizes=sizes)
        data = self._remote.read(f"{folder}/{RECORD_FILE}")
        return Published(record=record.from_json(data) if data else None, sizes=sizes)

    def bring(self, folder: str, published: Published, to: Path) -> None:
        """Copy a published book's files to `to`, for a build that takes some of them over."""
        assert published.record is not None
        for name in (*published.record.files, RECORD_FILE):
            if name in published.sizes:
                path = to / name
                path.parent.mkdir(parents=True, exist_ok=True)
                self._remote.download(f"{folder}/{name}", path)

    def publish(self, book: Path, folder: str) -> None:
        """Write the files of `book` to `folder` there, and remove those of the earlier one that it has no more."""
        before = self.published(folder)
        ours = {path.relative_to(book).as_posix(): path for path in sorted(book.rglob("*")) if path.is_file()}
        self._remote.remove([f"{folder}/{MANIFEST_FILE}"])
        for name, path in ours.items():
            if name != MANIFEST_FILE:
                self._remote.upload(path, f"{folder}/{name}")
        gone = set(before.record.files if before.record else ()).difference(ours)
        self._remote.remove([f"{folder}/{name}" for name in sorted(gone)])
        self._remote.upload(ours[MANIFEST_FILE], f"{folder}/{MANIFEST_FILE}")

    def write(self, name: str, data: bytes) -> None:
        """Write a file of the library's own."""
        self._remote.write_all({name: data})

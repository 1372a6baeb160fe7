"""A ZIP archive that may be hostile: its text files by name, within limits, and never a file on disk. Pure."""

import zipfile
import zlib
from collections.abc import Iterable
from io import BytesIO

from narrate.errors import SourceError
from narrate.source.limits import ARCHIVE_FILES, ARCHIVE_TEXT_BYTES, COMPRESSION_RATIO
from narrate.source.name import shown

_ENTRY = b"PK\x01\x02"
_LARGE = 1 << 20


class Archive:
    """The files of an archive by their paths from its root. `name` stands in messages.

    Raises SourceError for what is no archive, or has too many files.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self._name = name
        self._unpacked = 0
        if data.count(_ENTRY) > ARCHIVE_FILES:
            raise self._refused(f"more than {ARCHIVE_FILES} files in it")
        try:
            self._zip = zipfile.ZipFile(BytesIO(data))
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise SourceError(f"{name}: not a whole ZIP archive, damaged or cut short", hint="get it again") from error
        # Paths that lead out of the archive are nobody's: nothing can name them.
        self._files = {info.filename: info for info in self._zip.infolist() if info.filename and not info.is_dir()}
        self._folded = {path.casefold(): path for path in self._files}

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths, as they are written."""
        return tuple(self._files)

    def found(self, path: str) -> str:
        """The path as the archive writes it, whatever its case; "" when there is none."""
        if path in self._files:
            return path
        return self._folded.get(path.casefold(), "")

    def check_sizes(self, paths: Iterable[str]) -> None:
        """Raise SourceError when these files say that they hold more text than is read; none unpacks to more."""
        known = {name: self._files[name] for path in paths if (name := self.found(path))}
        if sum(info.file_size for info in known.values()) > ARCHIVE_TEXT_BYTES:
            raise self._refused(f"more than {ARCHIVE_TEXT_BYTES >> 20} MB of text")

    def read(self, path: str, limit: int) -> bytes | None:
        """What a file holds; None when there is none of that name, or it is damaged.

        Raises SourceError when it is encrypted, larger than `limit` bytes, packed as only a bomb is, or when the files
        read so far are too much together.
        """
        info = self._files.get(self.found(path))
        if info is None:
            return None
        if info.flag_bits & 1:
            raise SourceError(f"{self._name}: encrypted with a password", hint="unpack and pack it without one")
        if info.file_size > _LARGE and info.file_size > COMPRESSION_RATIO * max(1, info.compress_size):
            raise self._refused(
                f"{shown(path[:120])} unpacks to {info.file_size / max(1, info.compress_size):.0f} times"
            )
        try:
            with self._zip.open(info) as file:
                data = file.read(limit + 1)
        except (zipfile.BadZipFile, OSError, EOFError, zlib.error, NotImplementedError, ValueError, RuntimeError):
            return None
        if len(data) > limit:
            raise self._refused(f"{shown(path[:120])} is larger than {limit >> 20} MB")
        self._unpacked += len(data)
        if self._unpacked > 2 * ARCHIVE_TEXT_BYTES:  # every text is read twice
            raise self._refused(f"more than {ARCHIVE_TEXT_BYTES >> 20} MB of text")
        return data

    def _refused(self, reason: str) -> SourceError:
        return SourceError(f"{self._name}: {reason}; not read, to be safe", hint="no book needs that: get it elsewhere")

"""`timeline.json`: when everything in the book sounds. Written a cue at a time, read back a cue at a time.

One cue a line, so that neither writing nor reading ever holds a chapter, and `grep` finds a sentence.
"""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from narrate.errors import OutputError
from narrate.publish.files import output_error

_LONGEST_LINE = 1 << 22


@dataclass(frozen=True, kw_only=True, slots=True)
class CueRange:
    """Where the cues of a chapter are in a `timeline.json`, in bytes."""

    start: int
    end: int


class TimelineWriter:
    """Writes `timeline.json` chapter after chapter, in a `with` block that ends with `close`.

    Raises OutputError when the disk does.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO
        self._chapters = 0

    def __enter__(self) -> Self:
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            raise output_error(error, self._path) from error
        self._write('{"chapters": [')
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._file.close()

    def close(self) -> None:
        """Finish the file and see it to the disk; without this it is of no use."""
        self._write("\n]}\n")
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
        except OSError as error:
            raise output_error(error, self._path) from error

    def chapter(self, head: dict[str, object], cues: Iterable[dict[str, object]]) -> CueRange:
        """Write a chapter: its own fields, and its cues as they come."""
        self._open_chapter(head)
        start = self._file.tell()
        for index, cue in enumerate(cues):
            self._write((",\n" if index else "") + _dump(cue))
        return self._close_chapter(start)

    def copied(self, head: dict[str, object], source: Path, cues: CueRange) -> CueRange:
        """Write a chapter whose cues are, to the byte, those of an earlier `timeline.json`."""
        self._open_chapter(head)
        start = self._file.tell()
        try:
            with source.open("rb") as file:
                file.seek(cues.start)
                left = cues.end - cues.start
                while left and (block := file.read(min(left, 1 << 20))):
                    self._file.write(block)
                    left -= len(block)
        except OSError as error:
            raise output_error(error, self._path) from error
        return self._close_chapter(start)

    def _open_chapter(self, head: dict[str, object]) -> None:
        self._write((",\n" if self._chapters else "\n") + _dump(head)[:-1] + ', "cues": [\n')
        self._chapters += 1

    def _close_chapter(self, start: int) -> CueRange:
        end = self._file.tell()
        self._write("\n]}")
        return CueRange(start=start, end=end)

    def _write(self, text: str) -> None:
        try:
            self._file.write(text.encode())
        except OSError as error:
            raise output_error(error, self._path) from error


def read_cues(path: Path, cues: CueRange) -> Iterator[dict[str, object]]:
    """The cues of one chapter of a published `timeline.json`. Raises OutputError when the file is not what it was."""
    try:
        with path.open("rb") as file:
            file.seek(cues.start)
            while file.tell() < cues.end:
                entry = json.loads(file.readline().rstrip(b",\n"))
                yield dict(entry)
    except (OSError, ValueError, TypeError) as error:
        raise OutputError(f"{path}: damaged", hint="delete the book's folder and build it again") from error


def read_timeline(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Everything in a published `timeline.json`: each chapter's own fields, alone at first (None) and then with each of
    its cues. Raises OutputError when the file is not as `TimelineWriter` writes it."""
    try:
        with path.open("rb") as file:
            head: dict[str, Any] = {}
            ended = False
            for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE), b"")):
                line = line.strip()
                if number == 0 or ended:
                    continue
                if line.startswith(b'{"number":'):
                    head = dict(json.loads(line + b"]}"))
                    yield head, None
                elif line.rstrip(b",") == b"]}":
                    ended = line == b"]}" and not head
                    head = {}
                elif head:
                    yield head, dict(json.loads(line.rstrip(b",")))
                else:
                    raise ValueError("a cue without a chapter")
    except (OSError, ValueError, TypeError, RecursionError) as error:
        raise OutputError("damaged", hint="build the book again") from error
    if not ended:
        raise OutputError("cut short", hint="build the book again")


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

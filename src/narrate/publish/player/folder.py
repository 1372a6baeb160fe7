"""A folder to listen from: the player beside the books, for any static host, a USB stick or a disk.

In: a Shelf. Out: `index.html`, `sw.js` and `narrate-player/` in its folder, or in another one with every book's sound.
Everything lands by rename; a page of somebody else's is never overwritten.
"""

import hashlib
import re
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from narrate.errors import NarrateError, OutputError
from narrate.process import cores
from narrate.publish.exchange import exchange
from narrate.publish.files import link_or_copy, output_error, whole_file
from narrate.publish.player import data
from narrate.publish.player.assets import FILES_SCRIPT, files_script, player_files
from narrate.publish.player.peaks import peaks
from narrate.publish.transcript import read_cues_of
from narrate.shelf import Shelf, ShelfBook, ShelfChapter

_OURS = {"index.html": b'<meta name="generator" content="narrate">', "sw.js": b"service worker of the narrate player"}
_PEAKS = re.compile(r"// ([0-9a-f]{16})\n")
_BLOCK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class ListeningFolder:
    """What was written: the page to open, the books on it, and a line for each thing that is missing."""

    index: Path
    books: tuple[ShelfBook, ...]
    warnings: tuple[str, ...]


def write_player(shelf: Shelf, to: Path, advanced: Callable[[ShelfBook], None] = lambda _: None) -> ListeningFolder:
    """Write the player for `shelf` into `to`: beside the books when that is the shelf's own folder, else with copies.

    Waveforms that are there already, of the same sound, are kept. `advanced` hears of each book that is done.
    Raises OutputError when `to` cannot be written or has a page of another origin.
    """
    _refuse_strangers(to)
    try:
        to.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{data.FOLDER}.", dir=to) as scratch:
            writer = _Writer(shelf, to, Path(scratch) / "new")
            writer.write(advanced)
    except OSError as error:
        raise output_error(error, to) from error
    return ListeningFolder(
        index=to / "index.html", books=shelf.books, warnings=(*shelf.warnings, *sorted(writer.warnings))
    )


def _refuse_strangers(to: Path) -> None:
    hint = "choose another folder with --to, or move it away"
    for name, mark in _OURS.items():
        path = to / name
        if path.exists() and not (path.is_file() and mark in path.read_bytes()[:_BLOCK]):
            raise OutputError(f"{path}: is not narrate's, and is not overwritten", hint=hint)
    path = to / data.FOLDER
    if path.exists() and not (to / FILES_SCRIPT).is_file():
        raise OutputError(f"{path}: is not narrate's, and is not overwritten", hint=hint)


class _Writer:
    """Stages the player's folder in `staging`, and puts it in its place below `to` at the very end."""

    def __init__(self, shelf: Shelf, to: Path, staging: Path) -> None:
        self._shelf = shelf
        self._to = to
        self._staging = staging
        self._copies = to.resolve() != shelf.folder.resolve()
        self.warnings: list[str] = []
        self._fingerprint = cache(_content_digest)

    def write(self, advanced: Callable[[ShelfBook], None]) -> None:
        books = data.keyed(self._shelf)
        for name, path in player_files().items():
            if name not in _OURS:
                self._stage(name, path.read_bytes())
        self._stage(FILES_SCRIPT, files_script().encode())
        with ThreadPoolExecutor(cores()) as pool:
            for each in books:
                if self._copies:
                    self._copy(each)
                self._stage(f"{data.DATA}/{each.key}/book.js", data.book_script(each, self._fingerprint).encode())
                for _ in pool.map(lambda chapter, each=each: self._chapter(each, chapter), each.book.chapters):
                    pass
                advanced(each.book)
        self._stage(f"{data.DATA}/shelf.js", data.shelf_script(books, self._fingerprint, sync=False).encode())
        self._publish()

    def _stage(self, name: str, content: bytes) -> None:
        path = self._staging / name.removeprefix(f"{data.FOLDER}/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def _publish(self) -> None:
        """The folder first, in one step, then the pages that use it."""
        final = self._to / data.FOLDER
        if not final.exists():
            self._staging.rename(final)
        elif not exchange(self._staging, final):
            shutil.rmtree(final)
            self._staging.rename(final)
        for name in reversed(_OURS):
            with whole_file(self._to / name) as file:
                file.write(player_files()[name].read_bytes())

    def _chapter(self, each: data.KeyedBook, chapter: ShelfChapter) -> None:
        name = f"{data.DATA}/{each.key}/cues-{chapter.number}.js"
        try:
            cues = read_cues_of(each.book.timeline, chapter.number)
        except NarrateError as error:
            self.warnings.append(f"no transcript: {error}")
            cues = ()
        self._stage(name, data.cues_script(each.key, chapter, cues).encode())
        name = f"{data.DATA}/{each.key}/peaks-{chapter.number}.js"
        mark = f"// {self._fingerprint(chapter.file)}\n"
        self._stage(name, self._earlier(name, mark) or self._peaks(each, chapter, mark))

    def _earlier(self, name: str, mark: str) -> bytes | None:
        """The waveform that was written before, if it is one of the same sound."""
        try:
            found = (self._to / name).read_bytes()
        except OSError:
            return None
        return found if found.startswith(mark.encode()) else None

    def _peaks(self, each: data.KeyedBook, chapter: ShelfChapter, mark: str) -> bytes:
        try:
            levels: str | None = peaks(chapter.file, chapter.duration_s)
        except NarrateError as error:
            self.warnings.append(f"no waveform: {error}")
            levels = None
        return (mark + data.script(f"{each.key}/peaks-{chapter.number}", levels)).encode()

    def _copy(self, each: data.KeyedBook) -> None:
        book = each.book
        for file in [*(chapter.file for chapter in book.chapters), *([book.cover] if book.cover else [])]:
            path = self._to / ("" if each.place == "." else each.place) / book.name_of(file)
            if path.is_file() and (path.samefile(file) or self._fingerprint(path) == self._fingerprint(file)):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".{path.name[:80]}.part")
            part.unlink(missing_ok=True)
            link_or_copy(file, part)
            part.replace(path)


def _content_digest(file: Path) -> str:
    digest = hashlib.blake2b(digest_size=8)
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()

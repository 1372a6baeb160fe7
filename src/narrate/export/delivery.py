"""What a car, a phone, Audiobookshelf and a podcast's host each want of a book, and putting it there.

In: a published book. Out: a folder that takes its place in one step; files that a person put into it stay.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from io import BytesIO
from pathlib import Path

from narrate import record
from narrate.document import Metadata
from narrate.errors import ConfigError, NarrateError
from narrate.export.announcing import Announcer, chapter_words, part_words
from narrate.export.cutting import Slice, cut
from narrate.export.names import plain_name
from narrate.export.pieces import ChapterSound, write_piece
from narrate.publish.files import output_error
from narrate.publish.swap import Staging
from narrate.publish.transcript import read_chapters
from narrate.release import COVER_FILE, MANIFEST_FILE, ReleaseChapter, safe_name
from narrate.shelf import ShelfBook
from narrate.units import seconds

_MOST_FILES = 250
"""In a folder: many stereos read no more than 255 names, the folder's own two among them."""

_CAR_COVER = 500  # pixels; stereos have little memory
_LIST = ".narrate-export"
"""Says of which book the folder is and what an earlier export wrote, so that the next one may replace it."""

_MOST_NAMESAKES = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class ExportOptions:
    """`part_s`: cut parts of about so many seconds, instead of chapters. `announce`: say "Chapter 4 of 12" before each;
    a part always says its place. `base_url`: where a podcast's folder will be."""

    part_s: float | None = None
    announce: bool = False
    base_url: str = ""


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """A book on its way into `folder`. `announcer` makes the one who speaks, where something is to be said, given the
    MP3s' own options and a folder to work in."""

    book: ShelfBook
    folder: Path
    options: ExportOptions
    announcer: Callable[["Parcel", Path], Announcer]
    scratch: Path
    written: list[Path] = field(default_factory=list)

    @cached_property
    def chapters(self) -> list[ChapterSound]:
        """The chapters' sound."""
        return [ChapterSound(path=each.file) for each in self.book.chapters]

    @property
    def metadata(self) -> Metadata:
        """What tags say of the book."""
        book = self.book
        return Metadata(
            title=book.title, author=book.author, language=book.language, narrator=book.narrator, date=book.date
        )


def export(
    book: ShelfBook,
    to: Path,
    target: str,
    *,
    options: ExportOptions,
    announcer: Callable[[Parcel, Path], Announcer],
) -> Path:
    """Put `book` into its folder below `to`, as `target` (one of `TARGETS`) wants it; returns that folder.

    Raises ConfigError for what does not go together, AudioError, VoiceError, OutputError.
    """
    _check(target, options)
    final, earlier = _destination(book, to, target)
    if (final / MANIFEST_FILE).exists():
        raise ConfigError(f"{final}: is a book itself, whose place this would take", hint="choose another folder: --to")
    try:
        with Staging(final) as stage, tempfile.TemporaryDirectory(prefix="narrate-export-") as scratch:
            parcel = Parcel(book=book, folder=stage.folder, options=options, announcer=announcer, scratch=Path(scratch))
            TARGETS[target](parcel)
            names = sorted(each.relative_to(stage.folder).as_posix() for each in parcel.written)
            told = {"book": book.id, "files": [*names, _LIST]}
            (stage.folder / _LIST).write_text(json.dumps(told, ensure_ascii=False), "utf-8")
            stage.publish(replaces=earlier)
    except OSError as error:
        raise output_error(error, final) from error
    return final


def _check(target: str, options: ExportOptions) -> None:
    if target not in TARGETS:
        raise ConfigError(f"nothing is known of {target!r}", hint=f"--for {', '.join(TARGETS)}")
    if target not in ("car", "phone") and (options.part_s or options.announce):
        raise ConfigError(f"--part and --announce are not for {target}", hint="for car and phone")
    if target == "podcast" and not options.base_url:
        raise ConfigError("a podcast needs --base-url", hint="the address that the folder will have")
    if options.part_s is not None and not 60 <= options.part_s <= 24 * 3600:
        raise ConfigError("a part must be from 1 minute to 24 hours long", hint="--part 25m")


def _destination(book: ShelfBook, to: Path, target: str) -> tuple[Path, list[str]]:
    """The book's folder below `to`, and what an earlier export of it wrote there. Where another book has that name on
    the stick, which a short name easily is, the folder has a number."""
    if target == "podcast":
        owner, files = _earlier(to)
        if owner and owner != book.id:
            hint = "choose another one, or make one feed of many books: narrate feed"
            raise ConfigError(f"{to}: holds the podcast of another book", hint=hint)
        return to, files
    place = to / _place(book, target)
    for number in range(2, _MOST_NAMESAKES):
        owner, files = _earlier(place)
        if owner in ("", book.id):
            break
        place = place.with_name(f"{_place(book, target).name} {number}")
    return place, files


def _place(book: ShelfBook, target: str) -> Path:
    if target == "car":
        return Path(plain_name(book.title))
    author = Path(safe_name(book.author)) if book.author else Path()
    return author / safe_name(book.title)


def _earlier(final: Path) -> tuple[str, list[str]]:
    """Of which book an earlier export there was, by its id, and what it wrote; only compared, never opened."""
    try:
        found = json.loads((final / _LIST).read_text("utf-8"))
        return str(found["book"]), [str(each) for each in found["files"]]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "", []


def _for_car(parcel: Parcel) -> None:
    """Numbered files, in folders of at most _MOST_FILES, with ID3v2.3 tags and a small picture, and a playlist."""
    cover = _small(parcel.book.cover)
    if cover:
        _write(parcel, parcel.folder / COVER_FILE, cover)
    _write_pieces(parcel, cover or b"")


def _for_phone(parcel: Parcel) -> None:
    """One file with chapters (M4B where the book has one), and its picture; or parts, as for a car."""
    if parcel.options.part_s or parcel.options.announce:
        _for_car(parcel)
        return
    _copy(parcel, _best(parcel.book))
    if parcel.book.cover:
        _copy(parcel, parcel.book.cover)


def _for_audiobookshelf(parcel: Parcel) -> None:
    """One file of sound, since Audiobookshelf takes every one for another track; picture, narrator, EPUB."""
    _for_phone(parcel)
    epub = parcel.book.folder / f"{safe_name(parcel.book.title)}.epub"
    if _is_published(parcel.book, epub):
        _copy(parcel, epub)
    if parcel.book.narrator:
        _write(parcel, parcel.folder / "reader.txt", parcel.book.narrator.encode("utf-8", "replace"))


def _for_podcast(parcel: Parcel) -> None:
    """The chapters, the picture, the feed and its companions."""
    from narrate.publish.feed import FILE, companions, feed

    book = parcel.book
    chapters = tuple(replace(each, file=parcel.folder / "chapters" / each.file.name) for each in book.chapters)
    for each in book.chapters:
        _copy(parcel, each.file, "chapters")
    if book.cover:
        _copy(parcel, book.cover)
    cover = parcel.folder / book.cover.name if book.cover else None
    there = replace(book, folder=parcel.folder, chapters=chapters, cover=cover)
    _write(parcel, parcel.folder / FILE, feed([there], parcel.options.base_url, place_of=lambda _: "."))
    for name, data in companions([there], lambda _: "."):
        _write(parcel, parcel.folder / name, data)


TARGETS: dict[str, Callable[[Parcel], None]] = {
    "car": _for_car,
    "phone": _for_phone,
    "audiobookshelf": _for_audiobookshelf,
    "podcast": _for_podcast,
}
"""Whom a book can be exported for."""


def _best(book: ShelfBook) -> Path:
    m4b = book.folder / f"{safe_name(book.title)}.m4b"
    if _is_published(book, m4b):
        return m4b
    if book.book is None:
        raise NarrateError(f"{book.folder}: has no whole book in one file", hint="build it again")
    return book.book


def _is_published(book: ShelfBook, file: Path) -> bool:
    """Whether `file` is of this release, and not one that lay there before."""
    found = record.read(book.folder)
    return found is not None and file.is_file() and found.files.get(file.name) == file.stat().st_size


def _write_pieces(parcel: Parcel, cover: bytes) -> None:
    from narrate.publish import id3

    pieces = _pieces(parcel)
    options = parcel.chapters[0].options
    rate, samples = options.sample_rate, options.samples_per_mpeg_frame
    speaker = parcel.announcer(parcel, parcel.scratch) if _speaks(parcel.options) else None
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(parcel.book.title)}"]
    for number, slices in enumerate(pieces, start=1):
        opening = speaker.say(_opening(parcel, number, len(pieces), slices)) if speaker else None
        count = sum(each.last - each.first for each in slices) + (opening.mpeg_frame_count if opening else 0)
        title = _title(parcel, number, len(pieces), slices)
        name = f"{number:0{max(2, len(str(len(pieces))))}d} - {plain_name(slices[0].title)}.mp3"
        path = _folder_of(parcel, number, len(pieces)) / name
        chapter = ReleaseChapter(
            number=number, title=title, file=name, start=0, frame_count=count * samples, sample_rate=rate
        )
        tag = id3.chapter_tag(parcel.metadata, chapter, total=len(pieces), cover=cover)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_piece(path, tag=tag, chapters=parcel.chapters, slices=slices, opening=opening)
        parcel.written.append(path)
        lines += [f"#EXTINF:{round(seconds(count * samples, rate))},{_line(title)}"]
        lines += [path.relative_to(parcel.folder).as_posix()]
    playlist = parcel.folder / f"{plain_name(parcel.book.title)}.m3u8"
    _write(parcel, playlist, ("\n".join(lines) + "\n").encode("utf-8", "replace"))


def _speaks(options: ExportOptions) -> bool:
    return options.announce or options.part_s is not None


def _pieces(parcel: Parcel) -> Sequence[tuple[Slice, ...]]:
    lengths = [each.mpeg_frame_count for each in parcel.chapters]
    if parcel.options.part_s is None:
        return [
            (Slice(chapter=each.number, title=each.title, first=0, last=length),)
            for each, length in zip(parcel.book.chapters, lengths, strict=True)
        ]
    options = parcel.chapters[0].options
    frame_s = options.samples_per_mpeg_frame / options.sample_rate
    return cut(read_chapters(parcel.book.timeline), lengths, frame_s=frame_s, part_s=parcel.options.part_s)


def _opening(parcel: Parcel, number: int, total: int, slices: Sequence[Slice]) -> str:
    book = parcel.book
    if parcel.options.part_s is None:
        return chapter_words(slices[0].chapter, len(book.chapters), language=book.language)
    return part_words(book.title, number, total, language=book.language)


def _title(parcel: Parcel, number: int, total: int, slices: Sequence[Slice]) -> str:
    if parcel.options.part_s is None:
        return slices[0].title
    return f"{number}/{total} {slices[0].title}"


def _folder_of(parcel: Parcel, number: int, total: int) -> Path:
    if total <= _MOST_FILES:
        return parcel.folder
    first = (number - 1) // _MOST_FILES * _MOST_FILES + 1
    digits = len(str(total))
    return parcel.folder / f"{first:0{digits}d}-{min(first + _MOST_FILES - 1, total):0{digits}d}"


def _small(cover: Path | None) -> bytes | None:
    """The cover as a baseline JPEG of at most _CAR_COVER pixels a side; None when there is none that can be read."""
    if cover is None:
        return None
    from PIL import Image

    try:
        with Image.open(cover) as picture:
            picture.thumbnail((_CAR_COVER, _CAR_COVER))
            made = BytesIO()
            picture.convert("RGB").save(made, "JPEG", quality=85)
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    return made.getvalue()


def _line(text: str) -> str:
    return " ".join(text.split())


def _copy(parcel: Parcel, file: Path, below: str = "") -> None:
    target = parcel.folder / below / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)  # no link: tags of a copy may be edited
    parcel.written.append(target)


def _write(parcel: Parcel, path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    parcel.written.append(path)

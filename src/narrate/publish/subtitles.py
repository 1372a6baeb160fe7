"""Caption files in a release: `Title.vtt` for the book, and one beside every chapter's MP3, where players look."""

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from narrate.publish.captions import Caption, CaptionOptions, captions, to_srt, to_vtt
from narrate.publish.edition import Edition
from narrate.publish.files import output_error
from narrate.publish.transcript import read_chapters
from narrate.release import TIMELINE_FILE


def write_vtt(path: Path, edition: Edition) -> list[str]:
    """Write `path` and the chapters' captions as WebVTT; see `formats.Format`. Raises OutputError."""
    return _write(path, edition, to_vtt)


def write_srt(path: Path, edition: Edition) -> list[str]:
    """Write `path` and the chapters' captions as SubRip; see `formats.Format`. Raises OutputError."""
    return _write(path, edition, to_srt)


def _write(path: Path, edition: Edition, form: Callable[[Iterable[Caption]], str]) -> list[str]:
    timeline = edition.folder / TIMELINE_FILE
    names = [path.name]
    options = CaptionOptions(language=edition.release.metadata.language)
    try:
        _put(path, form(captions(read_chapters(timeline), options)))
        for chapter in read_chapters(timeline):
            name = PurePosixPath(chapter.file).with_suffix(path.suffix).as_posix()
            _put(edition.folder / name, form(captions([chapter], options, offset_s=chapter.start_s)))
            names.append(name)
    except OSError as error:
        raise output_error(error, path) from error
    return names


def _put(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "replace"))

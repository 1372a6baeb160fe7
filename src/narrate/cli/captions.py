"""`narrate captions`: a published book's words with their times, as WebVTT or SubRip on stdout."""

import sys
from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.finding import Book, published

Chapter = Annotated[int | None, typer.Option("--chapter", help="Of this chapter alone, from its own start.", min=1)]
Srt = Annotated[bool, typer.Option("--srt", help="SubRip instead of WebVTT.")]
Words = Annotated[bool, typer.Option("--words", help="A time before every word (WebVTT).")]
Width = Annotated[int, typer.Option("--characters", help="The longest line.", min=10, max=1000)]
Lines = Annotated[int, typer.Option("--lines", help="The most lines at a time.", min=1, max=20)]


def captions(
    book: Book,
    chapter: Chapter = None,
    srt: Srt = False,
    words: Words = False,
    characters: Width = 42,
    lines: Lines = 2,
    out: options.Out = options.DEFAULT_OUT,
) -> None:
    """Print captions of a finished book: a cue a sentence, sounds and descriptions in brackets."""
    from narrate.errors import ChapterError
    from narrate.publish import captions as made
    from narrate.publish.transcript import read_chapters
    from narrate.shelf import read_book

    found = read_book(published(book, out))
    options = made.CaptionOptions(characters=characters, lines=lines, words=words, language=found.language)
    if chapter is None:
        cues = made.captions(read_chapters(found.timeline), options)
    else:
        one = next((each for each in read_chapters(found.timeline) if each.number == chapter), None)
        if one is None:
            raise ChapterError(f"no chapter {chapter} in {found.folder}", hint=f"it has {len(found.chapters)}")
        cues = made.captions([one], options, offset_s=one.start_s)
    text = made.to_srt(cues) if srt else made.to_vtt(cues, options)
    # UTF-8 in every locale, as WebVTT must be.
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))

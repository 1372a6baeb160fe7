"""`narrate audition`: the first lines of a book in every voice, on one page."""

from pathlib import Path
from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.streams import printable, remark

Page = Annotated[
    Path, typer.Option("--out", metavar="FILE", readable=False, help="The page to write; it holds the sound as well.")
]
Wanted = Annotated[
    list[str] | None, typer.Option("--voice", help="A voice to be heard, several times; default: all of the language.")
]


def audition(
    source: options.Source,
    out: Page = Path("audition.html"),
    voice: Wanted = None,
    engine: options.Engine = None,
    device: options.Device = None,
    rate: options.Rate = None,
    pitch: options.Pitch = None,
    language: options.Language = None,
    quiet: options.Quiet = False,
) -> None:
    """Let every voice here read the same first lines into one page, so that a person can choose."""
    from narrate.preview.audition import audition as hold
    from narrate.speech import Voice

    flags = options.flags(source, engine=engine, device=device, rate=rate, pitch=pitch, language=language)

    def advance(heard: Voice, trouble: str) -> None:
        if trouble or not quiet:
            remark(printable(f"{heard.id}: {trouble}" if trouble else heard.id))

    hold(options.request(source, Path("audiobooks"), flags, None), out, wanted=voice or [], advance=advance)
    print(printable(str(out)))

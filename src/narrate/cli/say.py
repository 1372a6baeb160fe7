"""`narrate say`: a line at once, as the book would say it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from narrate.cli import options
from narrate.cli.streams import printable, remark
from narrate.source.location import Location, located

_PAUSE_MS = 180

Line = Annotated[str, typer.Argument(help="What is to be said.", show_default=False)]
if TYPE_CHECKING:
    SourceOption = Path | Location | None
else:  # Typer knows no unions
    SourceOption = Annotated[
        Path | None,
        typer.Option(
            "--source",
            metavar="SOURCE",
            parser=located,
            help="A document, an https:// address, or -: say it with its voice and lexicon.",
        ),
    ]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", readable=False, help="Write a sound file (.wav, .mp3 …), do not play it."),
]


def say(
    line: Line,
    source: SourceOption = None,
    out: Out = None,
    voice: options.Voice = None,
    engine: options.Engine = None,
    device: options.Device = None,
    rate: options.Rate = None,
    pitch: options.Pitch = None,
    language: options.Language = None,
) -> None:
    """Say a line at once, with the lexicon of the book, or of narrate.toml in this folder."""
    from narrate.preview import sampling
    from narrate.preview.rehearsal import rehearse

    folder = source or Path()
    flags = options.flags(folder, voice=voice, engine=engine, device=device, rate=rate, pitch=pitch, language=language)
    book = options.request(source, options.DEFAULT_OUT, flags, None) if source else None
    said = rehearse(line, book=book, flags=flags)
    if out:
        sampling.export(said.takes, out, pause_ms=_PAUSE_MS)
        print(out)
        return
    remark(printable(said.words))
    sampling.play(said.takes, pause_ms=_PAUSE_MS)

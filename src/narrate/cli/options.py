"""The options that several commands share, and how they become settings."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from narrate.source.location import Location, located


def place(text: str) -> Path | str:
    """A folder, or an address."""
    from narrate.store import is_address

    return text if is_address(text) else Path(text)


if TYPE_CHECKING:
    from narrate.project import Flags, Request

    Source = Path | Location
else:  # Typer knows no unions
    Source = Annotated[
        Path,
        typer.Argument(
            help="A .txt, .md, .html, .epub, .docx or .pdf file; an https:// address; or - for standard input.",
            show_default=False,
            parser=located,
            metavar="SOURCE",
        ),
    ]

# `readable=False`: Typer's own look at a path would answer with its usage, and with another code than our errors.
Out = Annotated[Path, typer.Option("--out", help="Where books go: OUT/Author/Title/.", metavar="DIR", readable=False)]
Voice = Annotated[str | None, typer.Option("--voice", help="A voice by id, name or language; see `narrate voices`.")]
Engine = Annotated[
    str | None, typer.Option("--engine", help="pyttsx3, piper, kokoro, or another package's.", metavar="NAME")
]
Device = Annotated[
    str | None, typer.Option("--device", help="Where neural voices are computed.", metavar="auto|cpu|cuda")
]
Rate = Annotated[int | None, typer.Option("--rate", help="Words a minute, 80 to 450 (175).", metavar="WPM")]
Pitch = Annotated[int | None, typer.Option("--pitch", help="0 to 100 (50).")]
Language = Annotated[str | None, typer.Option("--language", help="The document's language, e.g. en-GB.")]
InterludeFile = Annotated[
    Path | None,
    typer.Option("--interlude", help="Your own recording for the interludes.", metavar="FILE", readable=False),
]
Interludes = Annotated[
    bool | None, typer.Option("--interludes/--no-interludes", help="Drive between sections, or not.")
]
Scene = Annotated[
    str | None, typer.Option("--scene", help="What interludes sound like; see `narrate interludes`.", metavar="NAME")
]
Scenes = Annotated[
    str | None,
    typer.Option("--scenes", help="A drive through one scene after the other.", metavar="journey"),
]
InterludeSeconds = Annotated[float | None, typer.Option("--interlude-seconds", help="Length of an interlude (6).")]
Describe = Annotated[
    str | None,
    typer.Option("--describe", help="Pictures, tables, notes …: full, brief or skip.", metavar="full|brief|skip"),
]
Profile = Annotated[
    str | None,
    typer.Option("--profile", help="How it is mastered: road, podcast, calm, acx, or one of your own.", metavar="NAME"),
]
Formats = Annotated[
    list[str] | None,
    typer.Option("--format", help="Beside the MP3s: m4b, opus, flac, …; as often as you like.", metavar="NAME"),
]
Coverage = Annotated[bool, typer.Option("--coverage", help="What is voiced, described and skipped, and where and why.")]
if TYPE_CHECKING:
    StoreDir = Path | str | None
else:
    StoreDir = Annotated[
        Path | None,
        typer.Option(
            "--store",
            help="Where spoken sentences are kept: a folder, or an address as s3://bucket/store (NARRATE_STORE).",
            metavar="DIR|URL",
            parser=place,
        ),
    ]
Jobs = Annotated[
    int | None, typer.Option("--jobs", help="How many workers; default: the cores there are.", min=1, max=256)
]
Reset = Annotated[bool, typer.Option("--reset", help="Forget what was chosen for chapters by `regenerate`.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress; errors only.")]
Plain = Annotated[bool, typer.Option("--plain", help="Progress in plain lines, for a screen reader or a log.")]

DEFAULT_OUT = Path("audiobooks")


def flags(
    source: Path | Location,
    *,
    voice: str | None = None,
    rate: int | None = None,
    pitch: int | None = None,
    language: str | None = None,
    interlude: Path | None = None,
    interludes: bool | None = None,
    interlude_seconds: float | None = None,
    scene: str | None = None,
    scenes: str | None = None,
    describe: str | None = None,
    profile: str | None = None,
    engine: str | None = None,
    device: str | None = None,
    formats: list[str] | None = None,
) -> "Flags":
    """Those settings that were given, by their names in the configuration. Paths count from the source's folder: they
    are remembered beside the book, for whoever regenerates a chapter from another folder."""
    given: dict[str, str | int | float | bool | None] = {
        "voice": voice,
        "engine": engine,
        "device": device,
        "rate": rate,
        "pitch": pitch,
        "language": language,
        "interludes.file": _seen_from(source.parent, interlude) if interlude else None,
        "interludes.enabled": interludes,
        "interludes.seconds": interlude_seconds,
        "interludes.scene": scene,
        "interludes.scenes": scenes,
        "describe.mode": describe,
        "audio.profile": profile,
        "formats": ", ".join(formats) if formats else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _seen_from(folder: Path, path: Path) -> str:
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # another drive
        return str(path.resolve())
    except (OSError, RuntimeError):  # a loop of links, a folder that is gone: the settings' check will say so
        return str(path)


def request(
    source: Path | Location, out: Path, settings: "Flags", store: Path | str | None, jobs: int | None = None
) -> "Request":
    """What was asked for, with the defaults of this machine, and what the library says that the source is a book of."""
    from narrate.library.job import job_of
    from narrate.process import cores
    from narrate.project import Request
    from narrate.store import default_place

    job = job_of(source)
    of_library, above = (job.books[0].defaults, job.books[0].overrides) if job.books else ({}, {})
    if out == DEFAULT_OUT and job.books and isinstance(job.out, Path):
        out = job.out
    return Request(
        source=source,
        out=out,
        flags={**above, **settings},
        defaults=of_library,
        store=store or (job.store if job.books else "") or default_place(),
        jobs=jobs or cores(),
    )

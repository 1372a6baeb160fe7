"""`narrate voices`: which voices this machine has, what each can do, and how they sound; `install` fetches one."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from narrate.cli import options
from narrate.cli.output import print_json, table
from narrate.cli.streams import printable, remark

if TYPE_CHECKING:
    from narrate.speech import Ensemble, Voice

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)

Sample = Annotated[
    Path | None,
    typer.Option(
        "--sample",
        metavar="FILE",
        readable=False,
        help="Let the voices listed (at most 20) say who they are, into FILE.",
    ),
]


@app.callback()
def voices(
    context: typer.Context,
    language: Annotated[str | None, typer.Option("--language", help="Only voices of this language, e.g. en.")] = None,
    voice: options.Voice = None,
    engine: options.Engine = None,
    rate: options.Rate = None,
    pitch: options.Pitch = None,
    device: options.Device = None,
    sample: Sample = None,
    json: options.Json = False,
) -> None:
    """List the voices of this machine and what they can do, or hear them."""
    if context.invoked_subcommand:
        return
    from narrate import config, work
    from narrate.preview import sampling

    given = options.flags(Path(), rate=rate, pitch=pitch, engine=engine, device=device)
    settings = config.join(config.check(given, where="command line", folder=Path()))
    door = work.engine(settings.speech)
    found = sampling.narrowed(door, language or "", voice or "")
    if engine:
        door.engine(settings.speech.engine)
        found = [each for each in found if each.engine == settings.speech.engine]
    if sample:
        sampling.write_sample(door, found, sample, rate_wpm=rate or 175, pitch=50 if pitch is None else pitch)
        print(sample)
    elif json:
        print_json([_fields(each, door) for each in found])
    else:
        print(table(["id", "name", "language", "gender", "Hz", "times of words", "lexicon"], _rows(found, door)))
        for name in door.names():
            if reason := door.why_silent(name):
                remark(f"narrate: {printable(reason)}")


@app.command("install", short_help="Fetch voices of Piper or Kokoro.")
def install(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME…", help="en_US-lessac-medium …, or kokoro.", show_default=False)
    ],
    quiet: options.Quiet = False,
) -> None:
    """Fetch voices into the data folder (NARRATE_VOICES): Piper's by name, Kokoro's all at once."""
    from narrate.speech.installing import install as fetch_voice

    for name in names:
        known, folder = fetch_voice(name, (lambda *_: None) if quiet else _teller())
        if not quiet:
            remark(f'in {printable(str(folder))}; try: narrate say --voice {known} "All is well."')
        print(known)


def _teller() -> Callable[[str, int, int], None]:
    """Says of each file every tenth of it that has arrived."""
    told: dict[str, int] = {}

    def advance(name: str, here: int, total: int) -> None:
        tenth = here * 10 // total if total else here >> 23
        if told.get(name) != tenth:
            told[name] = tenth
            remark(f"{name}: {here / 1e6:.1f} MB" + (f" of {total / 1e6:.1f}" if total else ""))

    return advance


def _fields(voice: "Voice", door: "Ensemble") -> dict[str, object]:
    return {
        "id": voice.id,
        "name": voice.name,
        "language": voice.language,
        "gender": voice.gender,
        "engine": voice.engine,
        "sample_rate": voice.sample_rate,
        "timings": voice.timings,
        "phonemes": door.traits(voice.id).phonemes,
    }


def _rows(voices: "list[Voice]", door: "Ensemble") -> list[list[str]]:
    return [
        [
            each.id,
            each.name,
            each.language,
            each.gender,
            str(each.sample_rate or ""),
            each.timings,
            "IPA" if door.traits(each.id).phonemes else "respelling",
        ]
        for each in voices
    ]

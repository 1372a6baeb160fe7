"""`narrate voices`: which voices this machine has, and how they sound."""

from pathlib import Path
from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.output import print_json, table

Sample = Annotated[
    Path | None,
    typer.Option(
        "--sample",
        metavar="FILE",
        readable=False,
        help="Let the voices listed (at most 20) say who they are, into FILE.",
    ),
]


def voices(
    language: Annotated[str | None, typer.Option("--language", help="Only voices of this language, e.g. en.")] = None,
    voice: options.Voice = None,
    rate: options.Rate = None,
    pitch: options.Pitch = None,
    sample: Sample = None,
    json: options.Json = False,
) -> None:
    """List the voices of this machine, or hear them."""
    from narrate import config, sampling, work
    from narrate.speech import SpeechOptions

    config.check(options.flags(Path(), rate=rate, pitch=pitch), where="command line", folder=Path())
    engine = work.engine(SpeechOptions())
    found = sampling.narrowed(engine, language or "", voice or "")
    if sample:
        sampling.write_sample(engine, found, sample, rate_wpm=rate or 175, pitch=50 if pitch is None else pitch)
        print(sample)
    elif json:
        print_json(
            [
                {"id": v.id, "name": v.name, "language": v.language, "gender": v.gender, "engine": v.engine}
                for v in found
            ]
        )
    else:
        rows = [[each.id, each.name, each.language, each.gender] for each in found]
        print(table(["id", "name", "language", "gender"], rows))

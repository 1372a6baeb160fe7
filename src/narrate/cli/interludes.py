"""`narrate interludes`: which scenes there are to drive through, and how they sound."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from narrate.cli import options
from narrate.cli.output import print_json, table
from narrate.cli.streams import printable, remark

if TYPE_CHECKING:
    from narrate.mix.options import MixOptions

Seconds = Annotated[float, typer.Option("--seconds", help="How long, 1 to 120 (20).", min=1, max=120)]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", metavar="DIR", readable=False, help="Your own recordings: a folder with a manifest.toml."),
]
Out = Annotated[
    Path | None,
    typer.Option("--out", metavar="FILE", readable=False, help="Write a sound file (.wav, .mp3 …), do not play it."),
]


def interludes(
    scene: options.Scene = None,
    play: Annotated[bool, typer.Option("--play", help="Play them; with --scene, that one.")] = False,
    out: Out = None,
    seconds: Seconds = 20.0,
    folder: Folder = None,
    json: options.Json = False,
) -> None:
    """List the scenes that interludes can be of, or hear them as a book would have them."""
    from narrate import config
    from narrate.assets import palette
    from narrate.mix.beds import bed_path

    flags = {"interludes.folder": str(folder) if folder else None, "interludes.scene": scene}
    settings = config.here({name: value for name, value in flags.items() if value is not None})
    names = list(dict.fromkeys((*palette(), *dict(settings.mix.recordings))))
    if play or out:
        _hear(names if play and not scene and not out else [settings.text.scene], settings.mix, seconds, out)
        return
    shown = [settings.text.scene] if scene else names
    files = [bed_path(settings.mix.sound(name)) for name in shown]
    if json:
        print_json(
            [
                {"scene": name, "caption": f"[{name}]", "file": str(file), "own": file != _supplied(name)}
                for name, file in zip(shown, files, strict=True)
            ]
        )
        return
    whose = ["comes along" if file == _supplied(name) else str(file) for name, file in zip(shown, files, strict=True)]
    print(table(["scene", "recording"], list(map(list, zip(shown, whose, strict=True)))))


def _supplied(name: str) -> Path | None:
    from narrate.assets import palette

    return palette()[name].file if name in palette() else None


def _hear(names: list[str], mix: "MixOptions", seconds: float, out: Path | None) -> None:
    from narrate.preview.sampling import play_clip, scene_clip, write_clip

    for name in names:
        clip = scene_clip(name, mix, duration_s=seconds)
        if out:
            write_clip(clip, out)
            print(out)
        else:
            remark(printable(f"[{name}]"))
            play_clip(clip)

"""What comes with the program, installed or in a checkout: the folder of beds, and the palette of scenes in it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PACKAGED = Path(__file__).parent / "audio"
_CHECKOUT = Path(__file__).parents[2] / "audio"


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    """A scene of the palette: the file of its bed, and the scenes that a drive may lead to from there."""

    file: Path
    leads_to: tuple[str, ...]


def audio_dir() -> Path:
    """The folder of interlude beds and their `manifest.toml`."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT


@cache
def palette() -> Mapping[str, Scene]:
    """The scenes that come with the program, by name, in the manifest's order."""
    manifest = tomllib.loads((audio_dir() / "manifest.toml").read_text(encoding="utf-8"))
    return {
        bed["scene"]: Scene(file=audio_dir() / bed["file"], leads_to=tuple(bed["leads_to"]))
        for bed in manifest["beds"].values()
    }

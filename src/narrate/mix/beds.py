"""Which file a scene or a recording is, and what is in it: known without decoding, for paths and for keys.

In: the name of a scene or the path of a recording. Out: its path, its stamp, its hash. Reads `audio/manifest.toml`
and the bytes of that one file.
"""

import hashlib
import tomllib
from functools import lru_cache
from pathlib import Path

from narrate.assets import audio_dir
from narrate.errors import AudioError


def bed_fingerprint(sound: str | Path) -> str:
    """The SHA-256 of the sound's file in hexadecimal: what a key of anything mixed from it must hold.

    Raises AudioError when there is no such scene, or the file cannot be read.
    """
    path = bed_path(sound)
    return _hash(path, *stamp(path))


def bed_path(sound: str | Path) -> Path:
    """The file of a scene (`str`), or the listener's own (`Path`). Raises AudioError when there is no such scene."""
    if isinstance(sound, Path):
        return sound
    scenes = _scenes(audio_dir())
    if sound not in scenes:
        raise AudioError(f"no scene named {sound!r}", hint="there are: " + ", ".join(sorted(scenes)))
    return scenes[sound]


@lru_cache(maxsize=4)
def _scenes(folder: Path) -> dict[str, Path]:
    manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    return {bed["scene"]: folder / bed["file"] for bed in manifest["beds"].values()}


def stamp(path: Path) -> tuple[int, int]:
    """When the file changed (ns) and its size: the same stamp, the same sound."""
    if not path.is_file():
        raise AudioError(f"no such sound file: {path}")
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=64)
def _hash(path: Path, _mtime_ns: int, _size: int) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise AudioError(f"{path}: cannot be read: {error.strerror}") from error

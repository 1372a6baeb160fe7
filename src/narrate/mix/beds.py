"""Which file a scene or a recording is, and what is in it: known without decoding, for paths and for keys.

In: the name of a scene or the path of a recording. Out: its path, its stamp, its hash. Reads the bytes of that one
file, and the manifests of folders that listeners keep recordings in.
"""

import hashlib
import tomllib
from functools import lru_cache
from pathlib import Path

from narrate.assets import palette
from narrate.errors import AudioError, ConfigError


def bed_fingerprint(sound: str | Path) -> str:
    """The SHA-256 of the sound's file in hexadecimal: what a key of anything mixed from it must hold.

    Raises AudioError when there is no such scene, or the file cannot be read.
    """
    path = bed_path(sound)
    return _hash(path, *stamp(path))


def bed_path(sound: str | Path) -> Path:
    """The file of a scene (`str`), or the listener's own (`Path`). Raises ConfigError when there is no such scene."""
    if isinstance(sound, Path):
        return sound
    if sound not in palette():
        raise ConfigError(f"no scene named {sound!r}", hint="there are: " + "; ".join(palette()))
    return palette()[sound].file


MANIFEST = "manifest.toml"
"""What a folder of recordings must hold: `[beds."tram"]` and `file = "tram.wav"` for each."""


def read_recordings(folder: Path) -> tuple[tuple[str, Path], ...]:
    """The listener's own recordings in a folder, by the names of their scenes (in small letters), as its manifest has
    them. Their files are not looked at: one that is missing is told when it is to be heard.

    Raises ConfigError that names the manifest and what is wrong in it.
    """
    path = folder / MANIFEST
    try:
        beds = tomllib.loads(path.read_text("utf-8")).get("beds")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    hint = 'a recording is: [beds."tram"] and below it file = "tram.wav"'
    if not isinstance(beds, dict) or not beds:
        raise ConfigError(f"{path}: names no recordings", hint=hint)
    found = {}
    for name, bed in beds.items():
        scene = " ".join(name.casefold().split())
        if not scene or not isinstance(bed, dict) or not isinstance(bed.get("file"), str) or not bed["file"]:
            raise ConfigError(f"{path}: beds.{name} has no file", hint=hint)
        found[scene] = folder / bed["file"]
    return tuple(found.items())


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

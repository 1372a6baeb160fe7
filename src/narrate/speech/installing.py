"""Voices fetched into the data folder: Piper's by its package's own addresses, Kokoro's model from its release.

A file is fetched beside its place, goes on where an earlier try stopped, is compared with the size and the checksum
that its publisher tells, and takes its place by rename. Touches the network and the voices' folder.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

from narrate.errors import NarrateError, OutputError, VoiceError
from narrate.speech import kokoro, piper
from narrate.speech.booth import require
from narrate.speech.engine import Engine
from narrate.speech.options import SpeechOptions
from narrate.speech.voice_files import folder_of

Advance = Callable[[str, int, int], None]
"""Hears of a file's name, how many bytes of it are here, and of how many."""

KOKORO_RELEASE = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.1/"
"""Where the README of kokoro-onnx 0.6.1 says its model is. It publishes no checksums."""

_KOKORO_FILES = ("voices-v1.0.bin", "kokoro-v1.0.onnx")
_KOKORO_VOICE = "af_heart"
_STALL_S = 30.0
_BLOCK = 1 << 18
_LARGEST_LIST = 1 << 24
_LARGEST = 4 << 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A file to be fetched. `size` in bytes, 0 where nobody tells; `md5` in hexadecimal, "" likewise."""

    name: str
    address: str
    size: int = 0
    md5: str = ""


def install(name: str, advance: Advance) -> tuple[str, Path]:
    """Fetch the voice called `name` ("en_US-lessac-medium"; "kokoro" for all of Kokoro's): the id it is known by, and
    its folder. What is there already stays.

    Raises VoiceError when there is no such voice, or it cannot be had or used; OutputError when it cannot be written.
    """
    engine, _, voice = (kokoro.NAME, "", _KOKORO_VOICE) if name == kokoro.NAME else name.rpartition(":")
    if engine == kokoro.NAME:
        require("kokoro_onnx", kokoro.PACKAGE, kokoro.NAME)
        wanted = [Wanted(name=each, address=KOKORO_RELEASE + each) for each in _KOKORO_FILES]
    elif engine in ("", piper.NAME):
        engine = piper.NAME
        require("piper", piper.PACKAGE, piper.NAME)
        wanted = _piper_files(voice.partition("#")[0])
    else:
        raise VoiceError(
            f"there are no voices to be fetched for “{engine}”", hint=f"for {piper.NAME} and {kokoro.NAME}"
        )
    folder = folder_of(engine)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in wanted:
            fetch(each, folder / each.name, advance)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written: {error.strerror or error}") from error
    options = SpeechOptions(device="cpu")
    made: Engine = kokoro.KokoroEngine(options) if engine == kokoro.NAME else piper.PiperEngine(options)
    return f"{engine}:{made.resolve(voice, '').id}", folder


def _piper_files(voice: str) -> list[Wanted]:
    """A voice's JSON and model, in this order: without its JSON a model is no voice. Raises VoiceError."""
    from piper import download_voices as published

    found = published.VOICE_PATTERN.match(voice)
    if not found or Path(voice).name != voice:
        raise VoiceError(f"{voice!r} is no name of a Piper voice", hint="such as en_US-lessac-medium")
    sums = _checksums(published.VOICES_JSON, voice)
    family, region = found["lang_family"], found["lang_region"]
    files = []
    for extension in (".onnx.json", ".onnx"):
        address = published.URL_FORMAT.format(
            lang_family=quote(family),
            lang_code=quote(f"{family}_{region}"),
            voice_name=quote(found["voice_name"]),
            voice_quality=quote(found["voice_quality"]),
            extension=extension,
        )
        size, md5 = sums[extension]
        files.append(Wanted(name=f"{voice}{extension}", address=address, size=size, md5=md5))
    return files


def _checksums(address: str, voice: str) -> Mapping[str, tuple[int, str]]:
    """Size and MD5 of a voice's files by extension, from Piper's list of all voices. Raises VoiceError."""
    try:
        with _opened(Request(address)) as reply:
            voices: Any = json.loads(reply.read(_LARGEST_LIST))
        files = voices[voice]["files"] if voice in dict(voices) else None
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        raise _unreachable("Piper's list of voices", error) from error
    if files is None:
        import difflib

        near = ", ".join(difflib.get_close_matches(voice, voices, n=3, cutoff=0.6))
        raise VoiceError(
            f"Piper has no voice called “{voice}”", hint=f"did you mean {near}?" if near else f"it has {len(voices)}"
        )
    try:
        found = {
            extension: next(
                (int(each["size_bytes"]), str(each["md5_digest"]))
                for path, each in files.items()
                if str(path).endswith(f"{voice}{extension}")
            )
            for extension in (".onnx.json", ".onnx")
        }
    except (StopIteration, KeyError, TypeError, ValueError, AttributeError) as error:
        raise VoiceError(f"Piper's list tells no sizes for “{voice}”", hint="is piper-tts up to date?") from error
    return found


def fetch(wanted: Wanted, path: Path, advance: Advance) -> None:
    """Bring a file to `path`, unless it is there; one that was cut short goes on.

    Raises VoiceError when it cannot be had or is not what its publisher says, OSError when it cannot be written.
    """
    if path.exists():
        return
    part = path.with_name(f"{path.name}.part")
    with part.open("ab") as file:
        total = _receive(wanted, file, advance)
    size = part.stat().st_size
    right = size == total and (not wanted.md5 or _md5(part) == wanted.md5)
    if not right:
        if size >= total:
            part.unlink()  # nothing to go on from
        raise VoiceError(
            f"{wanted.name}: {size} bytes arrived, which are not the {total} published ones", hint="try again"
        )
    part.replace(path)


def _receive(wanted: Wanted, file: IO[bytes], advance: Advance) -> int:
    """Append what is missing; the size that the file should have in the end."""
    here = file.seek(0, 2)
    if wanted.size and here >= wanted.size:
        return wanted.size
    try:
        reply = _opened(Request(wanted.address, headers={"Range": f"bytes={here}-"} if here else {}))
    except (OSError, HTTPException, ValueError) as error:
        if isinstance(error, HTTPError) and error.code == 416 and here:  # nothing is missing
            return wanted.size or here
        raise _unreachable(wanted.name, error) from error
    with reply:
        if here and not _goes_on(reply, here):  # it sends the whole again
            here = file.seek(0)
            file.truncate()
        length = reply.headers.get("Content-Length", "")
        total = wanted.size or (here + int(length) if length.isdecimal() else 0)
        while block := _block(reply, wanted.name):
            file.write(block)
            here += len(block)
            if here > (total or _LARGEST):
                break
            advance(wanted.name, here, total)
    return total or here


def _goes_on(reply: Any, here: int) -> bool:
    """Whether a server sends what is asked for: the rest from byte `here` (RFC 9110 §14.4)."""
    return bool(reply.status == 206 and reply.headers.get("Content-Range", "").startswith(f"bytes {here}-"))


def _block(reply: Any, name: str) -> bytes:
    """Some more bytes. An error of the network must not be taken for one of the disk, which is an OSError too."""
    try:
        return bytes(reply.read(_BLOCK))
    except (OSError, HTTPException, ValueError) as error:
        raise _unreachable(name, error) from error


def _opened(request: Request) -> Any:
    return urlopen(request, timeout=_STALL_S)


def _unreachable(what: str, error: Exception) -> NarrateError:
    reason = getattr(error, "reason", None) or str(error) or type(error).__name__
    return VoiceError(
        f"{what} cannot be fetched: {reason}",
        hint=f"that needs the internet once; what arrived is kept; or copy voices into {folder_of(piper.NAME).parent}",
    )


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

"""Looking at the machine: is everything there that a build needs? Reads and tries; changes nothing that stays."""

import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

from narrate import __version__, speech, work
from narrate.assets import audio_dir, palette
from narrate.errors import NarrateError
from narrate.process import cores, ffmpeg_path, ffmpeg_version_printed
from narrate.speech import SpeechOptions
from narrate.store import Place, open_store
from narrate.take import Delivery


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing that a build needs: whether it is there, what was found, and what to do if it is not."""

    what: str
    ok: bool
    found: str
    advice: str = ""


def examine(store: Place) -> list[Finding]:
    """All findings, each tried for real: an engine that is installed but cannot speak is not there."""
    findings = [
        Finding(what="narrate", ok=True, found=f"{__version__}, Python {platform.python_version()}, {cores()} cores")
    ]
    findings += [_try(f"engine {name}", lambda name=name: _engine(name)) for name in speech.ENGINES]  # type: ignore[misc]
    findings.append(_try("ffmpeg", lambda: f"{ffmpeg_version_printed()} at {ffmpeg_path()}", advice=_get_ffmpeg()))
    findings.append(_try("MP3 encoder", _encoder, advice=_get_ffmpeg()))
    findings.append(_try("interludes", _beds))
    findings.append(_try("store", lambda: _writable(store)))
    return findings


def _try(what: str, look: Callable[[], str], *, advice: str = "") -> Finding:
    try:
        return Finding(what=what, ok=True, found=look())
    except NarrateError as error:
        return Finding(what=what, ok=False, found=str(error), advice=advice or error.hint)
    except OSError as error:
        return Finding(what=what, ok=False, found=str(error), advice=advice)


def _get_ffmpeg() -> str:
    named = os.environ.get("IMAGEIO_FFMPEG_EXE")
    instead = f"unset IMAGEIO_FFMPEG_EXE, which names {named}; or " if named else ""
    return f"{instead}pip install --force-reinstall imageio-ffmpeg"


def _engine(name: str) -> str:
    door = work.engine(SpeechOptions(engine=name))
    if name != SpeechOptions().engine and (reason := door.why_silent(name)):
        return f"not used: {reason}"
    engine = door.engine(name)
    voice = engine.resolve("", "en")
    take = engine.speak("All is well.", Delivery(voice=voice.id))
    seconds = take.info.frame_count / take.info.sample_rate
    return f"{engine.fingerprint(voice.id)}, {len(engine.voices())} voices, {voice.id} spoke {seconds:.1f} s"


def _encoder() -> str:
    from narrate.publish.mp3 import primer
    from narrate.publish.options import Mp3Options

    return f"libmp3lame, {len(primer(Mp3Options()))} bytes of silence encoded"


def _beds() -> str:
    from narrate.mix.beds import bed_fingerprint

    for scene in palette():
        bed_fingerprint(scene)
    return f"{len(palette())} scenes, in {audio_dir()}"


def _writable(store: Place) -> str:
    if isinstance(store, str):
        open_store(store).put("probe", "probe", b"is it there?")
        return store
    nearest = store
    while not nearest.exists():
        nearest = nearest.parent
    if not os.access(nearest, os.W_OK):
        raise NarrateError(f"{store} cannot be written", hint="name another folder with --store or NARRATE_STORE")
    with tempfile.TemporaryFile(dir=nearest):
        return str(store)

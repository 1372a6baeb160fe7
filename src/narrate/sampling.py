"""A first hearing: a few voices, one sentence each, in one sound file."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from narrate.audio import to_clip
from narrate.errors import AudioError, OutputError, VoiceError
from narrate.process import ffmpeg_path, ffmpeg_version
from narrate.speech.engine import Engine, Voice
from narrate.take import Delivery

MOST = 20
_PAUSE_MS = 500
_FORMATS = {".mp3": "mp3", ".wav": "wav", ".flac": "flac", ".ogg": "ogg", ".opus": "opus", ".m4a": "ipod"}


def narrowed(engine: Engine, language: str, voice: str) -> list[Voice]:
    """The engine's voices of `language` ("en" takes in "en-GB"), or the one that `voice` names; "" for all.

    Raises VoiceError when there is none.
    """
    if voice:
        return [engine.resolve(voice, language or "en")]
    wanted = language.casefold().replace("_", "-")
    found = [each for each in engine.voices() if not wanted or _is_of(each.language.casefold(), wanted)]
    if not found:
        raise VoiceError(f"no voice for the language {language!r}", hint="see them all with: narrate voices")
    return found


def write_sample(engine: Engine, voices: Sequence[Voice], path: Path, *, rate_wpm: int, pitch: int) -> None:
    """Let the first MOST of `voices` introduce themselves, into `path`; its ending says the format.

    Raises AudioError for a format that is not known, OutputError when the file cannot be written.
    """
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise AudioError(f"{path}: unknown kind of sound file", hint=f"one of {', '.join(_FORMATS)}")
    whole = None
    for voice in voices[:MOST]:
        take = engine.speak(
            f"This is {voice.name}. The road is dark, and the engine hums.",
            Delivery(voice=voice.id, rate_wpm=rate_wpm, pitch=pitch),
        )
        clip = to_clip(take.pcm, sample_rate=take.info.sample_rate)
        silence = clip.silent(duration=_PAUSE_MS, frame_rate=clip.frame_rate)
        whole = clip + silence if whole is None else whole + clip + silence
    if whole is None:
        raise VoiceError("no voice to hear")
    from pydub.exceptions import CouldntEncodeError

    ffmpeg_version()  # says better than pydub when there is none
    whole.converter = ffmpeg_path()
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".narrate-") as folder:
            part = Path(folder, f"sample{path.suffix}")
            whole.export(part, format=kind).close()
            part.replace(path)
    except CouldntEncodeError as error:
        raise AudioError(f"{path}: ffmpeg cannot write this format", hint="try .wav; see: narrate doctor") from error
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _is_of(language: str, wanted: str) -> bool:
    return language == wanted or language.startswith(f"{wanted}-")

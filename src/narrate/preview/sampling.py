"""A first hearing: a few voices, one sentence each, a few words, or a scene; in a sound file, or played."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from narrate.audio import to_clip
from narrate.errors import AudioError, OutputError, VoiceError
from narrate.mix.options import MixOptions
from narrate.process import ffmpeg_path, ffmpeg_version, run
from narrate.speech import Engine, Ensemble, Voice
from narrate.take import Delivery, Take
from narrate.units import frames

MOST = 20
_PAUSE_MS = 500
_LONGEST_S = 600.0
_PLAYERS = (
    ("mpv", "--no-video", "--really-quiet", "--no-config"),
    ("ffplay", "-nodisp", "-autoexit", "-loglevel", "error"),
    ("afplay",),
    ("paplay",),
    ("aplay", "-q"),
)
_FORMATS = {".mp3": "mp3", ".wav": "wav", ".flac": "flac", ".ogg": "ogg", ".opus": "opus", ".m4a": "ipod"}


def narrowed(engine: Engine | Ensemble, language: str, voice: str) -> list[Voice]:
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


def write_sample(engine: Engine | Ensemble, voices: Sequence[Voice], path: Path, *, rate_wpm: int, pitch: int) -> None:
    """Let the first MOST of `voices` introduce themselves, into `path`; its ending says the format.

    Raises AudioError for a format that is not known, OutputError when the file cannot be written.
    """
    _format(path)
    takes = [
        engine.speak(
            f"This is {voice.name}. The road is dark, and the engine hums.",
            Delivery(voice=voice.id, rate_wpm=rate_wpm, pitch=pitch),
        )
        for voice in voices[:MOST]
    ]
    if not takes:
        raise VoiceError("no voice to hear")
    export(takes, path, pause_ms=_PAUSE_MS)


def export(takes: Sequence[Take], path: Path, *, pause_ms: int) -> None:
    """Write `takes`, a pause after each, to `path`; its ending says the format.

    Raises AudioError for a format that is not known, OutputError when the file cannot be written.
    """
    _format(path)
    write_clip(_joined(takes, pause_ms), path)


def play(takes: Sequence[Take], *, pause_ms: int) -> None:
    """Let a player of this machine play `takes`. Raises AudioError when there is none, or when it fails."""
    play_clip(_joined(takes, pause_ms))


def scene_clip(scene: str, mix: MixOptions, *, duration_s: float) -> Any:
    """A pydub AudioSegment of a scene as interludes of a book have it, `duration_s` of it: at their loudness, faded.

    Raises ConfigError when there is no such scene, AudioError when its recording cannot be used.
    """
    from narrate.mix.interlude import clip, load_bed

    pcm = clip(
        load_bed(mix.sound(scene), sample_rate=mix.sample_rate),
        frames=frames(duration_s, mix.sample_rate),
        seed=scene,
        loudness_lufs=mix.profile.loudness_lufs - mix.interlude_below_lu,
        fade_s=mix.interlude_fade_s,
    )
    return to_clip(pcm, sample_rate=mix.sample_rate)


def _joined(takes: Sequence[Take], pause_ms: int) -> Any:
    whole = None
    for take in takes:
        clip = to_clip(take.pcm, sample_rate=take.info.sample_rate)
        clip += clip.silent(duration=pause_ms, frame_rate=clip.frame_rate)
        whole = clip if whole is None else whole + clip
    assert whole is not None
    return whole


def write_clip(clip: Any, path: Path) -> None:
    """Write a pydub AudioSegment to `path`; its ending says the format.

    Raises AudioError for a format that is not known, OutputError when the file cannot be written.
    """
    kind = _format(path)
    from pydub.exceptions import CouldntEncodeError

    ffmpeg_version()  # says better than pydub when there is none
    clip.converter = ffmpeg_path()
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".narrate-") as folder:
            part = Path(folder, f"sample{path.suffix}")
            clip.export(part, format=kind).close()
            part.replace(path)
    except CouldntEncodeError as error:
        raise AudioError(f"{path}: ffmpeg cannot write this format", hint="try .wav; see: narrate doctor") from error
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def play_clip(clip: Any) -> None:
    """Let a player of this machine play a pydub AudioSegment. Raises AudioError where there is none, or it fails."""
    command = next(([found, *rest] for name, *rest in _PLAYERS if (found := shutil.which(name))), None)
    if command is None:
        names = ", ".join(name for name, *_ in _PLAYERS)
        raise AudioError(
            "nothing here plays sound", hint=f"write a file with --out sound.wav, or install one of {names}"
        )
    with tempfile.TemporaryDirectory(prefix="narrate-") as folder:
        file = Path(folder, "sound.wav")
        write_clip(clip, file)
        try:
            run([*command, file], timeout_s=_LONGEST_S)
        except AudioError as error:
            raise AudioError(str(error), hint="write a file instead: --out sound.wav") from error


def _format(path: Path) -> str:
    kind = _FORMATS.get(path.suffix.lower())
    if kind is None:
        raise AudioError(f"{path}: unknown kind of sound file", hint=f"one of {', '.join(_FORMATS)}")
    return kind


def _is_of(language: str, wanted: str) -> bool:
    return language == wanted or language.startswith(f"{wanted}-")

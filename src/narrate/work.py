"""What worker processes do: speak the sentences of a stretch, encode a stretch. Small tasks in, small answers out;
samples pass only through the store.

Every task can be run again, anywhere: it finds what is already in the store and makes the rest.
"""

import contextlib
import os
import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from narrate import process, speech, store
from narrate.errors import AudioError, NarrateError, VoiceError
from narrate.mix.options import MixOptions
from narrate.mix.profiles import Profile
from narrate.publish.options import Mp3Options
from narrate.script import Interlude
from narrate.speech import Ensemble, SpeechOptions
from narrate.store import Place
from narrate.take import Delivery, Measure, Take, measure_from_bytes, samples_from_bytes, to_bytes

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from narrate.mix.floor import Room

T = TypeVar("T")
Blocks = Callable[[], Iterable["NDArray[np.float32]"]]

MP3 = "mp3"
"""The codec of chapters and books; `publish.codecs.CODECS` names the others."""

HEAVY = ("numpy", "soxr", "narrate.mix.interlude", "narrate.mix.levels", "narrate.publish.mp3")
"""Modules that every worker needs and that are worth loading only once."""

_KEPT_BYTES = 16 << 20
"""What a worker may keep of the memory that it frees: the arrays of a take several times over."""

TAKE_VERSION = 2
"""Raise when the same sentence and delivery would give other samples: another trim, another check."""

STRETCH_VERSION = 4
"""Raise when the same takes and options would give other MPEG frames: another mix, another filter."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A sentence to be spoken, how, the key of its take, and the effect on that (a name of `mix.effects.EFFECTS`)."""

    key: str
    spoken: str
    delivery: Delivery
    effect: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SpeakTask:
    """Make sure that the store has the takes of `lines`, and measure them as `profile` masters them. `fresh`: speak
    them even when it has."""

    store: Place
    speech: SpeechOptions
    lines: tuple[Line, ...]
    profile: Profile
    fresh: bool = False

    @property
    def key(self) -> str:
        """What is asked for, whoever asks."""
        lines = [[line.key, line.effect] for line in self.lines]
        return store.key("speak", lines=lines, profile=self.profile.mastering, fresh=self.fresh)


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """The measures of the takes, in order, and the `mix.levels.TakeLevels` of all of them, as bytes."""

    measures: tuple[Measure, ...]
    levels: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Sound:
    """A part of a stretch: what sounds (None for silence) and for how many frames at the task's `mix_rate`.

    A line has a gain in dB. An interlude goes on for `under` frames below what follows it.
    """

    source: Line | Interlude | None
    frame_count: int
    gain_db: float = 0.0
    under: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodeTask:
    """Make sure that the store has a stretch encoded by `codec` under `key`: its MPEG frames, or `Packets`. `scratch`
    is a folder to work in; None for one of the worker's own, on another machine: the listener's
    `recordings` are then in the store, under these names by their scenes."""

    store: Place
    scratch: Path | None
    speech: SpeechOptions
    encoder_fingerprint: str
    recordings: tuple[tuple[str, str], ...]
    key: str
    sounds: tuple[Sound, ...]
    mix_rate: int
    mix: MixOptions
    mp3: Mp3Options
    codec: str = MP3


def take_key(engine_fingerprint: str, delivery: Delivery, spoken: str) -> str:
    """The name of a take: everything that decides its samples."""
    return store.key(
        "take",
        version=TAKE_VERSION,
        engine=engine_fingerprint,
        voice=delivery.voice,
        rate=delivery.rate_wpm,
        pitch=delivery.pitch,
        spoken=spoken,
    )


def speak(task: SpeakTask) -> Spoken:
    """Speak what the store does not have yet. Raises SpeechError naming the sentence that could not be spoken."""
    from narrate.mix.levels import measure

    def measured(line: Line, data: bytes) -> tuple[Measure, bytes]:
        return measure_from_bytes(data), measure(*_voiced(line, data), task.profile).to_bytes()

    kept = store.open_store(task.store)
    if not task.fresh:
        kept.fetch("takes", [line.key for line in task.lines])
    with kept.together():
        new = _speak_in_batches(kept, task)
        takes = [
            measured(line, new[line.key])
            if line.key in new
            else _take(kept, task.speech, line, partial(measured, line), fresh=task.fresh)
            for line in task.lines
        ]
    return Spoken(measures=tuple(each for each, _ in takes), levels=b"".join(levels for _, levels in takes))


def _speak_in_batches(kept: store.Store, task: SpeakTask) -> dict[str, bytes]:
    """The takes, by their keys, of lines that the store does not have and an engine wants several of at once."""
    voices = engine(task.speech)
    wanted = {line.key: line for line in task.lines if task.fresh or not kept.has("takes", line.key)}
    lines = [line for line in wanted.values() if voices.traits(line.delivery.voice).batch > 1]
    for line in lines:
        _check_engine(voices, line)
    takes = voices.speak_all([(each.spoken, each.delivery) for each in lines])
    return {line.key: _keep(kept, line, take) for line, take in zip(lines, takes, strict=True)}


def encode(task: EncodeTask) -> int:
    """Mix and encode a stretch, unless the store has it; returns the count of its bytes there."""
    kept = store.open_store(task.store)
    have = kept.get("stretches", task.key)
    if have is not None:
        return len(have)
    if process.ffmpeg_version() != task.encoder_fingerprint:
        raise _other("ffmpeg", process.ffmpeg_version(), task.encoder_fingerprint)
    kept.fetch("takes", [sound.source.key for sound in task.sounds if isinstance(sound.source, Line)])
    blocks = partial(_mixed, kept, task)
    with _scratch(task) as scratch:
        data = _mpeg_frames(task, blocks, scratch) if task.codec == MP3 else _packets(task, blocks, scratch)
    kept.put("stretches", task.key, data)
    return len(data)


def _other(what: str, found: str, wanted: str) -> VoiceError:
    return VoiceError(
        f"the worker on {platform.node()} has another {what} than the build: {found}, not {wanted}",
        hint="install the same versions on every machine",
    )


@contextlib.contextmanager
def _scratch(task: EncodeTask) -> Iterator[Path]:
    if task.scratch is None:
        with tempfile.TemporaryDirectory(prefix="narrate-") as folder:
            yield Path(folder, f"stretch.{task.codec}")
    else:
        # Under a name of this process: the ffmpeg of a worker that died may still be writing under its own.
        yield task.scratch / f"{task.key[:16]}-{os.getpid()}.{task.codec}"


def _mpeg_frames(task: EncodeTask, blocks: Blocks, scratch: Path) -> bytes:
    from narrate.mix.dynamics import chain
    from narrate.publish import mp3

    mastered = chain(task.mix.profile, mix_rate=task.mix_rate, sample_rate=task.mp3.sample_rate)
    filters = f"{mastered},volume={-task.mp3.encoder_gain_db}dB"
    return mp3.encode(blocks, options=task.mp3, scratch=scratch, input_rate=task.mix_rate, filters=filters)


def _packets(task: EncodeTask, blocks: Blocks, scratch: Path) -> bytes:
    from narrate.mix.dynamics import chain
    from narrate.publish import codecs

    codec = codecs.CODECS[task.codec]
    filters = chain(
        task.mix.profile,
        mix_rate=task.mix_rate,
        sample_rate=task.mix.sample_rate,
        overshoot_db=codec.overshoot_db,
        gain_db=codec.gain_db,
    )
    encoded = codecs.encode(blocks, codec=codec, scratch=scratch, input_rate=task.mix_rate, filters=filters)
    return encoded.to_bytes()


def _take(
    kept: store.Store,
    options: SpeechOptions,
    line: Line,
    read: Callable[[bytes], T],
    *,
    fresh: bool = False,
) -> T:
    """What `read` finds in the take of `line`: the store's, else one that is spoken now."""
    data = None if fresh else kept.get("takes", line.key)
    if data is not None:
        try:
            return read(data)
        except NarrateError:
            kept.drop("takes", line.key)
    voices = engine(options)
    _check_engine(voices, line)
    return read(_keep(kept, line, voices.speak(line.spoken, line.delivery)))


def _check_engine(voices: Ensemble, line: Line) -> None:
    fingerprint = voices.fingerprint(line.delivery.voice)
    if take_key(fingerprint, line.delivery, line.spoken) != line.key:
        raise _other("speech engine", fingerprint, "the one that the sentence was planned for")


def _keep(kept: store.Store, line: Line, take: Take) -> bytes:
    data = to_bytes(take)
    kept.put("takes", line.key, data)
    return data


def _mixed(kept: store.Store, task: EncodeTask) -> "Iterator[NDArray[np.float32]]":
    """The task's sounds, one after the other, with what goes on of one laid under those behind it."""
    import numpy as np

    from narrate.mix.floor import faded
    from narrate.publish.frames import JOINT

    room, at = _room(kept, task), 0
    length = sum(sound.frame_count for sound in task.sounds)
    fade = JOINT * task.mix_rate // task.mp3.sample_rate
    rest = np.zeros((0, 1), np.float32)
    for sound in task.sounds:
        pcm = _samples(kept, task, sound)
        if room and (room.always or sound.source is None):
            pcm[: sound.frame_count] += faded(room.at(at, sound.frame_count), at, length, fade)
        at += sound.frame_count
        if len(rest):
            over = min(len(rest), sound.frame_count)
            pcm[:over] += rest[:over]
        rest = np.concatenate((rest[sound.frame_count :], pcm[sound.frame_count :]))
        yield pcm[: sound.frame_count]


def _room(kept: store.Store, task: EncodeTask) -> "Room | None":
    """What the stretch's pauses hold, by its longest sentence, which has the most gaps."""
    from narrate.mix.floor import room
    from narrate.units import db_to_gain

    lines = [(each.source, each.gain_db) for each in task.sounds if isinstance(each.source, Line)]
    if not lines:
        return None
    line, gain_db = max(lines, key=lambda each: len(each[0].spoken))
    samples, sample_rate = _take(kept, task.speech, line, samples_from_bytes)
    gain = db_to_gain(gain_db)
    return room(samples, sample_rate, mix_rate=task.mix_rate, gain=gain, profile=task.mix.profile)


def _samples(kept: store.Store, task: EncodeTask, sound: Sound) -> "NDArray[np.float32]":
    import numpy as np

    from narrate.mix.dynamics import counterweight
    from narrate.mix.interlude import Under, clip, load_bed
    from narrate.mix.levels import compressed
    from narrate.units import db_to_gain

    rate, profile = task.mix_rate, task.mix.profile
    match sound.source:
        case None:
            return np.zeros((sound.frame_count, 1), np.float32)
        case Interlude() as interlude:
            drive = clip(
                load_bed(_sound(kept, task, interlude.scene), sample_rate=rate),
                frames=sound.frame_count,
                seed=interlude.seed,
                loudness_lufs=profile.loudness_lufs - task.mix.interlude_below_lu,
                fade_s=task.mix.interlude_fade_s,
                under=Under(frames=sound.under, speech_lufs=profile.loudness_lufs) if sound.under else None,
            )
            return counterweight(drive, rate, profile)
        case Line() as line:
            samples, own_rate = _take(kept, task.speech, line, partial(_voiced, line))
            pcm = compressed(samples, own_rate, profile)
            pcm *= np.float32(db_to_gain(sound.gain_db))
            return _resampled(pcm.reshape(-1, 1), own_rate, sound.frame_count, rate)


def _sound(kept: store.Store, task: EncodeTask, scene: str) -> str | Path:
    """What is heard in a scene; a recording from another machine is brought here."""
    sound = task.mix.sound(scene)
    name = dict(task.recordings).get(scene)
    if name is None or not isinstance(sound, Path):
        return sound
    here = store.default_root() / "recordings" / (name + sound.suffix)
    if not here.exists():
        data = kept.get("recordings", name)
        if data is None:
            raise AudioError(f"{sound}: not in the store any more", hint="build it again")
        here.parent.mkdir(parents=True, exist_ok=True)
        part = here.with_name(f".{here.name}.{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(here)
    return here


def _voiced(line: Line, data: bytes) -> "tuple[NDArray[np.int16], int]":
    """The samples of a stored take with the line's effect on them, and their rate. Raises as `samples_from_bytes`."""
    from narrate.mix.effects import EFFECTS

    samples, sample_rate = samples_from_bytes(data)
    if line.effect:
        samples = EFFECTS[line.effect](samples, sample_rate, line.key)
    return samples, sample_rate


def _resampled(pcm: "NDArray[np.float32]", own_rate: int, frame_count: int, sample_rate: int) -> "NDArray[np.float32]":
    """The PCM at `sample_rate`, `frame_count` frames of it."""
    import numpy as np
    import soxr

    if own_rate != sample_rate:
        pcm = soxr.resample(pcm, own_rate, sample_rate)
    if len(pcm) < frame_count:
        pcm = np.concatenate([pcm, np.zeros((frame_count - len(pcm), 1), np.float32)])
    return pcm[:frame_count]


def settle(serial: int) -> None:
    """Give a new worker, the `serial`-th from 0, a core of its own; the ffmpeg that it starts stays there too.

    Measured: ffmpeg's threads, waking each other once an MPEG frame, cost a fifth less on one core than across two.
    """
    process.keep_memory(_KEPT_BYTES)
    if hasattr(os, "sched_setscheduler"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {cores[serial % len(cores)]})


@cache
def engine(options: SpeechOptions) -> Ensemble:
    """This process's engines, made once."""
    return speech.ensemble(options)


def warm(options: SpeechOptions) -> None:
    """Load in the parent what every worker needs, so that forked workers share it and start at once."""
    for module in HEAVY:
        import_module(module)
    engine(options).engine(options.engine)

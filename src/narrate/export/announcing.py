"""What is said before a file: "Chapter 4 of 12", in the narrator's voice, as MPEG frames to be put before others.

Speaks through the store, as every sentence of a book: what was said once is not said again.
"""

from dataclasses import dataclass
from pathlib import Path

from narrate import work
from narrate.export.pieces import Spoken
from narrate.mix.levels import Heard, chapter_gains, unpacked
from narrate.mix.options import MixOptions
from narrate.process import ffmpeg_version
from narrate.publish.options import Mp3Options
from narrate.speech import SpeechOptions
from narrate.store import Place, key, open_store
from narrate.take import Delivery
from narrate.work import EncodeTask, Line, Sound, SpeakTask

_BEFORE_S, _AFTER_S = 0.4, 0.9
_CHAPTER = {
    "en": "Chapter {number} of {total}.",
    "de": "Kapitel {number} von {total}.",
    "fr": "Chapitre {number} sur {total}.",
    "es": "Capítulo {number} de {total}.",
    "it": "Capitolo {number} di {total}.",
}
_PART = {
    "en": "{title}. Part {number} of {total}.",
    "de": "{title}. Teil {number} von {total}.",
    "fr": "{title}. Partie {number} sur {total}.",
    "es": "{title}. Parte {number} de {total}.",
    "it": "{title}. Parte {number} di {total}.",
}


def chapter_words(number: int, total: int, *, language: str) -> str:
    """ "Chapter 4 of 12." in the book's language, else in English."""
    return _in(_CHAPTER, language).format(number=number, total=total)


def part_words(title: str, number: int, total: int, *, language: str) -> str:
    """ "Night Drive. Part 4 of 12." in the book's language, else in English."""
    return _in(_PART, language).format(title=title.rstrip(" .!?…"), number=number, total=total)


def _in(table: dict[str, str], language: str) -> str:
    return table.get(language.partition("-")[0].lower(), table["en"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Announcer:
    """Says things as a book's narrator does; MPEG frames as `mp3` has them. `scratch` is a folder to work in."""

    store: Place
    scratch: Path
    speech: SpeechOptions
    delivery: Delivery
    mix: MixOptions
    mp3: Mp3Options

    def say(self, words: str) -> Spoken:
        """`words` with silence around them. Raises VoiceError when that voice is not here, SpeechError, AudioError."""
        fingerprint = work.engine(self.speech).fingerprint(self.delivery.voice)
        line = Line(key=work.take_key(fingerprint, self.delivery, words), spoken=words, delivery=self.delivery)
        profile = self.mix.profile
        said = work.speak(SpeakTask(store=self.store, speech=self.speech, lines=(line,), profile=profile))
        heard = [Heard(start_s=_BEFORE_S, voice="", levels=each) for each in unpacked(said.levels)]
        rate = self.mp3.sample_rate
        measure = said.measures[0]
        length = -(-measure.frame_count * rate // measure.sample_rate)
        length_s = _BEFORE_S + length / rate + _AFTER_S
        gain_db = chapter_gains(heard, [], length_s=length_s, loudness_lufs=profile.loudness_lufs).get("", 0.0)
        sounds = self._around(line, length, gain_db)
        count = sum(each.frame_count for each in sounds)
        name = key(
            "announcement",
            version=work.STRETCH_VERSION,
            encoder=ffmpeg_version(),
            mp3=[rate, self.mp3.bitrate_kbps, self.mp3.channels, self.mp3.compression_level],
            mix=profile.mastering,
            sounds=[line.key, gain_db, *(each.frame_count for each in sounds)],
        )
        work.encode(
            EncodeTask(
                store=self.store,
                scratch=self.scratch,
                speech=self.speech,
                encoder_fingerprint=ffmpeg_version(),
                recordings=(),
                key=name,
                sounds=sounds,
                mix_rate=rate,
                mix=self.mix,
                mp3=self.mp3,
            )
        )
        frames = open_store(self.store).get("stretches", name)
        assert frames is not None
        return Spoken(frames=frames, mpeg_frame_count=count // self.mp3.samples_per_mpeg_frame)

    def _around(self, line: Line, length: int, gain_db: float) -> tuple[Sound, ...]:
        """The line between two silences, all together whole MPEG frames long."""
        rate = self.mp3.sample_rate
        before, after = round(_BEFORE_S * rate), round(_AFTER_S * rate)
        after += -(before + length + after) % self.mp3.samples_per_mpeg_frame
        silence = Sound(source=None, frame_count=before), Sound(source=None, frame_count=after)
        return silence[0], Sound(source=line, frame_count=length, gain_db=gain_db), silence[1]

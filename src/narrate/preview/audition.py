"""An audition: the same first lines of a book, spoken by every voice that may be its narrator, on one page.

In: what a person asked for. Out: one HTML file that holds the sound as well. All voices are equally loud in it, or the
louder one would be chosen.
"""

import base64
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from narrate import project, work
from narrate.audio import to_clip
from narrate.errors import SpeechError, VoiceError
from narrate.process import ffmpeg_path, run
from narrate.publish.files import whole_file
from narrate.script import Role, Utterance, plain
from narrate.speech import Ensemble, Voice
from narrate.take import Take
from narrate.units import db_to_gain, gain_to_db

MOST_VOICES = 40
_CHARACTERS = 320
_LOUDNESS_LUFS = -18.0
_QUIETEST_LUFS = -60.0
_PEAK = 0.9
_PAUSE_MS = 180
_BITRATE = "64k"
_ENCODE_S = 120.0

Advance = Callable[[Voice, str], None]
"""Hears of each voice when it has spoken, and why it could not ("" if it could)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A voice, and its MP3."""

    voice: Voice
    mp3: bytes


def audition(request: project.Request, path: Path, *, wanted: Sequence[str], advance: Advance) -> tuple[Voice, ...]:
    """Write the page to `path`. `wanted` are voices by name; without any, all of the document's language, at most
    MOST_VOICES, some of every engine. Returns those that spoke.

    Raises VoiceError when none did, and whatever reading the source raises.
    """
    opened = project.open_project(request)
    door = work.engine(opened.config.speech)
    language = opened.metadata.language
    lines = _first_lines(opened)
    voices = [door.resolve(each, language) for each in wanted] if wanted else _of_language(door, language)
    spoken: dict[Voice, list[Take]] = {}
    for voice in voices:
        delivery = replace(opened.config.delivery, voice=voice.id)
        try:
            spoken[voice] = [door.speak(each.spoken, delivery) for each in lines]
            advance(voice, "")
        except (SpeechError, VoiceError) as error:
            advance(voice, str(error))
    if not spoken:
        raise VoiceError("no voice could speak these lines", hint="see: narrate doctor")
    levels = {voice: _level(takes) for voice, takes in spoken.items()}
    # The loudest that all of them can be without being clipped.
    wanted_lufs = min(_LOUDNESS_LUFS, *(each.loudest_lufs for each in levels.values()))
    heard = [
        Heard(voice=voice, mp3=_mp3(takes, gain_db=wanted_lufs - levels[voice].loudness_lufs))
        for voice, takes in spoken.items()
    ]
    page = _page(opened.metadata.title, language, [plain(each.text) for each in lines], heard, str(request.source))
    with whole_file(path) as file:
        file.write(page.encode("utf-8", "xmlcharrefreplace"))
    return tuple(each.voice for each in heard)


def _first_lines(opened: project.Project) -> list[Utterance]:
    """The first sentences of running text, some twenty seconds of them; of whatever there is, where there is none."""
    found: list[Utterance] = []
    for number in range(1, len(opened.document.chapters) + 1):
        said = opened.script(number).utterances
        for each in [each for each in said if each.role is Role.NARRATION and not each.language] or said:
            if sum(len(line.spoken) for line in found) + len(each.spoken) > _CHARACTERS and found:
                return found
            found.append(each)
    return found


def _of_language(door: Ensemble, language: str) -> list[Voice]:
    """The voices of the language, the document's own region first, of every engine in turn: none is left out."""
    primary = language.partition("-")[0].lower()
    engines: dict[str, list[Voice]] = {}
    for voice in door.voices():
        if voice.language.partition("-")[0].lower() == primary:
            engines.setdefault(voice.engine, []).append(voice)
    for voices in engines.values():
        voices.sort(key=lambda voice: voice.language.lower() != language.lower())
    found: list[Voice] = []
    while len(found) < MOST_VOICES and any(engines.values()):
        found += [voices.pop(0) for voices in engines.values() if voices]
    if not found:
        raise VoiceError(f"no voice here speaks “{language}”", hint="see: narrate voices")
    order = {name: place for place, name in enumerate(engines)}
    return sorted(found[:MOST_VOICES], key=lambda voice: order[voice.engine])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Level:
    """How loud takes are together, and how loud they would be with their highest sample at _PEAK."""

    loudness_lufs: float
    loudest_lufs: float


def _level(takes: Sequence[Take]) -> _Level:
    import numpy as np

    from narrate.mix.loudness import block_powers, integrated_lufs

    powers = np.concatenate([block_powers(take.pcm, take.info.sample_rate) for take in takes])
    loudness_lufs = max(integrated_lufs(powers), _QUIETEST_LUFS)
    peak = max(float(np.abs(take.pcm).max()) for take in takes)
    return _Level(loudness_lufs=loudness_lufs, loudest_lufs=loudness_lufs + gain_to_db(_PEAK / peak))


def _mp3(takes: Sequence[Take], *, gain_db: float) -> bytes:
    """The takes one after the other, so much louder."""
    import numpy as np

    rate = takes[0].info.sample_rate
    whole = None
    for take in takes:
        clip = to_clip(take.pcm * np.float32(db_to_gain(gain_db)), sample_rate=rate)
        clip += clip.silent(duration=_PAUSE_MS, frame_rate=rate)
        whole = clip if whole is None else whole + clip
    assert whole is not None
    command = [ffmpeg_path(), "-v", "error", "-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "pipe:0"]
    command += ["-c:a", "libmp3lame", "-b:a", _BITRATE, "-f", "mp3", "pipe:1"]
    # pydub's export goes by files, and by an ffmpeg of its own choice.
    return run(command, timeout_s=_ENCODE_S, stdin=whole.raw_data).stdout


def _page(title: str, language: str, lines: Sequence[str], heard: Sequence[Heard], source: str) -> str:
    voices = "\n".join(_entry(number, each, source) for number, each in enumerate(heard, start=1))
    text = html.escape(" ".join(lines))
    name = html.escape(title or source)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; media-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Voices for {name}</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Who shall read {name}?</h1>
<blockquote lang="{html.escape(language)}">{text}</blockquote>
<ol>
{voices}
</ol>
</main>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _entry(number: int, heard: Heard, source: str) -> str:
    voice = heard.voice
    told = html.escape(", ".join(part for part in (voice.language, voice.gender, voice.engine) if part))
    sound = base64.b64encode(heard.mp3).decode()
    command = html.escape(f"narrate build {_quoted(source)} --voice {_quoted(voice.id)}")
    return (
        f'<li><h2 id="v{number}">{html.escape(voice.name)}</h2><p>{told}</p>'
        f'<audio controls preload="metadata" aria-labelledby="v{number}" src="data:audio/mpeg;base64,{sound}"></audio>'
        f"<p><code>{command}</code></p></li>"
    )


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)


_STYLE = """
:root { color-scheme: light dark; font: 1.0625rem/1.5 system-ui, sans-serif }
body { margin: 0 } main { max-width: 44rem; margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.6rem; line-height: 1.25; text-wrap: balance } h2 { font-size: 1.125rem; margin: 0 }
blockquote { margin: 0 0 1.5rem; padding-left: 1rem; border-left: 3px solid; font-family: Georgia, serif }
ol { list-style: none; padding: 0; display: grid; gap: 1rem }
li { padding: 1rem; border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-radius: .5rem }
li p { margin: .25rem 0 } audio { width: 100%; margin: .25rem 0 }
code { font-size: .9375rem; overflow-wrap: anywhere; user-select: all }
"""

_SCRIPT = """
document.addEventListener("play", event => {
  for (const each of document.querySelectorAll("audio")) if (each !== event.target) each.pause();
}, true);
"""

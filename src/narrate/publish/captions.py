"""Captions: what is heard, as WebVTT (https://www.w3.org/TR/webvtt1/) and SubRip. Text alone; nothing is measured.

A cue a sentence, in at most two lines of 42 characters (the line length that broadcasters and the DCMP's Captioning Key
settle on; `wrapping` makes them); a longer sentence goes over several, each beginning with its first word. Sounds that
are no speech stand in brackets and lower case. Cues follow one another in time and never overlap.
"""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from narrate.publish.labels import continued, label
from narrate.publish.transcript import HeardChapter, HeardCue
from narrate.publish.wrapping import Token, length, lines_of, parts_of, token, tokens_of

_SHORTEST_S = 1.0  # a shorter cue stays until then, if the next one leaves it the time
_SOUND_S = 5.0  # so long a sound is named; what follows of it, if that is worth a cue, "continues"
_CONTINUES_S = 3.0
_VOICES = {"quotation": "Quotation", "description": "Description", "note": "Note"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionOptions:
    """`characters` in a line, of which a Chinese, Japanese or Korean one is two, `lines` in a cue; `words`: a time
    before each word, in WebVTT. `language` is the book's, a BCP 47 tag, for what asides are called."""

    characters: int = 42
    lines: int = 2
    words: bool = False
    language: str = "en"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caption:
    """One cue: times in ms, `voice` ("" for sounds), and lines of (text, when its words begin in ms or None)."""

    id: str
    start_ms: int
    end_ms: int
    voice: str
    lines: tuple[tuple[Token, ...], ...]

    @property
    def texts(self) -> list[str]:
        """The lines as plain text."""
        return ["".join(_spaced(line, [each.text for each in line])) for line in self.lines]


def captions(
    chapters: Iterable[HeardChapter], options: CaptionOptions = CaptionOptions(), *, offset_s: float = 0.0
) -> Iterator[Caption]:
    """The cues of `chapters`, `offset_s` earlier than they lie in the book."""
    earlier: Caption | None = None
    for following in _drafts(chapters, options, offset_s):
        if earlier is not None:
            yield _ended(earlier, following.start_ms)
            following = replace(following, start_ms=max(following.start_ms, earlier.start_ms + 1))
        earlier = following
    if earlier is not None:
        yield _ended(earlier, None)


def to_vtt(cues: Iterable[Caption], options: CaptionOptions = CaptionOptions()) -> str:
    """WebVTT, with a voice in every cue that is spoken."""
    blocks = ["WEBVTT\n"]
    for cue in cues:
        lines = list(_timed(cue) if options.words else map(_escaped, cue.texts))
        voice = f"<v {_escaped(cue.voice)}>" if cue.voice else ""
        times = f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}"
        blocks.append(f"{cue.id}\n{times}\n{voice}" + "\n".join(lines) + "\n")
    return "\n".join(blocks)


def to_srt(cues: Iterable[Caption]) -> str:
    """SubRip: numbered cues of plain text."""
    blocks = []
    for number, cue in enumerate(cues, start=1):
        times = f"{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}"
        blocks.append(f"{number}\n{times}\n" + "\n".join(cue.texts).replace("-->", "→") + "\n")
    return "\n".join(blocks)


def _ended(cue: Caption, next_ms: int | None) -> Caption:
    end = max(cue.end_ms, cue.start_ms + round(1000 * _SHORTEST_S) if cue.voice else cue.end_ms)
    if next_ms is not None:
        end = min(end, next_ms)
    return replace(cue, end_ms=max(end, cue.start_ms + 1))


def _drafts(chapters: Iterable[HeardChapter], options: CaptionOptions, offset_s: float) -> Iterator[Caption]:
    for chapter in chapters:
        aside = ""
        for each in chapter.cues:
            if each.kind == "interlude":
                yield from _sound(each, options.language, offset_s)
            elif each.kind == "utterance":
                told = f"{each.about} {each.place}" if each.is_aside else ""
                named = label(each.about, options.language) if told and told != aside else ""
                aside = told
                yield from _sentence(each, named, options, offset_s)


def _sound(interlude: HeardCue, language: str, offset_s: float) -> Iterator[Caption]:
    named = interlude.text.strip("[] ") or "sound"
    cuts = [interlude.start_s]
    if interlude.duration_s >= _SOUND_S + _CONTINUES_S:
        cuts.append(interlude.start_s + _SOUND_S)
    for index, start in enumerate(cuts):
        text = continued(named, language) if index else f"[{named}]"
        end = cuts[1] if len(cuts) > 1 and not index else interlude.end_s
        yield Caption(
            id=f"{interlude.id}{'-2' if index else ''}",
            start_ms=_ms(start - offset_s),
            end_ms=_ms(end - offset_s),
            voice="",
            lines=((token(text),),),
        )


def _sentence(sentence: HeardCue, named: str, options: CaptionOptions, offset_s: float) -> Iterator[Caption]:
    tokens = tokens_of(sentence, options.characters)
    if named:
        tokens = [*(token(word) for word in named.split()), *tokens]
    parts = list(parts_of(tokens, options.characters, options.lines))
    starts = [sentence.start_s, *(_start(sentence, parts, index) for index in range(1, len(parts)))]
    ends = [*starts[1:], sentence.end_s]
    for index, part in enumerate(parts):
        yield Caption(
            id=f"{sentence.id}-{index + 1}" if index else sentence.id,
            start_ms=_ms(starts[index] - offset_s),
            end_ms=_ms(ends[index] - offset_s),
            voice=sentence.speaker or _VOICES.get(sentence.role, "Narrator"),
            lines=tuple(
                tuple(replace(t, start_s=None if t.start_s is None else t.start_s - offset_s) for t in line)
                for line in lines_of(part, options.characters)
            ),
        )


def _start(sentence: HeardCue, parts: Sequence[Sequence[Token]], index: int) -> float:
    """When part `index` begins: with its first word whose time is known, else by its share of the letters."""
    known = parts[index][0].start_s
    if known is not None:
        return known
    sizes = [length(part) for part in parts]
    return sentence.start_s + sentence.duration_s * sum(sizes[:index]) / sum(sizes)


def _timed(cue: Caption) -> Iterator[str]:
    """The lines with a time before every word that is said later than the one before it (WebVTT 1 clause 4.2.2)."""
    latest = cue.start_ms
    for line in cue.lines:
        words = []
        for each in line:
            at = -1 if each.start_s is None else _ms(each.start_s)
            time = f"<{_clock(at, '.')}>" if latest < at < cue.end_ms else ""
            latest = max(latest, at)
            words.append(time + _escaped(each.text))
        yield "".join(_spaced(line, words))


def _spaced(line: Sequence[Token], words: Sequence[str]) -> Iterator[str]:
    """The `words` of a line, what stands for each of its tokens, with the spaces between them."""
    for index, (each, word) in enumerate(zip(line, words, strict=True)):
        yield f" {word}" if index and not each.joined else word


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _ms(time_s: float) -> int:
    return max(0, round(1000 * time_s))


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"

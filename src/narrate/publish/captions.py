"""Captions: what is heard, as WebVTT (https://www.w3.org/TR/webvtt1/) and SubRip. Text alone; nothing is measured.

A cue a sentence, in at most two lines of 42 characters (the line length that broadcasters and the DCMP's Captioning Key
settle on); a longer sentence goes over several, each beginning with its first word. Sounds that are no speech stand in
brackets and lower case. Cues follow one another in time and never overlap.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from narrate.publish.labels import label
from narrate.publish.transcript import HeardChapter, HeardCue, HeardWord

_SHORTEST_S = 1.0  # a shorter cue stays until then, if the next one leaves it the time
_SOUND_S = 5.0  # so long a sound is named; what follows of it, if that is worth a cue, "continues"
_CONTINUES_S = 3.0
_CLAUSE = re.compile(r"[,;:.!?…—–)”’]$")
_VOICES = {"quotation": "Quotation", "description": "Description", "note": "Note"}


@dataclass(frozen=True, kw_only=True, slots=True)
class CaptionOptions:
    """`characters` in a line, `lines` in a cue; `words`: a time before each word, in WebVTT. `language` is the book's,
    a BCP 47 tag, for what asides are called."""

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
    lines: tuple[tuple["_Token", ...], ...]

    @property
    def texts(self) -> list[str]:
        """The lines as plain text."""
        return [" ".join(token.text for token in line) for line in self.lines]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Token:
    """A word of a cue, with what is not a space around it; when it is said, in seconds, None where nobody knows."""

    text: str
    start_s: float | None = None


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
                yield from _sound(each, offset_s)
            elif each.kind == "utterance":
                told = f"{each.about} {each.place}" if each.is_aside else ""
                named = label(each.about, options.language) if told and told != aside else ""
                aside = told
                yield from _sentence(each, named, options, offset_s)


def _sound(interlude: HeardCue, offset_s: float) -> Iterator[Caption]:
    named = interlude.text.strip("[] ") or "sound"
    cuts = [interlude.start_s]
    if interlude.duration_s >= _SOUND_S + _CONTINUES_S:
        cuts.append(interlude.start_s + _SOUND_S)
    last = named.split()[-1]
    going_on = last if last.endswith("ing") else named
    for index, start in enumerate(cuts):
        text = f"[{going_on} continues]" if index else f"[{named}]"
        end = cuts[1] if len(cuts) > 1 and not index else interlude.end_s
        yield Caption(
            id=f"{interlude.id}{'-2' if index else ''}",
            start_ms=_ms(start - offset_s),
            end_ms=_ms(end - offset_s),
            voice="",
            lines=((_Token(text=text),),),
        )


def _sentence(sentence: HeardCue, named: str, options: CaptionOptions, offset_s: float) -> Iterator[Caption]:
    tokens = _tokens(sentence, options.characters)
    if named:
        tokens = [*(_Token(text=word) for word in named.split()), *tokens]
    parts = list(_parts(tokens, options))
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
                for line in _lines(part, options)
            ),
        )


def _tokens(sentence: HeardCue, longest: int) -> list[_Token]:
    """The words of a sentence; one that fills more than a line in pieces."""
    words = list(sentence.words) if sentence.text.strip() else []
    tokens = []
    for match in re.finditer(r"\S+", _printable(sentence.shown)):
        start = _when(words, match.start(), match.end())
        start = None if start is None else sentence.start_s + start
        pieces = [match[0][at : at + longest] for at in range(0, len(match[0]), longest)]
        tokens += [_Token(text=piece, start_s=start if not index else None) for index, piece in enumerate(pieces)]
    return tokens


def _printable(text: str) -> str:
    """`text` with a space for every character that could end a line or a cue; every other stays in its place."""
    return "".join(char if char.isprintable() else " " for char in text)


def _when(words: Sequence[HeardWord], start: int, end: int) -> float | None:
    return next((word.start_s for word in words if word.text_start < end and word.text_end > start), None)


def _start(sentence: HeardCue, parts: Sequence[Sequence[_Token]], index: int) -> float:
    """When part `index` begins: with its first word whose time is known, else by its share of the letters."""
    known = parts[index][0].start_s
    if known is not None:
        return known
    sizes = [_length(part) for part in parts]
    return sentence.start_s + sentence.duration_s * sum(sizes[:index]) / sum(sizes)


def _parts(tokens: Sequence[_Token], options: CaptionOptions) -> Iterator[list[_Token]]:
    """Runs of words that fit one cue each, about equally long, ended at a comma or the like where one is near."""
    at = 0
    while at < len(tokens):
        fits = _fitting(tokens, at, options)
        if fits < len(tokens):
            left, rest = 1, fits
            while rest < len(tokens):
                rest, left = _fitting(tokens, rest, options), left + 1
            ideal = _length(tokens[at:]) / left
            fits = min(range(at + 1, fits + 1), key=lambda end: _misfit(tokens[at:end], ideal))
        yield list(tokens[at:fits])
        at = fits


def _fitting(tokens: Sequence[_Token], at: int, options: CaptionOptions) -> int:
    """Where the longest run of words from `at` on ends that fits one cue."""
    end = at + 1
    while end < len(tokens) and len(_filled(tokens[at : end + 1], options.characters)) <= options.lines:
        end += 1
    return end


def _misfit(run: Sequence[_Token], ideal: float) -> float:
    """How bad a place the end of `run` is to cut at: a comma is worth a third of the ideal length."""
    return abs(_length(run) - ideal) - (ideal / 3 if _CLAUSE.search(run[-1].text) else 0)


def _length(run: Sequence[_Token]) -> int:
    return sum(len(token.text) + 1 for token in run)


def _filled(tokens: Sequence[_Token], width: int) -> list[list[_Token]]:
    lines: list[list[_Token]] = []
    room = -1
    for token in tokens:
        if len(token.text) + 1 > room:
            lines.append([])
            room = width + 1
        lines[-1].append(token)
        room -= len(token.text) + 1
    return lines


def _lines(part: Sequence[_Token], options: CaptionOptions) -> list[list[_Token]]:
    """The words in as few lines as hold them, of nearly equal length."""
    width = options.characters
    lines = _filled(part, width)
    while width > 1 and len(narrower := _filled(part, width - 1)) == len(lines) and _widest(narrower) < width:
        lines, width = narrower, width - 1
    return lines


def _widest(lines: Sequence[Sequence[_Token]]) -> int:
    return max(_length(line) - 1 for line in lines)


def _timed(cue: Caption) -> Iterator[str]:
    """The lines with a time before every word that is said later than the one before it (WebVTT 1 clause 4.2.2)."""
    latest = cue.start_ms
    for line in cue.lines:
        words = []
        for token in line:
            at = -1 if token.start_s is None else _ms(token.start_s)
            time = f"<{_clock(at, '.')}>" if latest < at < cue.end_ms else ""
            latest = max(latest, at)
            words.append(time + _escaped(token.text))
        yield " ".join(words)


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _ms(time_s: float) -> int:
    return max(0, round(1000 * time_s))


def _clock(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{point}{rest:03d}"

"""A finished book, judged: what is wrong with it, a verdict each; of a good one, none.

In: a release's folder and the facts of its sound files (`facts`). Out: verdicts. What is known of the book is read
from its own files, a cue at a time; the sound is compared with that. Every input may be damaged: that is what is looked
for. One cause gives one verdict: a file that is missing or changed is told, and then not held against anything else.
"""

import math
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from narrate import record
from narrate.errors import NarrateError
from narrate.inspection.durations import Durations
from narrate.inspection.facts import BLOCK_S, SILENCE_S, Facts, clipped, gated_lufs
from narrate.plan import ChapterRecord, Record
from narrate.publish.manifest import reading_order
from narrate.publish.timeline import read_timeline
from narrate.release import MANIFEST_FILE, RECORD_FILE, TIMELINE_FILE
from narrate.units import clock

LOUDNESS_TOLERANCE_LU = 1.0
"""How far a chapter's speech may be from its target; what Apple Podcasts allows from its own -16 LUFS."""

CLIPPED_DBFS = 0.0
"""A sample at or above full scale was, or will be, cut off."""

_LEAST_SPEECH_S = 3.0
"""No loudness is judged by less speech than EBU Tech 3341's short-term window."""
_PEAK_TOLERANCE_DB = 0.05  # ffmpeg's meter says tenths
_TIME_TOLERANCE_S = 0.05
_MARK_TOLERANCE_S = 0.002  # marks are in whole milliseconds
_BEYOND_PAUSE_S = 1.0  # the soft end of a sentence before a pause, and the beginning after it
_TARGET = re.compile(r"(-?[\d.]+) LUFS, (-?[\d.]+) dBTP")
_TAGS = ("TIT2", "TALB", "TRCK", "TLAN", "APIC:")


class Kind(StrEnum):
    """What can be wrong with a book."""

    CLIPPING = "clipping"
    SILENCE = "silence"
    TAKE = "take"
    LOUDNESS = "loudness"
    TRUE_PEAK = "true peak"
    TAGS = "tags"
    ORDER = "order"
    GAP = "gap"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """One thing that is wrong: of which kind, in which file (its name in the book's folder), where (seconds from the
    file's start, None for all of it), and in words."""

    kind: Kind
    file: str
    message: str
    at_s: float | None = None

    def __str__(self) -> str:
        at = "" if self.at_s is None else f" at {clock(self.at_s)}"
        return f"{self.kind}: {self.file}{at}: {self.message}"


def judge(folder: Path, facts: Sequence[Facts]) -> Iterator[Verdict]:
    """What is wrong with the book in `folder`, of whose MP3s these are the `facts`.

    A folder of sound files that is no book of narrate's is judged by its sound alone.
    """
    names = {each.path: each.path.relative_to(folder).as_posix() for each in facts}
    for each in facts:
        if each.peak_dbfs >= CLIPPED_DBFS and not each.joined:
            count, at_s = clipped(each.path, each.duration_s, CLIPPED_DBFS)
            message = f"{count} samples at full scale, the first here; the highest is {each.peak_dbfs:+.1f} dBFS"
            yield Verdict(kind=Kind.CLIPPING, file=names[each.path], at_s=at_s, message=message)
    book = record.read(folder)
    if book is not None and _is_whole(book):
        yield from _book(folder, book, {names[each.path]: each for each in facts})
    elif any((folder / name).exists() for name in (RECORD_FILE, MANIFEST_FILE, TIMELINE_FILE)):
        state = "damaged" if (folder / RECORD_FILE).exists() else "missing"
        message = f"{state}: nothing but the sound can be judged without it"
        yield Verdict(kind=Kind.GAP, file=RECORD_FILE, message=message)
    else:
        for each in facts:
            yield from _silences(each, names[each.path], _Heard())


def _is_whole(book: Record) -> bool:
    """Whether what was read has the types that it should: anybody may have written it."""
    numbers = [number for each in book.chapters for number in (each.number, each.start, each.frame_count)]
    texts = [text for each in book.chapters for text in (each.file, each.title, *dict(each.ingredients).values())]
    return all(isinstance(each, int) for each in (*numbers, *book.files.values())) and all(
        isinstance(each, str) for each in (*texts, *book.files)
    )


def _book(folder: Path, book: Record, files: Mapping[str, Facts]) -> Iterator[Verdict]:
    broken = dict(_broken_files(folder, book))
    for name in files:
        if name not in book.files and "/" in name:
            broken[name] = "is no chapter of this book"
    for name, message in broken.items():
        yield Verdict(kind=Kind.GAP, file=name, message=message)
    sound = {name: facts for name, facts in files.items() if name not in broken}
    yield from _order_of_manifest(folder, book, broken)
    yield from _whole_book(book, sound, broken)
    heard: Mapping[str, _Heard] = {}
    odd: set[str] = set()
    if TIMELINE_FILE not in broken:
        try:
            heard, durations = _read(folder / TIMELINE_FILE)
        except NarrateError as error:
            yield Verdict(kind=Kind.GAP, file=TIMELINE_FILE, message=str(error))
        else:
            yield from _timeline(book, heard)
            takes = list(_takes(durations))
            odd = {verdict.file for verdict in takes}
            yield from takes
    for chapter in book.chapters:
        if facts := sound.get(chapter.file):
            yield from _chapter(facts, chapter, heard.get(chapter.file), len(book.chapters))
            if chapter.file not in odd:
                yield from _levels(facts, chapter, heard.get(chapter.file) or _Heard())


def _broken_files(folder: Path, book: Record) -> Iterator[tuple[str, str]]:
    for name, size in sorted(book.files.items()):
        path = folder / name
        if not path.is_file():
            yield name, "missing"
        elif (found := path.stat().st_size) != size:
            yield name, f"changed since it was built: {found:,} bytes, not {size:,}"


def _order_of_manifest(folder: Path, book: Record, broken: Mapping[str, str]) -> Iterator[Verdict]:
    if MANIFEST_FILE in broken:
        return
    wanted = [chapter.file for chapter in book.chapters]
    found = reading_order(folder)
    if found is None:
        yield Verdict(kind=Kind.GAP, file=MANIFEST_FILE, message="damaged")
    elif sorted(found) != sorted(wanted):
        odd = sorted(set(found) ^ set(wanted))
        message = f"its chapters are not those that were built: {odd[0] if odd else 'one is there twice'}"
        yield Verdict(kind=Kind.GAP, file=MANIFEST_FILE, message=message)
    elif found != wanted:
        yield Verdict(kind=Kind.ORDER, file=MANIFEST_FILE, message="its reading order is not the chapters' own")


def _whole_book(book: Record, files: Mapping[str, Facts], broken: Mapping[str, str]) -> Iterator[Verdict]:
    """The one file that is all chapters, the longest beside their folder: their very frames, and a mark where each
    begins."""
    beside = [name for name in files if "/" not in name and name in book.files]
    if not beside or any(name.endswith(".mp3") and "/" not in name for name in broken):
        return
    name = max(beside, key=lambda each: files[each].duration_s)
    facts = files[name]
    if not facts.joined and not any("/" in each for each in broken):
        yield Verdict(kind=Kind.GAP, file=name, message="is not the sound of the chapters' files, one after the other")
    yield from _tags(facts, name)
    starts = [mark.start_s for mark in facts.marks]
    if not facts.marks or not facts.contents:
        yield Verdict(kind=Kind.TAGS, file=name, message="has no chapter marks")
    elif starts != sorted(starts) or facts.contents != tuple(mark.id for mark in facts.marks):
        yield Verdict(kind=Kind.ORDER, file=name, message="its chapter marks are out of order")
    else:
        yield from _marks(facts, name, book)


def _marks(facts: Facts, name: str, book: Record) -> Iterator[Verdict]:
    if len(facts.marks) != len(book.chapters):
        message = f"has {len(facts.marks)} chapter marks for {len(book.chapters)} chapters"
        yield Verdict(kind=Kind.GAP, file=name, message=message)
        return
    rate = _rate(facts, sum(chapter.frame_count for chapter in book.chapters))
    for mark, chapter in zip(facts.marks, book.chapters, strict=True):
        if abs(mark.start_s - chapter.start / rate) > _MARK_TOLERANCE_S:
            message = f"chapter {chapter.number} begins at {clock(chapter.start / rate)}, its mark is elsewhere"
            yield Verdict(kind=Kind.GAP, file=name, at_s=mark.start_s, message=message)


def _rate(facts: Facts, frame_count: int) -> int:
    """The sample rate that makes this many frames last as long as the file, of those that MP3 has."""
    rates = (44100, 48000, 32000, 22050, 24000, 16000, 11025, 12000, 8000)
    return min(rates, key=lambda rate: abs(frame_count / rate - facts.duration_s))


@dataclass(kw_only=True, slots=True)
class _Heard:
    """What the timeline says of one chapter. Times count from the chapter's start, in seconds: of speech, of the
    pauses that were meant, and of interludes, (start, end) one after the other."""

    number: int = 0
    start_s: float = 0.0
    duration_s: float = 0.0
    speech: "array[float]" = field(default_factory=lambda: array("d"))
    pauses: "array[float]" = field(default_factory=lambda: array("d"))
    interludes: "array[float]" = field(default_factory=lambda: array("d"))


def _read(path: Path) -> tuple[dict[str, _Heard], Durations]:
    """What is heard in each chapter's file, and how long every take is. Raises NarrateError when it is damaged."""
    heard: dict[str, _Heard] = {}
    durations = Durations()
    for head, cue in read_timeline(path):
        try:
            file, start_s = str(head["file"]), float(head["start_s"])
            found = heard.get(file)
            if found is None:
                number, length_s = int(head["number"]), float(head["duration_s"])
                found = heard[file] = _Heard(number=number, start_s=start_s, duration_s=length_s)
            if cue is None:
                continue
            at_s, length_s = float(cue["start_s"]) - start_s, float(cue["duration_s"])
            if cue["kind"] == "utterance":
                found.speech.extend((at_s, at_s + length_s))
                durations.add(file, at_s, length_s, voice=str(cue["voice"]), spoken=str(cue["spoken"]))
            elif cue["kind"] == "pause":
                found.pauses.extend((at_s, at_s + length_s))
            else:
                found.interludes.extend((at_s, at_s + length_s))
        except (KeyError, TypeError, ValueError) as error:
            raise NarrateError("damaged") from error
    return heard, durations


def _timeline(book: Record, heard: Mapping[str, _Heard]) -> Iterator[Verdict]:
    wanted = [chapter.file for chapter in book.chapters]
    if sorted(wanted) != sorted(heard):
        odd = sorted(set(wanted) ^ set(heard))
        yield Verdict(kind=Kind.GAP, file=TIMELINE_FILE, message=f"tells of other chapters than were built: {odd[0]}")
    elif list(heard) != wanted or [each.number for each in heard.values()] != [each.number for each in book.chapters]:
        yield Verdict(kind=Kind.ORDER, file=TIMELINE_FILE, message="its chapters are out of order")
    else:
        end_s = 0.0
        for name, each in heard.items():
            if abs(each.start_s - end_s) > _TIME_TOLERANCE_S:
                message = f"{name} begins {each.start_s - end_s:+.2f} s from the end of the chapter before it"
                yield Verdict(kind=Kind.GAP, file=TIMELINE_FILE, at_s=end_s, message=message)
            end_s = each.start_s + each.duration_s


def _takes(durations: Durations) -> Iterator[Verdict]:
    for odd in durations.odd():
        what = "long" if odd.duration_s > odd.expected_s else "short"
        text = odd.spoken if len(odd.spoken) <= 60 else f"{odd.spoken[:59].rstrip()}…"
        message = f"too {what} for its text: {odd.duration_s:.1f} s, about {odd.expected_s:.1f} s expected, of “{text}”"
        yield Verdict(kind=Kind.TAKE, file=odd.file, at_s=odd.at_s, message=message)


def _chapter(facts: Facts, chapter: ChapterRecord, heard: _Heard | None, total: int) -> Iterator[Verdict]:
    name = chapter.file
    yield from _tags(facts, name)
    track = facts.tags.get("TRCK", "")
    if track and track != f"{chapter.number}/{total}":
        yield Verdict(kind=Kind.ORDER, file=name, message=f"says that it is {track}, and is {chapter.number}/{total}")
    told_s = chapter.frame_count / _rate(facts, chapter.frame_count)
    if abs(facts.duration_s - told_s) > _TIME_TOLERANCE_S or (
        heard is not None and abs(heard.duration_s - told_s) > _TIME_TOLERANCE_S
    ):
        lasts = (
            facts.duration_s if abs(facts.duration_s - told_s) > _TIME_TOLERANCE_S else heard.duration_s if heard else 0
        )
        message = f"lasts {lasts:.2f} s, where {told_s:.2f} s were built"
        yield Verdict(kind=Kind.GAP, file=name, message=message)
        return
    yield from _silences(facts, name, heard or _Heard())


def _levels(facts: Facts, chapter: ChapterRecord, heard: _Heard) -> Iterator[Verdict]:
    """True peak and loudness against what the chapter was mastered to. Speech of which some is silent has no loudness
    that could be held against it."""
    target = _TARGET.search(chapter.ingredients.get("loudness", ""))
    if target is None:
        return
    wanted_lufs, ceiling_dbtp = float(target[1]), float(target[2])
    if facts.true_peak_dbtp > ceiling_dbtp + _PEAK_TOLERANCE_DB and facts.peak_dbfs < CLIPPED_DBFS:
        message = f"true peak {facts.true_peak_dbtp:.1f} dBTP, above {ceiling_dbtp:g}"
        yield Verdict(kind=Kind.TRUE_PEAK, file=chapter.file, message=message)
    speech_s = sum(end_s - start_s for start_s, end_s in _pairs(heard.speech))
    if speech_s < _LEAST_SPEECH_S or list(_silences(facts, chapter.file, heard)):
        return
    away_lu = gated_lufs([_spoken_blocks(facts, heard)]) - wanted_lufs
    if abs(away_lu) > LOUDNESS_TOLERANCE_LU:
        message = f"its speech is at {wanted_lufs + away_lu:.1f} LUFS, {away_lu:+.1f} LU from {wanted_lufs:g}"
        yield Verdict(kind=Kind.LOUDNESS, file=chapter.file, message=message)


def _tags(facts: Facts, name: str) -> Iterator[Verdict]:
    missing = [tag.rstrip(":") for tag in _TAGS if not facts.tags.get(tag)]
    if missing:
        yield Verdict(kind=Kind.TAGS, file=name, message=f"misses {', '.join(missing)}")


def _silences(facts: Facts, name: str, heard: _Heard) -> Iterator[Verdict]:
    """Silences that no pause of the script accounts for."""
    for start_s, end_s in facts.silences:
        end_s = min(end_s, facts.duration_s)
        if facts.joined or end_s - start_s < SILENCE_S:
            continue
        meant_s = sum(max(0.0, min(end_s, end) - max(start_s, start)) for start, end in _pairs(heard.pauses))
        if end_s - start_s > meant_s + _BEYOND_PAUSE_S:
            message = f"{end_s - start_s:.1f} s of silence"
            yield Verdict(kind=Kind.SILENCE, file=name, at_s=start_s, message=message)


def _spoken_blocks(facts: Facts, heard: _Heard) -> "array[float]":
    """The blocks of which nothing lies in an interlude: speech and its pauses, which is what has its loudness."""
    found, done_s = array("f"), 0.0
    for start_s, end_s in (*_pairs(heard.interludes), (math.inf, math.inf)):
        last = len(facts.blocks_lufs) if start_s == math.inf else max(0, math.floor(start_s / BLOCK_S) - 3)
        found.extend(facts.blocks_lufs[math.ceil(done_s / BLOCK_S) : last])
        done_s = end_s
    return found


def _pairs(times: "array[float]") -> Iterable[tuple[float, float]]:
    return zip(times[::2], times[1::2], strict=True)

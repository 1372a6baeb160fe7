"""Where a book is cut into parts of about equal length: at chapters' and sections' ends, else between sentences. Pure.

In: what is heard and when. Out: parts as stretches of chapters, counted in MPEG frames, whose edges lie in silence.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from narrate.publish.transcript import HeardChapter

_SHORTEST_CUT = 4
"""MPEG frames that a pause must last to be cut: sound must be silent for one frame on both sides (`publish.frames`)."""

_SECTION, _SENTENCE = 2, 1
_EARLIEST, _LATEST = 0.6, 1.3  # of the wanted length: how far from it a section's end is still better than a sentence's
_LAST = 1.4  # a rest this long is left in one piece


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """MPEG frames `first` up to `last` (exclusive) of chapter `chapter` (from 1); `title` is the chapter's."""

    chapter: int
    title: str
    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cut:
    """A place to cut: `at` in MPEG frames from the start of the book."""

    at: int
    rank: int


def cut(
    chapters: Iterable[HeardChapter], lengths: Sequence[int], *, frame_s: float, part_s: float
) -> list[tuple[Slice, ...]]:
    """The parts of a book, each about `part_s` long. `lengths` are the chapters' own in MPEG frames of `frame_s`."""
    starts = [0]
    for length in lengths:
        starts.append(starts[-1] + length)
    cuts, titles = [], []
    for index, chapter in enumerate(chapters):
        titles.append(chapter.title)
        cuts += _cuts(chapter, starts[index], lengths[index], frame_s)
    wanted, at, parts = part_s / frame_s, 0, []
    while at < starts[-1]:
        end = starts[-1] if starts[-1] - at <= _LAST * wanted else _next(cuts, at, wanted, starts[-1])
        parts.append(_slices(at, end, starts, titles))
        at = end
    return parts


def _cuts(chapter: HeardChapter, start: int, length: int, frame_s: float) -> list[_Cut]:
    """The chapter's silences that are long enough, and its end."""
    found, bed_until_s = [], 0.0
    for before, cue, after in zip((None, *chapter.cues), chapter.cues, (*chapter.cues[1:], None), strict=False):
        if cue.kind == "interlude":
            bed_until_s = cue.end_s + cue.under_speech_s
        middle_s = cue.start_s + cue.duration_s / 2
        silent = cue.kind == "pause" and cue.duration_s >= _SHORTEST_CUT * frame_s and middle_s > bed_until_s
        # Behind the drive that ends a section, not before it; unless its bed goes on under what is said next.
        drives = after is not None and after.kind == "interlude" and not after.under_speech_s
        at = round((middle_s - chapter.start_s) / frame_s)
        if silent and not drives and 0 < at < length:
            ends = cue.reason == "section" or (before is not None and before.kind == "interlude")
            found.append(_Cut(at=start + at, rank=_SECTION if ends else _SENTENCE))
    return [*found, _Cut(at=start + length, rank=_SECTION)]


def _next(cuts: Sequence[_Cut], at: int, wanted: float, end: int) -> int:
    """The best place to end a part that begins at `at`."""
    for rank in (_SECTION, _SENTENCE):
        near = [
            each.at
            for each in cuts
            if each.rank == rank and at + _EARLIEST * wanted <= each.at <= at + _LATEST * wanted
        ]
        if near:
            return min(near, key=lambda place: abs(place - at - wanted))
    return min((each.at for each in cuts if each.at > at), default=end)


def _slices(at: int, end: int, starts: Sequence[int], titles: Sequence[str]) -> tuple[Slice, ...]:
    return tuple(
        Slice(chapter=index + 1, title=title, first=max(at, first) - first, last=min(end, last) - first)
        for index, (title, first, last) in enumerate(zip(titles, starts, starts[1:], strict=False))
        if first < end and last > at
    )

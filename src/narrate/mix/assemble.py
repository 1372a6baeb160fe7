"""Laying a chapter out: a script and what its takes measure in, a Timeline and the stretches to encode out.

A *stretch* is what one task speaks and one task encodes: about a minute of cues, cut inside a pause. Each is a whole
number of MPEG frames long (the few samples that are missing or over are spread over its pauses, a millisecond or two
each), and begins and ends in silence, so that it can be encoded alone, kept, moved, and joined without a seam.
No samples pass through here: only counts of frames.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from narrate.script import ChapterScript, Cue, Pause, Utterance, places
from narrate.take import Measure
from narrate.timeline import ChapterTimeline, Placed, PlacedWord, pack_words
from narrate.units import frames

MPEG_FRAME = 1152
"""Samples in a frame of MPEG-1 layer III (ISO/IEC 11172-3, 2.4.2.1)."""

STRETCH_CHARACTERS = 2400
"""Text enough for one stretch: about 150 s of speech, long enough to hide an encoder's start, short enough to
spread a chapter over the cores."""

_CUT_AFTER = 3
"""A pause is cut at its first third: the encoder wants two frames of silence before a cut and four after it."""

_SHORTEST_CUT_S = 6 * MPEG_FRAME / 44_100
"""No shorter pause is cut: 2 + 4 frames, 0.157 s."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """A part of a stretch: one cue, or a part of a pause, by its place in the script's cues.

    `frame_count` counts frames at the layout's `mix_rate`.
    """

    cue: int
    frame_count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """A chapter laid out: the timeline that people see, and the pieces of each stretch that the encoder gets.

    `mix_rate` in Hz is what the pieces' frames are counted at: the takes' own rate where that is half the release's,
    so that ffmpeg resamples once on the way to the encoder and everything before it has half the samples to move.
    """

    timeline: ChapterTimeline
    mix_rate: int
    stretches: tuple[tuple[Piece, ...], ...]


def stretches(cues: Sequence[Cue], *, sample_rate: int, characters: int = STRETCH_CHARACTERS) -> list[range]:
    """The cues of a chapter in runs of about `characters` of text. Each run but the first begins with a pause that
    the run before it begins to keep.

    Decided from the text alone, so that speech can be shared out before anything is known about audio. A run ends
    at the strongest pause that is near: any but a sentence's, or a sentence's once the run is half as long again.
    """
    shortest_s = max(_SHORTEST_CUT_S, 6 * MPEG_FRAME / sample_rate)
    runs, start, held = [], 0, 0
    for index, cue in enumerate(cues):
        if isinstance(cue, Utterance):
            held += len(cue.spoken)
        elif isinstance(cue, Pause) and cue.duration_s >= shortest_s and 0 < index < len(cues) - 1:
            wanted = characters if cue.reason != "sentence" else characters * 3 // 2
            if held >= wanted:
                runs.append(range(start, index))
                start, held = index, 0
    runs.append(range(start, len(cues)))
    return runs


def lay_out(
    script: ChapterScript,
    takes: Sequence[Measure],
    *,
    voice: str,
    sample_rate: int,
    voice_of: Callable[[Utterance], str] = lambda _: "",
    characters: int = STRETCH_CHARACTERS,
) -> Layout:
    """Where everything in the chapter lies. `takes` are those of `script.utterances`, in order.

    `voice` is the chapter's; `voice_of` gives an utterance's, or "" where that is the chapter's.
    """
    runs = stretches(script.cues, sample_rate=sample_rate, characters=characters)
    half = bool(takes) and all(2 * take.sample_rate == sample_rate for take in takes)
    step = 2 if half else 1
    lengths = _lengths(script.cues, takes, sample_rate // step)
    drafts = [_pieces(run, runs, number, lengths) for number, run in enumerate(runs)]
    parts = [_whole_frames(pieces, script.cues, MPEG_FRAME // step) for pieces in drafts]
    for pieces in parts:
        for piece in pieces:
            lengths[piece.cue] = 0
    for pieces in parts:
        for piece in pieces:
            lengths[piece.cue] += piece.frame_count * step
    measures = iter(takes)
    placed, at = [], 0
    for cue, length in zip(script.cues, lengths, strict=True):
        entry = Placed(cue=cue, start=at, length=length)
        if isinstance(cue, Utterance):
            take = next(measures)
            words = _words(cue, take, sample_rate)
            entry = replace(entry, packed_words=words, voice=voice_of(cue), remarks=take.remarks)
        placed.append(entry)
        at += length
    timeline = ChapterTimeline(sample_rate=sample_rate, frame_count=at, voice=voice, placed=tuple(placed))
    return Layout(timeline=timeline, mix_rate=sample_rate // step, stretches=tuple(parts))


def resampled(frame_count: int, source_rate: int, sample_rate: int) -> int:
    """How many frames a take of `frame_count` frames becomes at `sample_rate`."""
    return -(-frame_count * sample_rate // source_rate)


def _lengths(cues: Sequence[Cue], takes: Sequence[Measure], sample_rate: int) -> list[int]:
    measures = iter(takes)
    lengths = []
    for cue in cues:
        if isinstance(cue, Utterance):
            info = next(measures)
            lengths.append(resampled(info.frame_count, info.sample_rate, sample_rate))
        else:
            lengths.append(frames(cue.duration_s, sample_rate))
    return lengths


def _pieces(run: range, runs: Sequence[range], number: int, lengths: Sequence[int]) -> list[Piece]:
    """The pieces of one run: its own cues, the first pause without the third that the run before it keeps, and the
    first third of the next run's pause."""
    pieces = [Piece(cue=index, frame_count=lengths[index]) for index in run]
    if number:
        whole = lengths[run.start]
        pieces[0] = replace(pieces[0], frame_count=whole - whole // _CUT_AFTER)
    if number + 1 < len(runs):
        after = run.stop
        pieces.append(Piece(cue=after, frame_count=lengths[after] // _CUT_AFTER))
    return pieces


def _whole_frames(pieces: list[Piece], cues: Sequence[Cue], mpeg_frame: int) -> tuple[Piece, ...]:
    """The same pieces, their pauses a little longer or shorter, so that all together fill whole MPEG frames."""
    total = sum(piece.frame_count for piece in pieces)
    pauses = [index for index, piece in enumerate(pieces) if isinstance(cues[piece.cue], Pause)]
    change = round(total / mpeg_frame) * mpeg_frame - total
    if total + change < mpeg_frame or sum(pieces[index].frame_count for index in pauses) + change < 0:
        change = -total % mpeg_frame or (mpeg_frame if not total else 0)
    room = sum(pieces[index].frame_count for index in pauses)
    done = 0
    seen = 0
    for index in pauses:
        seen += pieces[index].frame_count
        share = change * seen // room - done if room else (change if index == pauses[-1] else 0)
        done += share
        pieces[index] = replace(pieces[index], frame_count=pieces[index].frame_count + share)
    return tuple(pieces)


def _words(cue: Utterance, measure: Measure, sample_rate: int) -> bytes:
    words = list(measure.words)
    shown = places(cue.spans, [(word.spoken_start, word.spoken_end) for word in words])
    placed = []
    for word, (text_start, text_end) in zip(words, shown, strict=True):
        first = word.start * sample_rate // measure.sample_rate
        last = (word.start + word.length) * sample_rate // measure.sample_rate
        placed.append(PlacedWord(start=first, length=last - first, text_start=text_start, text_end=text_end))
    return pack_words(placed)

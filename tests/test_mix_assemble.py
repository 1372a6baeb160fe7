"""Laying a chapter out: stretches of whole MPEG frames that begin and end in silence, and a timeline to the frame."""

import pytest

from narrate.mix.assemble import MPEG_FRAME, lay_out, resampled, stretches
from narrate.script import ChapterScript, Cue, Interlude, Pause, Reason, Utterance
from narrate.take import Measure, TakeInfo, Word, measure

RATE = 44100


def says(text: str) -> Utterance:
    return Utterance(text=text, spoken=text)


def silence(reason: Reason, duration_s: float) -> Pause:
    return Pause(reason=reason, duration_s=duration_s)


def took(frame_count: int, *words: Word, sample_rate: int = 22050) -> Measure:
    return measure(TakeInfo(frame_count=frame_count, sample_rate=sample_rate, words=words))


def chapter(*cues: Cue) -> ChapterScript:
    return ChapterScript(number=1, title="One", cues=cues)


HEAD, SENTENCE = silence(Reason.HEAD, 0.4), silence(Reason.SENTENCE, 0.18)
PARAGRAPH, TAIL = silence(Reason.PARAGRAPH, 0.45), silence(Reason.CHAPTER, 2.0)


def test_every_stretch_is_a_whole_number_of_mpeg_frames() -> None:
    script = chapter(HEAD, says("x" * 40), PARAGRAPH, says("y" * 40), SENTENCE, says("z"), TAIL)
    layout = lay_out(script, [took(50_001), took(70_003), took(12_345)], voice="v", sample_rate=RATE, characters=30)
    step = RATE // layout.mix_rate
    lengths = [sum(piece.frame_count for piece in stretch) * step for stretch in layout.stretches]
    assert len(lengths) == 2
    assert all(length % MPEG_FRAME == 0 for length in lengths)
    assert layout.timeline.frame_count == sum(lengths)


def test_a_short_chapter_is_one_stretch() -> None:
    cues = (HEAD, says("Short."), TAIL)
    assert stretches(cues, sample_rate=RATE) == [range(3)]


def test_a_stretch_ends_at_the_first_paragraph_once_it_holds_enough_text() -> None:
    cues = (HEAD, says("a" * 60), SENTENCE, says("b" * 60), PARAGRAPH, says("c"), TAIL)
    assert stretches(cues, sample_rate=RATE, characters=100) == [range(4), range(4, 7)]


def test_a_paragraph_that_does_not_end_is_cut_between_sentences() -> None:
    cues = (HEAD, says("a" * 90), SENTENCE, says("b" * 90), SENTENCE, says("c"), TAIL)
    assert stretches(cues, sample_rate=RATE, characters=100) == [range(4), range(4, 7)]


def test_a_pause_too_short_for_the_encoder_is_never_cut() -> None:
    short = silence(Reason.PARAGRAPH, 0.1)
    cues = (HEAD, says("a" * 200), short, says("b" * 200), TAIL)
    assert stretches(cues, sample_rate=RATE, characters=100) == [range(5)]


def test_the_pause_at_a_cut_is_shared_and_keeps_its_length() -> None:
    script = chapter(HEAD, says("a" * 60), PARAGRAPH, says("b"), TAIL)
    layout = lay_out(script, [took(44_100), took(22_050)], voice="v", sample_rate=RATE, characters=50)
    before, after = layout.stretches
    assert before[-1].cue == after[0].cue == 2
    step = RATE // layout.mix_rate
    assert before[-1].frame_count * step >= 2 * MPEG_FRAME
    assert after[0].frame_count * step >= 4 * MPEG_FRAME
    assert layout.timeline.placed[2].length == (before[-1].frame_count + after[0].frame_count) * step


def test_takes_of_half_the_release_s_rate_are_mixed_at_their_own() -> None:
    script = chapter(HEAD, says("a"), SENTENCE, says("b"), TAIL)
    assert lay_out(script, [took(30_001), took(20_000)], voice="v", sample_rate=RATE).mix_rate == 22050
    assert (
        lay_out(script, [took(30_001), took(20_000, sample_rate=24000)], voice="v", sample_rate=RATE).mix_rate == RATE
    )


def test_pauses_are_right_to_ten_milliseconds() -> None:
    cues: list[Cue] = [HEAD]
    for number in range(30):
        cues += [says(f"Sentence number {number}."), SENTENCE if number % 5 else PARAGRAPH]
    cues[-1] = TAIL
    takes = [took(40_000 + 137 * number) for number in range(30)]
    layout = lay_out(chapter(*cues), takes, voice="v", sample_rate=RATE, characters=120)
    for placed in layout.timeline.placed:
        if isinstance(placed.cue, Pause):
            assert placed.length / RATE == pytest.approx(placed.cue.duration_s, abs=0.010)


def test_cues_follow_one_another_without_gap_or_overlap() -> None:
    script = chapter(HEAD, says("a"), SENTENCE, says("b"), TAIL)
    placed = lay_out(script, [took(30_000), took(20_000)], voice="v", sample_rate=RATE).timeline.placed
    assert [entry.start for entry in placed] == [0, *(entry.start + entry.length for entry in placed[:-1])]


def test_an_utterance_is_exactly_as_long_as_its_resampled_take() -> None:
    script = chapter(HEAD, says("a"), TAIL)
    placed = lay_out(script, [took(30_001)], voice="v", sample_rate=RATE).timeline.placed
    assert placed[1].length == 60_002


@pytest.mark.parametrize(
    ("frame_count", "source_rate", "expected"), [(100, 22050, 200), (101, 24000, 186), (100, 44100, 100), (0, 16000, 0)]
)
def test_resampling_rounds_up_so_that_no_sample_is_lost(frame_count: int, source_rate: int, expected: int) -> None:
    assert resampled(frame_count, source_rate, RATE) == expected


def test_words_are_placed_in_the_displayed_text_and_counted_at_the_release_rate() -> None:
    script = chapter(HEAD, says("Slow car"), TAIL)
    words = (
        Word(start=100, length=900, spoken_start=0, spoken_end=4),
        Word(start=1000, length=500, spoken_start=5, spoken_end=8),
    )
    placed = lay_out(script, [took(2000, *words)], voice="v", sample_rate=RATE).timeline.placed[1]
    found = [(word.start, word.length, "Slow car"[word.text_start : word.text_end]) for word in placed.words]
    assert found == [(200, 1800, "Slow"), (2000, 1000, "car")]


def test_an_interlude_keeps_its_length_to_the_frame() -> None:
    drive = Interlude(scene="car driving", caption="[car driving]", duration_s=6.0, seed="s")
    script = chapter(HEAD, says("a"), silence(Reason.SECTION, 1.0), drive, silence(Reason.SECTION, 1.0))
    placed = lay_out(script, [took(30_000)], voice="v", sample_rate=RATE).timeline.placed
    assert placed[3].length == 6 * RATE


def test_even_a_chapter_without_any_pause_in_the_table_fills_whole_frames() -> None:
    none = silence(Reason.HEAD, 0.0)
    layout = lay_out(chapter(none, says("a"), none), [took(5_000)], voice="v", sample_rate=RATE)
    assert layout.timeline.frame_count % MPEG_FRAME == 0
    assert layout.timeline.frame_count >= 10_000

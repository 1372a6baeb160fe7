"""What counts as speech, how it is trimmed, and where its words lie."""

import numpy as np
import pytest

from narrate.errors import NarrateError
from narrate.speech.guard import AttemptError
from narrate.speech.judge import judge, place_words
from narrate.take import full_scale, measure_from_bytes, samples_from_bytes, to_bytes

RATE = 22050
TEXT = "The ferry left at nine."


def tone(duration_s: float, level: int = 8000) -> np.ndarray:
    return np.rint(level * np.sin(np.arange(round(duration_s * RATE)) * 0.05)).astype(np.int16)


def silence(duration_s: float) -> np.ndarray:
    return np.zeros(round(duration_s * RATE), np.int16)


def judged(*pieces: np.ndarray, marks=(), spoken=TEXT, rate_wpm=175):
    return judge(np.concatenate(pieces).tobytes(), marks, sample_rate=RATE, spoken=spoken, rate_wpm=rate_wpm)


def words(marks, spoken, frame_count=1000):
    placed = place_words(marks, spoken, frame_count)
    return [(spoken[word.spoken_start : word.spoken_end], word.start, word.length) for word in placed]


def test_silence_around_speech_is_cut_to_a_short_margin():
    take = judged(silence(0.5), tone(1.5), silence(0.7))
    assert abs(take.info.frame_count - round((1.5 + 0.003 + 0.008) * RATE)) <= 3
    assert take.pcm.shape == (take.info.frame_count, 1)
    assert take.pcm.dtype == np.float32


def test_ends_are_faded_so_that_nothing_clicks():
    take = judged(tone(1.5, 20000)[40:])
    assert take.pcm[0, 0] == 0.0
    assert abs(take.pcm[-1, 0]) < 0.01
    assert np.abs(take.pcm[:10]).max() < 0.05


def test_the_middle_keeps_every_sample():
    sound = tone(1.5)
    take = judged(sound)
    assert np.array_equal(take.pcm[200:-200, 0] * 32768, sound[200 : len(take.pcm) - 200].astype(np.float32))


def test_a_take_loses_nothing_in_the_store():
    take = judged(silence(0.1), tone(1.5, 32767), marks=[(0, 100), (4, 400)])
    stored = to_bytes(take)
    measured = measure_from_bytes(stored)
    samples, sample_rate = samples_from_bytes(stored)
    assert np.array_equal(full_scale(samples), take.pcm)
    assert (measured.frame_count, measured.sample_rate) == (len(samples), sample_rate)
    assert tuple(measured.words) == take.info.words != ()


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data + b"x", lambda data: data[:20], bytes.upper]
)
def test_what_is_no_whole_take_is_refused(damage):
    stored = to_bytes(judged(tone(0.5)))
    with pytest.raises(NarrateError, match="stored take"):
        samples_from_bytes(damage(stored))


@pytest.mark.parametrize("pcm", [silence(0), silence(2), silence(2) + 1])
def test_silence_is_refused(pcm):
    with pytest.raises(AttemptError, match="no sound"):
        judged(pcm)


def test_a_hum_that_can_hardly_be_heard_is_refused():
    with pytest.raises(AttemptError, match="next to no sound"):
        judged(tone(2, 60))


def test_sound_that_is_clipped_all_over_is_refused():
    with pytest.raises(AttemptError, match="clipped"):
        judged(np.where(tone(2) > 0, 32767, -32768).astype(np.int16))


def test_a_sentence_of_which_only_the_first_sound_came_is_refused():
    with pytest.raises(AttemptError, match="too short"):
        judged(tone(0.2), spoken="A long sentence of which nearly all is missing from what came back.")


def test_a_sentence_that_does_not_end_is_refused():
    with pytest.raises(AttemptError, match="too long"):
        judged(tone(60))


def test_slow_speech_may_take_longer_and_fast_speech_less():
    judged(tone(30), rate_wpm=80)
    with pytest.raises(AttemptError):
        judged(tone(30), rate_wpm=450)
    judged(tone(0.15), rate_wpm=450)
    with pytest.raises(AttemptError):
        judged(tone(0.15), rate_wpm=80)


@pytest.mark.parametrize(
    ("spoken", "duration_s"), [("a", 0.1), ("5", 2.0), ("$1,234,567", 6.0), ("日本", 2.5), ("🚀", 2.0)]
)
def test_short_texts_that_say_much_are_speech(spoken, duration_s):
    judged(tone(duration_s), spoken=spoken)


def test_words_start_where_they_sound_in_the_trimmed_take():
    take = judged(silence(0.5), tone(2.0), marks=[(0, 500), (4, 900), (10, 1500)])
    margin = round(0.003 * RATE)
    starts = [word.start for word in take.info.words]
    assert [TEXT[word.spoken_start : word.spoken_end] for word in take.info.words] == [
        "The",
        "ferry",
        "left",
        "at",
        "nine",
    ]
    assert abs(starts[0] - margin) <= 2
    assert abs(starts[1] - margin - round(0.4 * RATE)) <= 2
    assert abs(starts[2] - margin - round(1.0 * RATE)) <= 2
    assert take.info.words[-1].start + take.info.words[-1].length == take.info.frame_count


def test_a_word_lasts_until_the_next():
    assert words([(0, 10), (4, 300)], "one two") == [("one", 10, 290), ("two", 300, 700)]


def test_marks_outside_the_take_and_out_of_order_are_put_right():
    found = words([(0, -50), (4, 500), (8, 400), (14, 2000)], "one two three four")
    assert found == [("one", 0, 500), ("three", 500, 500)]


def test_words_without_a_mark_share_the_time_of_the_word_before_them():
    found = words([(0, 100), (14, 1000)], "west of — the sea.", 1300)
    assert found == [("west", 100, 400), ("of", 500, 200), ("the", 700, 300), ("sea", 1000, 300)]


def test_many_marks_in_one_number_make_one_word():
    assert words([(0, 0), (1, 90), (2, 200), (9, 700)], "1,234.5 km") == [("1,234.5", 0, 700), ("km", 700, 300)]


def test_punctuation_is_no_part_of_a_word():
    assert [word for word, _, _ in words([(0, 0), (7, 300)], "“Yes,” (he) …")] == ["Yes", "he"]


def test_a_dash_parts_words():
    assert [word for word, _, _ in words([(0, 0), (6, 300)], "night—the road")] == ["night", "the", "road"]


def test_a_mark_in_white_space_belongs_to_the_word_after_it():
    assert words([(3, 100)], "one two") == [("two", 100, 900)]


def test_where_no_spaces_are_written_every_mark_is_a_word():
    assert [word for word, _, _ in words([(0, 0), (1, 200), (3, 500)], "日本語で")] == ["日", "本語", "で"]


def test_marks_beyond_the_text_are_ignored():
    assert words([(0, 0), (99, 10), (-3, 20)], "one") == [("one", 0, 1000)]

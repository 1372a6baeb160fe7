"""The quoted tape: what an effect does to a voice, what it must not do, and where it is heard."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import Desk
from narrate.mix.effects import EFFECTS, cassette
from narrate.plan import Action
from spoken import RATE, spoken

Effect = Callable[[NDArray[np.int16], int, str], NDArray[np.int16]]
LETTER = """\
# Letters

She read it aloud, as she always did when we drove.

> Handbrake on, lights off, and nothing on the tape but rain.

That was all of it.
"""


def tone(hz: float, length_s: float = 4.0) -> NDArray[np.int16]:
    return np.rint(8000 * np.sin(2 * np.pi * hz * np.arange(round(RATE * length_s)) / RATE)).astype(np.int16)


def power_db(samples: NDArray[np.int16], low_hz: float, high_hz: float) -> float:
    power = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].mean() + 1e-9))


@pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS)
@pytest.mark.parametrize("frames", [0, 1, 2, 500, 22051])
def test_as_many_frames_come_out_as_went_in(effect: Effect, frames: int) -> None:
    assert len(effect(spoken()[3][:frames], RATE, "seed")) == frames


@pytest.mark.parametrize("effect", EFFECTS.values(), ids=EFFECTS)
def test_a_take_sounds_the_same_each_time_and_another_one_otherwise(effect: Effect) -> None:
    once, again, other = (effect(spoken()[0], RATE, seed) for seed in ("a", "a", "b"))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_a_cassette_has_neither_depth_nor_air() -> None:
    rng = np.random.default_rng(1)
    wide = np.rint(3000 * rng.standard_normal(4 * RATE)).astype(np.int16)
    heard = cassette(wide, RATE, "seed")
    middle = power_db(heard, 500, 3000) - power_db(wide, 500, 3000)
    assert middle == pytest.approx(0, abs=1.5)
    assert power_db(heard, 20, 60) - power_db(wide, 20, 60) < -15
    assert power_db(heard, 8500, 10_500) - power_db(wide, 8500, 10_500) < -12


def test_a_cassette_s_speed_sways_by_a_third_of_a_percent_and_comes_back() -> None:
    heard = cassette(tone(1000), RATE, "seed").astype(np.float64)
    analytic = np.fft.ifft(np.fft.fft(heard) * 2 * (np.fft.fftfreq(len(heard)) > 0))
    hz = np.diff(np.unwrap(np.angle(analytic))) * RATE / (2 * np.pi)
    steady = np.convolve(hz, np.ones(256) / 256, "valid")[RATE // 4 : -RATE // 4]
    assert 0.002 < np.abs(steady / 1000 - 1).max() < 0.007
    assert steady.mean() == pytest.approx(1000, abs=0.5)


def test_a_cassette_hisses_38_db_under_the_voice_and_without_a_click() -> None:
    silence_after = np.concatenate((spoken()[0], np.zeros(RATE, np.int16)))
    heard = cassette(silence_after, RATE, "seed").astype(np.float64)
    speech, hiss = heard[: len(spoken()[0])], heard[-RATE // 2 : -RATE // 10]
    below_db = 20 * np.log10(np.sqrt(np.mean(speech**2)) / hiss.std())
    assert below_db == pytest.approx(38, abs=4)
    assert np.abs(heard[-3:]).max() <= 2


def test_an_effect_is_heard_in_its_role_alone_and_speaks_nothing_again(desk: Desk) -> None:
    desk.name = "letters.md"
    desk.write(LETTER)
    desk.build()
    (chapter,) = desk.plan().chapters
    (desk.folder / "narrate.toml").write_text('[effects]\nquotation = "cassette"\n')
    (changed,) = desk.plan().chapters
    assert (changed.action, changed.reason) == (Action.RUN, "effects none → quotation cassette")
    desk.build()
    assert desk.said == []
    assert desk.plan().chapters[0].action is Action.UP_TO_DATE
    assert chapter.audio_key != changed.audio_key


def test_an_effect_on_a_role_that_a_chapter_does_not_have_leaves_it_as_it_is(desk: Desk) -> None:
    desk.name = "letters.md"
    desk.write(LETTER)
    desk.build()
    (desk.folder / "narrate.toml").write_text('[effects]\nnote = "cassette"\n')
    assert desk.plan().chapters[0].action is Action.UP_TO_DATE

"""Mastering: the compressor's curve, the filters' response, and gains that ffmpeg's own meter confirms."""

import subprocess
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import decoded
from meters import ebur128_lufs, true_peak_dbtp
from narrate.mix import dynamics
from narrate.mix.dynamics import OVERSHOOT_DB, counterweight, gain_curve, limit_dbfs, response
from narrate.mix.levels import Drive, Heard, TakeLevels, chapter_gains, compressed, measure, unpacked
from narrate.mix.profiles import PROFILES, Profile
from narrate.process import ffmpeg_path
from narrate.publish.codecs import CODECS, Codec
from spoken import RATE, spoken

ROAD, CALM = PROFILES["road"], PROFILES["calm"]
PAUSE = np.zeros(round(0.18 * RATE), np.float32)


def chain(profile: Profile) -> str:
    return dynamics.chain(profile, mix_rate=RATE, sample_rate=RATE)


def tone(level_dbfs: float, length_s: float = 1.0, hz: float = 300) -> NDArray[np.int16]:
    wave = np.sin(2 * np.pi * hz * np.arange(round(RATE * length_s)) / RATE)
    return np.rint(wave * 32767 * 10 ** (level_dbfs / 20)).astype(np.int16)


def filtered(pcm: NDArray[np.float32], filters: str) -> NDArray[np.float32]:
    """What ffmpeg makes of mono PCM at RATE."""
    command = [ffmpeg_path(), "-v", "error", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-"]
    command += ["-af", filters, "-f", "f32le", "-"]
    done = subprocess.run(command, input=pcm.astype("<f4").tobytes(), capture_output=True, check=True)
    return np.frombuffer(done.stdout, "<f4")


def db(ratio: float | NDArray[np.float32]) -> NDArray[np.float64]:
    return 20 * np.log10(np.maximum(ratio, 1e-9))


def curve_db(samples: NDArray[np.int16], profile: Profile = ROAD) -> NDArray[np.float64]:
    curve = gain_curve(samples, RATE, profile)
    assert curve is not None
    assert curve.shape == samples.shape
    return db(curve)


def test_what_is_loud_in_a_sentence_is_made_softer_and_what_is_soft_louder() -> None:
    gains = curve_db(np.concatenate((tone(-12), tone(-20), tone(-12))), ROAD)
    loud, soft = gains[RATE // 2], gains[3 * RATE // 2]
    assert loud < 0 < soft
    assert soft - loud == pytest.approx(0.3 * 8, abs=0.1), "0.3 of the 8 dB between them"


def test_a_sentence_s_own_level_is_not_touched() -> None:
    """What a narrator says softly stays softer: the curve turns about each sentence's own level."""
    aloud, softly = spoken()[0], (spoken()[0] // 4).astype(np.int16)
    assert np.abs(curve_db(aloud) - curve_db(softly)).max() < 0.5


def test_nothing_is_made_louder_by_more_than_it_may_and_silence_not_at_all() -> None:
    gains = curve_db(np.concatenate((tone(-6), tone(-33), tone(-60), np.zeros(RATE, np.int16))))
    assert 5 < gains.max() <= ROAD.lift_db + 0.01
    assert gains[5 * RATE // 2] == pytest.approx(0, abs=0.01), "54 dB under the rest: breath and room"
    assert gains[-1] == pytest.approx(0, abs=0.01)


def test_the_curve_is_there_when_a_sound_begins_and_goes_back_when_it_ends() -> None:
    gains = curve_db(np.concatenate((tone(-24), tone(-6), tone(-24))), ROAD)
    before, during, after = gains[RATE // 2], gains[3 * RATE // 2], gains[-RATE // 2]
    assert before == pytest.approx(after, abs=0.1)
    assert gains[RATE + round(0.003 * RATE)] == pytest.approx(during, abs=0.2), "3 ms after its first sample"
    fall_db = 0.3 * 8.686 * (0.025 / 0.05)  # a release of 50 ms, looked at after 25
    assert gains[2 * RATE + round(0.025 * RATE)] == pytest.approx(during + fall_db, abs=0.3)


def test_a_hiss_is_lifted_less_where_the_profile_takes_it_for_louder() -> None:
    """The de-esser: a soft sibilant would otherwise be lifted with every other soft sound."""
    sentence = np.concatenate((tone(-9), tone(-21, hz=6000)))
    dull = curve_db(np.concatenate((tone(-9), tone(-21, hz=500))))[3 * RATE // 2]
    podcast = replace(ROAD, deess=1.0)
    assert curve_db(sentence, podcast)[3 * RATE // 2] < dull - 0.5
    assert curve_db(sentence)[3 * RATE // 2] == pytest.approx(dull, abs=0.2)


def test_a_profile_without_compression_has_no_curve() -> None:
    assert gain_curve(spoken()[0], RATE, CALM) is None
    assert np.array_equal(compressed(spoken()[0], RATE, CALM), spoken()[0].astype(np.float32) / 32768)


@pytest.mark.parametrize("samples", [np.zeros(0, np.int16), np.zeros(5000, np.int16), np.full(3, -32768, np.int16)])
def test_the_shortest_and_the_emptiest_take_can_be_measured(samples: NDArray[np.int16]) -> None:
    assert len(compressed(samples, RATE, ROAD)) == len(samples)
    (levels,) = unpacked(measure(samples, RATE, ROAD).to_bytes()) if samples.size else [None]
    assert levels is None or np.isfinite(levels.energies).all()


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_computed_response_is_ffmpeg_s(profile: Profile) -> None:
    impulse = np.zeros(RATE, np.float32)
    impulse[0] = 0.25
    without_limiter = chain(profile).rpartition(",")[0]
    found = np.abs(np.fft.rfft(filtered(impulse, without_limiter))) * 4
    computed = np.abs(response(profile, RATE, RATE))
    assert np.abs(db(found[20:10_500]) - db(computed[20:10_500])).max() < 0.05
    if profile.presence_db:
        assert db(computed[2000]) == pytest.approx(profile.presence_db, abs=0.05)


def test_the_chain_neither_delays_nor_lengthens() -> None:
    click = np.zeros(RATE, np.float32)
    click[5000] = 0.5
    heard = filtered(click, chain(ROAD))
    assert len(heard) == RATE
    assert np.abs(heard).argmax() == 5000


def test_an_interlude_comes_out_of_the_chain_with_its_own_spectrum() -> None:
    rng = np.random.default_rng(3)
    spectrum = np.fft.rfft(rng.standard_normal(4 * RATE))
    spectrum /= np.maximum(40, np.fft.rfftfreq(4 * RATE, 1 / RATE))  # rumble: most of it is under the high-pass
    drive = np.fft.irfft(spectrum).astype(np.float32)
    drive *= 0.05 / drive.std()
    heard = filtered(counterweight(drive.reshape(-1, 1), RATE, ROAD)[:, 0], chain(ROAD))

    def bands(pcm: NDArray[np.float32]) -> NDArray[np.float64]:
        power = np.abs(np.fft.rfft(pcm)) ** 2
        edges = [4 * hz for hz in (30, 60, 120, 500, 1500, 3000, 9000)]
        return np.array([10 * np.log10(power[low:high].sum()) for low, high in pairwise(edges)])

    assert np.abs(bands(heard) - bands(drive)).max() < 0.3


def laid_out(
    voices: dict[str, list[NDArray[np.int16]]],
) -> list[tuple[str, NDArray[np.int16], float]]:
    found, at = [], 0.0
    for voice, takes in voices.items():
        for take in takes:
            found.append((voice, take, at))
            at += (len(take) + len(PAUSE)) / RATE
    return found


def mastered(
    voices: dict[str, list[NDArray[np.int16]]], profile: Profile, *, before_chain: bool = False
) -> tuple[dict[str, float], dict[str, NDArray[np.float32]], NDArray[np.float32]]:
    """Gains, each voice alone, and all of it, behind the chain, or before it with `before_chain`."""
    placed = laid_out(voices)
    heard = [Heard(start_s=at, voice=voice, levels=measure(take, RATE, profile)) for voice, take, at in placed]
    length_s = (sum(len(take) for _, take, _ in placed) + len(placed) * len(PAUSE)) / RATE
    gains = chapter_gains(heard, [], length_s=length_s, loudness_lufs=profile.loudness_lufs)
    parts = [
        np.concatenate((compressed(take, RATE, profile) * np.float32(10 ** (gains[voice] / 20)), PAUSE))
        for voice, take, _ in placed
    ]
    whole = np.concatenate(parts)
    if not before_chain:
        whole = filtered(whole, chain(profile))
    alone: dict[str, list[NDArray[np.float32]]] = {}
    at = 0
    for (voice, _, _), part in zip(placed, parts, strict=True):
        alone.setdefault(voice, []).append(whole[at : at + len(part)])
        at += len(part)
    return gains, {voice: np.concatenate(each) for voice, each in alone.items()}, whole


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("voice", ["gmw/en-US", "roa/es", "gmw/en-US+f4"])
def test_ffmpeg_s_meter_finds_the_profile_s_loudness_and_no_peak_over_its_limit(profile: Profile, voice: str) -> None:
    _, _, whole = mastered({voice: list(spoken(voice))}, profile)
    assert ebur128_lufs(whole, RATE) == pytest.approx(profile.loudness_lufs, abs=0.2)
    assert db(np.abs(whole).max()) <= limit_dbfs(profile) + 0.01
    assert limit_dbfs(profile) == profile.ceiling_dbtp - OVERSHOOT_DB


@pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
def test_what_a_codec_adds_to_true_peaks_and_takes_from_loudness_is_made_up_for(codec: Codec, tmp_path: Path) -> None:
    """By a voice whose Opus was 0.2 dB over the ceiling, and 0.3 LU too soft, behind the limiter of MP3."""
    _, _, whole = mastered({"one": list(spoken("gmw/en-US+f4"))}, ROAD, before_chain=True)
    filters = dynamics.chain(
        ROAD, mix_rate=RATE, sample_rate=44100, overshoot_db=codec.overshoot_db, gain_db=codec.gain_db
    )
    path = tmp_path / f"coded.{'aac' if codec.container == 'adts' else 'ogg'}"
    command = [ffmpeg_path(), "-v", "error", "-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", "-", "-af", filters]
    command += ["-ar", str(codec.sample_rate), *codec.arguments, str(path)]
    subprocess.run(command, input=whole.astype("<f4").tobytes(), check=True)
    assert true_peak_dbtp(path) <= ROAD.ceiling_dbtp
    assert ebur128_lufs(decoded(path), 44100) == pytest.approx(ROAD.loudness_lufs, abs=0.3)


def test_all_voices_of_a_chapter_are_equally_loud() -> None:
    takes = list(spoken())
    softer = [(take // 3).astype(np.int16) for take in spoken("gmw/en-US+f4")]
    gains, alone, _ = mastered({"narrator": takes, "second": softer}, ROAD)
    assert gains["second"] - gains["narrator"] > 5
    loudness = [ebur128_lufs(each, RATE) for each in alone.values()]
    assert loudness[0] == pytest.approx(loudness[1], abs=0.5)


def test_a_sentence_alone_and_a_whole_chapter_reach_the_same_loudness() -> None:
    for takes in (spoken()[:1], spoken()):
        _, _, whole = mastered({"narrator": list(takes)}, ROAD)
        assert ebur128_lufs(whole, RATE) == pytest.approx(-16, abs=0.3)


@pytest.mark.parametrize("profile", [ROAD, CALM], ids=["road", "calm"])
@pytest.mark.parametrize("number", [1, 4, 6], ids=["She drove.", "Why here?", "It was cold."])
def test_two_words_between_long_pauses_come_near_it(number: int, profile: Profile) -> None:
    """Most of the meter's blocks of 400 ms then hold as much of the pauses as of the words; whether one passes the
    relative gate decides over half a LU."""
    take, head_s, tail_s = spoken()[number], 0.4, 2.0
    heard = [Heard(start_s=head_s, voice="n", levels=measure(take, RATE, profile))]
    length_s = head_s + len(take) / RATE + tail_s
    gain = chapter_gains(heard, [], length_s=length_s, loudness_lufs=profile.loudness_lufs)["n"]
    pause = [np.zeros(round(RATE * each), np.float32) for each in (head_s, tail_s)]
    whole = np.concatenate((pause[0], compressed(take, RATE, profile) * np.float32(10 ** (gain / 20)), pause[1]))
    assert ebur128_lufs(filtered(whole, chain(profile)), RATE) == pytest.approx(profile.loudness_lufs, abs=0.6)


def test_an_interlude_makes_the_speech_a_little_louder_so_that_the_file_is_not_soft() -> None:
    heard = [
        Heard(start_s=at, voice="n", levels=measure(take, RATE, ROAD))
        for _, take, at in laid_out({"n": list(spoken())})
    ]
    end_s = heard[-1].start_s + 6
    without = chapter_gains(heard, [], length_s=end_s, loudness_lufs=-16)["n"]
    drives = [
        Drive(start_s=end_s / 2, length_s=6, loudness_lufs=-25),
        Drive(start_s=end_s, length_s=6, loudness_lufs=-25),
    ]
    assert 0.1 <= chapter_gains(heard, drives, length_s=end_s, loudness_lufs=-16)["n"] - without <= 0.2 + 1e-9


def test_silence_gets_no_gain_and_a_whisper_at_most_30_db() -> None:
    def gain(samples: NDArray[np.int16]) -> float:
        heard = [Heard(start_s=0, voice="n", levels=measure(samples, RATE, CALM))]
        return chapter_gains(heard, [], length_s=len(samples) / RATE, loudness_lufs=-18)["n"]

    assert gain(np.zeros(RATE, np.int16)) == 0
    assert gain(tone(-60, 3.0)) == 30
    assert chapter_gains([], [], length_s=0, loudness_lufs=-18) == {}


def test_levels_cross_to_another_process_as_they_are() -> None:
    takes = [measure(take, RATE, ROAD) for take in spoken()]
    back = unpacked(b"".join(each.to_bytes() for each in takes))

    def fields(each: TakeLevels) -> tuple[object, ...]:
        return (
            round(each.step_s, 9),
            each.energies.tolist(),
            *(round(number, 4) for number in (each.gain_db, *each.kept)),
        )

    assert [fields(each) for each in back] == [fields(each) for each in takes]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_stretch_alone_sounds_as_it_does_behind_another(profile: Profile) -> None:
    """Filters and limiter have forgotten the stretch before by the time that its last silence is over."""
    silence = np.zeros(6 * 1152 // 2, np.float32)  # what every cut leaves: six MPEG frames, at half the release's rate
    before, after = (
        np.concatenate((silence, compressed(take, RATE, profile) * np.float32(2), silence)) for take in spoken()[2:4]
    )
    together = filtered(np.concatenate((before, after)), chain(profile))
    assert np.abs(together[len(before) :] - filtered(after, chain(profile))).max() < 1e-5

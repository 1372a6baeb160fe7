"""The beds in `audio/`: each is what its recipe gives, and sounds, by its numbers, like what it is called.

The bands of a moving car come from measured cabins, and from what sounded right. The others' are stated here, each
with what it is there to tell apart.
"""

import tomllib
from pathlib import Path
from typing import Any

import mutagen.flac
import numpy as np
import pytest
from numpy.typing import NDArray

from meters import ebur128_lufs
from narrate.audio import decode

ROOT = Path(__file__).resolve().parents[1]
BEDS: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "audio/manifest.toml").read_text(encoding="utf-8"))["beds"]
CARS = [name for name in BEDS if name.startswith("car driving")]
BANDS = (40, 80, 160, 320, 640, 1280)
Pcm = NDArray[np.float64]


def sound_of(name: str) -> Pcm:
    bed = BEDS[name]
    return decode(ROOT / "audio" / bed["file"], sample_rate=bed["sample_rate"])[:, 0].astype(np.float64)


def power_spectrum(pcm: Pcm, sample_rate: int) -> tuple[Pcm, Pcm]:
    """Frequencies above 10 Hz and the power at each. The bed loops, so it needs no window."""
    hz = np.fft.rfftfreq(pcm.size, 1 / sample_rate)
    power = np.abs(np.fft.rfft(pcm)) ** 2
    return hz[hz > 10], power[hz > 10]


def a_weight(hz: Pcm) -> Pcm:
    """IEC 61672-1, annex E, as a factor of power, 1 at 1 kHz."""
    low = np.sqrt((hz**2 + 107.7**2) * (hz**2 + 737.9**2))
    gain = 12194**2 * hz**4 / ((hz**2 + 20.6**2) * low * (hz**2 + 12194**2))
    return np.asarray((gain * 10 ** (2.0 / 20)) ** 2)


def c_weight(hz: Pcm) -> Pcm:
    gain = 12194**2 * hz**2 / ((hz**2 + 20.6**2) * (hz**2 + 12194**2))
    return np.asarray((gain * 10 ** (0.062 / 20)) ** 2)


def band(pcm: Pcm, sample_rate: int, low_hz: float, high_hz: float) -> Pcm:
    """What lies between two frequencies. The bed loops, so the filter may be as steep as it likes."""
    spectrum = np.fft.rfft(pcm)
    hz = np.fft.rfftfreq(pcm.size, 1 / sample_rate)
    spectrum[(hz < low_hz) | (hz > high_hz)] = 0
    return np.asarray(np.fft.irfft(spectrum, pcm.size))


def levels(pcm: Pcm, sample_rate: int, step_s: float) -> Pcm:
    """The power in steps, linear."""
    step = round(step_s * sample_rate)
    return np.asarray((pcm[: pcm.size // step * step].reshape(-1, step) ** 2).mean(axis=1))


def beats_db(pcm: Pcm, sample_rate: int, low_hz: float, high_hz: float, rate_hz: float) -> float:
    """How far a band's swelling `rate_hz` times a second stands out of its other swelling near by, in dB."""
    power = levels(band(pcm, sample_rate, low_hz, high_hz), sample_rate, 0.005)
    hz = np.fft.rfftfreq(power.size, round(0.005 * sample_rate) / sample_rate)
    swelling = np.abs(np.fft.rfft(power / power.mean() - 1)) ** 2
    beside = (hz > rate_hz * 0.7) & (hz < rate_hz * 1.4)
    return float(10 * np.log10(swelling[np.argmin(np.abs(hz - rate_hz))] / np.median(swelling[beside])))


def patter(pcm: Pcm, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """The kurtosis of a band within 50 ms, on average: a little under 3 for a hiss, more with single drops."""
    step = sample_rate // 20
    pieces = band(pcm, sample_rate, low_hz, high_hz)
    pieces = pieces[: pieces.size // step * step].reshape(-1, step)
    return float(((pieces**4).mean(axis=1) / (pieces**2).mean(axis=1) ** 2).mean())


def share_db(pcm: Pcm, sample_rate: int, low_hz: float, high_hz: float) -> float:
    """The power between two frequencies against all of it."""
    hz, power = power_spectrum(pcm, sample_rate)
    return float(10 * np.log10(power[(hz >= low_hz) & (hz < high_hz)].sum() / power.sum()))


def slope_db(name: str) -> float:
    """Decibels an octave, over thirds of an octave from 63 Hz to 3.15 kHz."""
    hz, power = power_spectrum(sound_of(name), BEDS[name]["sample_rate"])
    centres = 1000 * 2.0 ** (np.arange(-12, 6) / 3)
    heights = [
        10 * np.log10(power[(hz >= centre * 2 ** (-1 / 6)) & (hz < centre * 2 ** (1 / 6))].sum()) for centre in centres
    ]
    return float(np.polyfit(np.log2(centres), heights, 1)[0])


def c_minus_a_db(name: str) -> float:
    hz, power = power_spectrum(sound_of(name), BEDS[name]["sample_rate"])
    return float(10 * np.log10((power * c_weight(hz)).sum() / (power * a_weight(hz)).sum()))


def crest_db(name: str) -> float:
    pcm = sound_of(name)
    return float(20 * np.log10(np.abs(pcm).max() / pcm.std()))


def undulation_db(name: str) -> float:
    """The deviation of the level over 100 ms."""
    return float(np.std(10 * np.log10(levels(sound_of(name), BEDS[name]["sample_rate"], 0.1))))


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_is_what_its_recipe_gives(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import render_beds

    bed = BEDS[name]
    assert render_beds.same(render_beds.render(bed), ROOT / "audio" / bed["file"], bed["sample_rate"])


def test_the_palette_is_seven_scenes_and_five_megabytes() -> None:
    assert [bed["scene"] for bed in BEDS.values()] == list(BEDS)
    assert list(BEDS) == [
        "car driving",
        "car driving, rain",
        "car driving, night motorway",
        "car driving, snow",
        "car idling",
        "ferry engine",
        "cassette hiss",
    ]
    assert sum((ROOT / "audio" / bed["file"]).stat().st_size for bed in BEDS.values()) < 5_100_000


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_is_as_long_and_loud_as_the_manifest_says_and_under_a_megabyte(name: str) -> None:
    bed = BEDS[name]
    path = ROOT / "audio" / bed["file"]
    info = mutagen.flac.FLAC(path).info
    assert (info.sample_rate, info.channels, info.bits_per_sample) == (bed["sample_rate"], 1, 16)
    assert info.total_samples == round(bed["duration_s"] * bed["sample_rate"])
    assert path.stat().st_size < 1_000_000
    assert ebur128_lufs(sound_of(name).astype(np.float32), bed["sample_rate"]) == pytest.approx(
        bed["loudness_lufs"], abs=0.1
    )


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_carries_no_date_and_no_encoder(name: str) -> None:
    assert not mutagen.flac.FLAC(ROOT / "audio" / BEDS[name]["file"]).tags


@pytest.mark.parametrize("name", BEDS)
def test_a_bed_has_its_caption_in_lower_case_and_brackets_and_a_licence(name: str) -> None:
    assert BEDS[name]["caption"] == f"[{BEDS[name]['scene']}]".lower()
    assert BEDS[name]["licence"] == "CC0-1.0"


@pytest.mark.parametrize("name", BEDS)
def test_the_step_from_a_beds_end_to_its_beginning_is_no_click(name: str) -> None:
    pcm = sound_of(name)
    assert abs(pcm[0] - pcm[-1]) <= np.percentile(np.abs(np.diff(pcm)), 99)


@pytest.mark.parametrize("name", BEDS)
def test_every_second_of_a_bed_leads_on_as_its_end_leads_to_its_beginning(name: str) -> None:
    """Level and colour on both sides of the seam differ no more than at other places of the bed."""
    pcm, rate = sound_of(name), BEDS[name]["sample_rate"]

    def change(at: int) -> float:
        around = np.roll(pcm, rate // 2 - at)[:rate].reshape(2, -1)
        spectra = [np.log10(levels(band(half, rate, low, 2 * low), rate, 0.5)[0]) for half in around for low in BANDS]
        return float(np.abs(np.subtract(*np.reshape(spectra, (2, -1)))).sum())

    elsewhere = [change(at) for at in range(rate, pcm.size - rate, rate)]
    assert change(0) <= max(elsewhere)


@pytest.mark.parametrize("name", CARS)
def test_a_car_falls_by_three_to_five_decibels_an_octave(name: str) -> None:
    assert -5 <= slope_db(name) <= -3


@pytest.mark.parametrize("name", CARS)
def test_a_car_is_low_in_pitch(name: str) -> None:
    assert 8 <= c_minus_a_db(name) <= 13


@pytest.mark.parametrize("name", CARS)
def test_a_car_hums_and_rumbles_but_does_not_bang(name: str) -> None:
    assert 11 <= crest_db(name) <= 16


@pytest.mark.parametrize("name", CARS)
def test_a_car_undulates(name: str) -> None:
    assert 1 <= undulation_db(name) <= 2.5


@pytest.mark.parametrize("name", CARS)
def test_the_engine_can_be_told_from_the_road(name: str) -> None:
    """Its firing, two a turn, stands out of the road noise in the critical band (100 Hz wide) by more than -6 dB,
    about where a low tone begins to be heard through noise, and by less than +3, where it would whine."""
    bed = BEDS[name]
    hz, power = power_spectrum(sound_of(name), bed["sample_rate"])
    firing_hz = bed["recipe"]["engine"]["cycles"] / bed["duration_s"] * 4
    away = np.abs(hz - firing_hz)
    noise = power[(away > 4) & (away < 12)].sum() * 100 / 16
    tone_db = 10 * np.log10(power[away <= 4].sum() / noise)
    assert -6 <= tone_db <= 3


def test_the_seams_of_the_road_are_heard_through_its_noise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of nine pairs, front axle and rear, four of five slaps are louder between 300 and 600 Hz than nineteen of twenty
    other moments; by chance it would be one of six."""
    monkeypatch.syspath_prepend(ROOT / "scripts")
    from bed_layers import Chance, Size, layer

    bed = BEDS["car driving"]
    size = Size(frames=round(bed["duration_s"] * bed["sample_rate"]), sample_rate=bed["sample_rate"])
    chance = Chance(bed["seed"])
    seams = np.abs({name: layer(recipe, size, chance) for name, recipe in bed["recipe"].items()}["joints"])
    struck = np.flatnonzero(seams > 0.3 * seams.max())
    first = struck[np.flatnonzero(np.diff(struck, prepend=-bed["sample_rate"]) > 2000)]
    assert len(first) == 18
    levels_db = 10 * np.log10(levels(band(sound_of("car driving"), 44100, 300, 600), 44100, 0.006))
    heard = [levels_db[at // 265 : at // 265 + 4].max() > np.quantile(levels_db, 0.95) for at in first]
    assert np.mean(heard) >= 0.8


# Rain.


def test_in_the_rain_drops_are_heard_one_by_one_and_on_a_dry_road_none() -> None:
    for low_hz, high_hz in ((300, 1000), (1000, 6000)):
        assert patter(sound_of("car driving, rain"), 44100, low_hz, high_hz) > 3.4
        assert patter(sound_of("car driving"), 44100, low_hz, high_hz) < 3.1


def test_in_the_rain_the_wipers_go_out_and_back_forty_five_times_a_minute() -> None:
    pcm = sound_of("car driving, rain")
    assert beats_db(pcm, 44100, 800, 4000, 0.75) > 12
    assert beats_db(pcm, 44100, 800, 4000, 1.5) > 12
    assert beats_db(sound_of("car driving"), 44100, 800, 4000, 0.75) < 12


# The motorway at night.

MOTORWAY = BEDS["car driving, night motorway"]["recipe"]["others"]


def test_every_few_seconds_a_car_swells_by_four_decibels_and_is_gone() -> None:
    pcm = sound_of("car driving, night motorway")
    level_db = 10 * np.log10(levels(band(pcm, 44100, 800, 4000), 44100, 0.2))
    quiet_db = np.percentile(level_db, 30)
    for car in MOTORWAY["cars"]:
        at = round(car["at_s"] / 0.2)
        assert level_db[at - 2 : at + 3].max() > quiet_db + (4 if car["speed_kmh"] > 0 else 1.5)
    assert np.diff([car["at_s"] for car in MOTORWAY["cars"]]).max() < 10


def test_a_car_that_comes_towards_us_falls_in_pitch_as_it_passes_by_dopplers_law() -> None:
    """A third and more, within a second: from (c + own) / (c - speed) of its own pitch to (c - own) / (c + speed)."""
    pcm, rate, own = sound_of("car driving, night motorway"), 44100, MOTORWAY["own_speed_kmh"] / 3.6
    cars = [car for car in MOTORWAY["cars"] if car["speed_kmh"] > 0]
    assert len(cars) == 6
    for car in cars:
        speed = car["speed_kmh"] / 3.6
        for begins_s, factor in ((-1.0, (343 + own) / (343 - speed)), (0.3, (343 - own) / (343 + speed))):
            first = round((car["at_s"] + begins_s) * rate)
            piece = pcm[first : first + round(0.7 * rate)]
            power = np.abs(np.fft.rfft(piece * np.hanning(piece.size))) ** 2
            hz = np.fft.rfftfreq(piece.size, 1 / rate)
            expected_hz = factor * car["tone_hz"]  # its own pitch is a sixth away
            near = np.abs(np.log(hz[1:] / expected_hz)) < 0.11
            found_hz = hz[1:][near][np.argmax(power[1:][near])]
            assert found_hz == pytest.approx(expected_hz, rel=0.015)
            assert power[1:][near].max() > 8 * np.median(power[1:][near])


# Snow.


def test_snow_swallows_what_is_high() -> None:
    """Above 1 kHz it is 3 dB softer than on a dry road, against the low end that both have."""
    snow, dry = (
        share_db(sound_of(name), 44100, 1000, 12000) - share_db(sound_of(name), 44100, 30, 300)
        for name in ("car driving, snow", "car driving")
    )
    assert snow < dry - 3


def test_snow_is_a_hush_and_does_not_crunch() -> None:
    pcm = sound_of("car driving, snow")
    assert patter(pcm, 44100, 300, 1000) < 3.0
    assert patter(pcm, 44100, 1000, 6000) < 3.1
    assert "joints" not in BEDS["car driving, snow"]["recipe"]


# Standing still.


def test_an_idling_engine_turns_eight_hundred_times_a_minute_and_everything_goes_by_its_crank() -> None:
    """Its lines are half orders of 13.3 Hz, a strong one at the firing, and the exhaust puffs with it."""
    pcm, bed = sound_of("car idling"), BEDS["car idling"]
    cycle_hz = bed["recipe"]["engine"]["cycles"] / bed["duration_s"]
    assert cycle_hz * 2 * 60 == 800
    hz, power = power_spectrum(pcm, 44100)
    low = hz < 200
    on_a_line = np.abs(hz - cycle_hz * np.round(hz / cycle_hz)) < 0.8
    assert power[low & on_a_line].sum() / power[low].sum() > 0.6  # by chance: 0.24
    for low_hz, high_hz in ((200, 800), (800, 4000)):
        assert beats_db(pcm, 44100, low_hz, high_hz, 4 * cycle_hz) > 15


def test_a_standing_car_has_no_road_under_it() -> None:
    """Steady to a decibel, steeper than any driving car, and all but nothing above 500 Hz."""
    assert undulation_db("car idling") < 1
    assert slope_db("car idling") < -5.5
    assert 14 <= c_minus_a_db("car idling") <= 19
    assert 9 <= crest_db("car idling") <= 13
    assert share_db(sound_of("car idling"), 44100, 500, 20000) < -20


def test_a_ferry_is_slower_and_lower_than_any_car_and_its_hull_hums_along() -> None:
    pcm, bed = sound_of("ferry engine"), BEDS["ferry engine"]
    assert bed["recipe"]["port"]["cycles"] / bed["duration_s"] * 2 * 60 == 300
    assert c_minus_a_db("ferry engine") > c_minus_a_db("car idling") + 2
    assert slope_db("ferry engine") < -6
    assert 1 <= undulation_db("ferry engine") <= 2.5  # two engines beat
    assert 10 <= crest_db("ferry engine") <= 14
    assert share_db(pcm, 44100, 10, 150) > -0.2
    assert beats_db(pcm, 44100, 200, 800, 2.5) > 12  # the throb, by the engine's cycle
    for plate in bed["recipe"]["hull"]["bumps"][1:]:
        at = plate["at_hz"]
        beside_db = max(share_db(pcm, 44100, low * at, 1.04 * low * at) for low in (0.86, 1.12))
        assert share_db(pcm, 44100, 0.98 * at, 1.02 * at) > beside_db + 2


def test_a_cassette_hisses_between_its_two_ends_and_hums_a_little() -> None:
    pcm = sound_of("cassette hiss")
    assert 0 <= slope_db("cassette hiss") <= 2.5
    assert c_minus_a_db("cassette hiss") < 1
    assert 11 <= crest_db("cassette hiss") <= 15
    assert undulation_db("cassette hiss") < 0.8
    assert share_db(pcm, 44100, 500, 12000) > -1.5
    assert share_db(pcm, 44100, 14000, 22000) < -18  # the gap of the head
    assert patter(pcm, 44100, 1000, 6000) < 3.1
    for harmonic in (1, 3, 5):
        assert share_db(pcm, 44100, 50 * harmonic - 2, 50 * harmonic + 2) > -26


def test_the_hum_of_a_cassette_wavers_with_its_capstan() -> None:
    """Its 250 Hz stray by a part in a thousand, a little under once a second."""
    pcm = sound_of("cassette hiss")
    spectrum = np.fft.fft(pcm)
    hz = np.fft.fftfreq(pcm.size, 1 / 44100)
    spectrum[(hz < 245) | (hz > 255)] = 0
    turned = np.unwrap(np.angle(np.fft.ifft(spectrum)))[::441]
    wow_hz = np.diff(turned) / 0.01 / (2 * np.pi) - 250
    smooth = np.convolve(wow_hz, np.ones(20) / 20, "valid")
    assert 0.0005 < smooth.std() / 250 < 0.004

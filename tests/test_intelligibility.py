"""`scripts/intelligibility`: `road` holds what it promises, on a voice and a noise that nothing was tuned on."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"
RATE = 22050


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    sys.path.insert(0, str(SCRIPTS))
    import intelligibility

    yield intelligibility
    sys.path.remove(str(SCRIPTS))
    for name in ("intelligibility", "speech_meters"):
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def rows(script: ModuleType) -> list:
    voice, noise = script.REPORTED_ON
    assert (voice, noise) != script.TUNED_ON
    sounds, sample_rate = script.versions(voice, script.TEXT, only=("road", "calm"))
    return script.measure(sounds, sample_rate, noise)


def test_road_carries_better_than_the_raw_voice_in_noise_that_it_was_not_tuned_on(
    script: ModuleType, rows: list
) -> None:
    raw, road = rows[0], rows[1]
    assert (raw.name, road.name) == ("raw", "road")
    for mine, its in zip(road.estoi, raw.estoi, strict=True):
        assert mine >= its + 0.02
    for mine, its in zip(road.siib, raw.siib, strict=True):
        assert mine >= 1.18 * its
    assert road.stoi_in_quiet >= 0.95
    assert script.shortcomings(rows) == []


def test_calm_is_hardly_told_from_the_raw_voice(rows: list) -> None:
    raw, calm = rows[0], rows[2]
    assert calm.name == "calm"
    assert calm.stoi_in_quiet > 0.99
    assert calm.estoi == pytest.approx(raw.estoi, abs=0.01)


def test_a_profile_that_gains_nothing_is_found_out(script: ModuleType, rows: list) -> None:
    lazy = [rows[0], replace(rows[0], name="road", stoi_in_quiet=0.9), *rows[2:]]
    assert len(script.shortcomings(lazy)) == 7


def test_more_noise_leaves_less_information(rows: list) -> None:
    for row in rows:
        assert row.siib[0] < row.siib[1] < row.siib[2]
        assert row.estoi[0] < row.estoi[1] < row.estoi[2]


def test_siib_of_clean_speech_is_what_a_talker_can_say_and_of_noise_is_almost_none(
    script: ModuleType,  # noqa: ARG001
) -> None:
    from speech_meters import siib_gauss

    rng = np.random.default_rng(1)
    swells = np.repeat(rng.uniform(0.02, 1, 25 * 8), RATE // 8)
    clean = (rng.standard_normal(len(swells)) * swells).astype(np.float32)
    most = siib_gauss(clean, clean, RATE)
    # J channels of 15 frames each carry at most -1/2 log2(1 - 0.75²) = 0.596 bits, 80 / 15 times a second.
    assert most == pytest.approx(0.5963 * 80 * 28, rel=0.01)
    assert siib_gauss(clean, rng.standard_normal(len(clean)).astype(np.float32), RATE) < most / 40


def test_a_signal_that_comes_late_is_not_measured(script: ModuleType) -> None:
    from speech_meters import delay

    rng = np.random.default_rng(2)
    clean = rng.standard_normal(RATE).astype(np.float32)
    late = np.concatenate((np.zeros(37, np.float32), clean[:-37]))
    assert (delay(clean, late), delay(late, clean), delay(clean, clean)) == (37, -37, 0)
    with pytest.raises(ValueError, match="37 frames late"):
        script.measure({"raw": clean, "late": late}, RATE, "asphalt")


@pytest.mark.parametrize("kind", ["asphalt", "motorway"])
def test_cabin_noise_lies_below_500_hz_and_is_the_same_each_time(script: ModuleType, kind: str) -> None:
    noise = script.cabin(kind, 10 * RATE, RATE, 1)
    power = np.abs(np.fft.rfft(noise)) ** 2
    assert power[:5000].sum() / power.sum() > 0.85
    assert noise.std() == pytest.approx(1, abs=0.01)
    assert np.array_equal(noise, script.cabin(kind, 10 * RATE, RATE, 1))


@pytest.mark.slow
def test_the_script_prints_its_table_and_draws_it(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPTS / "intelligibility.py"), "--check", "--plot", str(tmp_path / "plot.png")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n| ") == 7
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")

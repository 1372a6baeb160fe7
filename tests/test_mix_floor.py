"""Pauses hold the voice's own floor, and joints cannot be heard."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from conftest import Desk, decoded
from fake_engine import FakeEngine
from meters import ebur128_lufs
from narrate import speech, work
from narrate.mix.floor import faded, room
from narrate.mix.profiles import PROFILES
from narrate.take import Delivery, Take
from spoken import RATE, spoken

ROAD, ACX = PROFILES["road"], PROFILES["acx"]
FLOOR_DBFS = -66.0
BOOK = """\
# Rooms

## One

The engine starts at once, and hums along for a while. It is a plain sentence, of no great length. Rain begins to fall.

> Somebody else wrote this, and another voice reads it aloud.

A second paragraph follows the first one here. Its sentences are as plain as those before. Nothing happens in them.

## Two

Rain falls on the road, on the roof and on the fields. Another sentence says so again, at some length. And one more.
"""


def noise(length: int, level_dbfs: float, seed: int = 1) -> NDArray[np.float64]:
    """Dull noise, as of a room."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(length))
    spectrum /= np.maximum(np.fft.rfftfreq(length, 1 / RATE), 100.0)
    pcm = np.fft.irfft(spectrum, length)
    return pcm * 10 ** (level_dbfs / 20) / pcm.std()


def in_a_room(samples: NDArray[np.int16], level_dbfs: float = FLOOR_DBFS) -> NDArray[np.int16]:
    return np.rint(samples + 32768 * noise(len(samples), level_dbfs)).astype(np.int16)


class RoomEngine(FakeEngine):
    """The fake engine, recorded in a room."""

    def speak(self, spoken: str, delivery: Delivery, *, attempt: int = 0) -> Take:
        take = super().speak(spoken, delivery, attempt=attempt)
        samples = in_a_room(np.rint(take.pcm[:, 0] * 32768).astype(np.int16))
        return replace(take, pcm=(samples.astype(np.float32) / 32768).reshape(-1, 1))


def dbfs(pcm: NDArray[np.float32]) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(pcm, dtype=np.float64))) + 1e-9))


def test_a_voice_of_exact_silence_has_no_room() -> None:
    assert room(spoken()[3], RATE, mix_rate=RATE, gain=1.0, profile=ROAD) is None


def long_takes(voice: str) -> list[NDArray[np.int16]]:
    return [take for take in spoken(voice) if len(take) > 3 * RATE]


@pytest.mark.parametrize("voice", ["gmw/en-US+f4", "gmw/en-US+f2", "roa/es+f4"])
def test_the_echo_of_a_voice_is_no_room(voice: str) -> None:
    """It is never silent to the last bit, but falls and falls: noise as loud as some moment of it would be heard."""
    for take in (np.concatenate(spoken(voice)), *long_takes(voice)):
        assert room(take, RATE, mix_rate=RATE, gain=1.0, profile=ROAD) is None


@pytest.mark.parametrize("level_dbfs", [-58.0, -66.0, -74.0])
def test_a_room_is_heard_behind_a_voice_at_any_level_that_it_may_have(level_dbfs: float) -> None:
    assert len(long_takes("gmw/en-US")) == 4
    for take in long_takes("gmw/en-US"):
        assert room(in_a_room(take, level_dbfs), RATE, mix_rate=RATE, gain=1.0, profile=ROAD) is not None


def test_a_voice_s_room_is_as_loud_and_as_dull_as_the_take_s() -> None:
    found = room(in_a_room(spoken()[3]), RATE, mix_rate=RATE, gain=2.0, profile=ROAD)
    assert found is not None
    assert not found.always
    assert dbfs(found.loop) == pytest.approx(FLOOR_DBFS + 6, abs=2.5)
    own, its = (np.abs(np.fft.rfft(each)) ** 2 for each in (noise(len(found.loop), 0), found.loop))
    middle = len(own) // 4
    tilt = [10 * np.log10(each[20:middle].mean() / each[middle:].mean()) for each in (own, its)]
    assert tilt[1] == pytest.approx(tilt[0], abs=6)


def test_a_room_loops_without_a_step_and_goes_on_where_it_left() -> None:
    found = room(in_a_room(spoken()[3]), RATE, mix_rate=RATE, gain=1.0, profile=ROAD)
    assert found is not None
    long = found.at(0, 3 * len(found.loop))[:, 0]
    steps = np.abs(np.diff(long))
    assert steps[len(found.loop) - 1] <= np.quantile(steps, 0.999)
    assert np.array_equal(found.at(700, 50)[:, 0], long[700:750])


def test_soft_speech_is_no_floor() -> None:
    hum = np.rint(3000 * np.sin(np.arange(RATE) * 0.1)).astype(np.int16)
    assert room(hum, RATE, mix_rate=RATE, gain=1.0, profile=ROAD) is None


def test_a_shop_s_room_tone_is_there_where_the_voice_has_none() -> None:
    found = room(spoken()[3], RATE, mix_rate=44100, gain=5.0, profile=ACX)
    assert found is not None
    assert found.always
    assert dbfs(found.loop) == pytest.approx(ACX.room_tone_dbfs, abs=0.1)


def test_a_room_is_silent_where_stretches_join() -> None:
    tone = np.ones((5000, 1), np.float32)
    whole = faded(tone, 0, 5000, 576)[:, 0]
    assert not whole[:576].any()
    assert not whole[-576:].any()
    assert (whole[1200:-1200] == 1).all()
    assert np.array_equal(
        np.concatenate((faded(tone[:3000], 0, 5000, 576), faded(tone[3000:], 3000, 5000, 576)))[:, 0], whole
    )


@pytest.fixture(params=["silence", "a room", "room tone"])
def book(request: pytest.FixtureRequest, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    """A book by a voice of exact silence, by one in a room, and for a shop that wants room tone."""
    if request.param == "a room":
        desk.engine = RoomEngine()
        monkeypatch.setitem(speech.ENGINES, "fake", lambda _: desk.engine)
        work.engine.cache_clear()
    if request.param == "room tone":
        desk.flags["audio.profile"] = "acx"
    desk.name = "rooms.md"
    desk.write(BOOK)
    return request.param, desk.build().folder


def cues(folder: Path) -> list[tuple[NDArray[np.float32], list[dict]]]:
    chapters = json.loads((folder / "timeline.json").read_text("utf-8"))["chapters"]
    for chapter in chapters:
        for cue in chapter["cues"]:
            cue["start_s"] -= chapter["start_s"]
    return [(decoded(folder / chapter["file"]), chapter["cues"]) for chapter in chapters]


def part(pcm: NDArray[np.float32], cue: dict, trim_s: float = 0.0) -> NDArray[np.float32]:
    first, last = cue["start_s"] + trim_s, cue["start_s"] + cue["duration_s"] - trim_s
    return pcm[round(first * 44100) : round(last * 44100)]


def test_pauses_hold_the_voice_s_own_floor_or_room_tone_or_nothing(book: tuple[str, Path]) -> None:
    kind, folder = book
    for pcm, chapter in cues(folder):
        pauses = [dbfs(part(pcm, each, 0.06)) for each in chapter[1:-1] if each["kind"] == "pause"]
        if kind == "silence":
            assert max(pauses) < -85
        elif kind == "room tone":
            assert pauses == pytest.approx([ACX.room_tone_dbfs] * len(pauses), abs=2.5)
        else:
            words = [word for each in chapter if each["kind"] == "utterance" for word in between_words(pcm, each)]
            assert np.median(pauses) == pytest.approx(np.median(words), abs=5), "gaps of 60 ms are still being lifted"
            assert pauses == pytest.approx([float(np.median(words))] * len(pauses), abs=8)


def between_words(pcm: NDArray[np.float32], cue: dict) -> list[float]:
    """The levels of the gaps that the fake engine leaves between its words."""
    heard = part(pcm, cue)
    blocks = heard[: len(heard) // 882 * 882].reshape(-1, 882)
    levels = np.array([dbfs(block) for block in blocks])
    return [float(level) for level in levels[levels < -60]]


def test_no_joint_has_a_larger_step_than_speech_has(book: tuple[str, Path]) -> None:
    _, folder = book
    for pcm, chapter in cues(folder):
        speech_steps = np.concatenate(
            [np.abs(np.diff(part(pcm, each))) for each in chapter if each["kind"] == "utterance"]
        )
        most = np.quantile(speech_steps, 0.999)
        for before, after in pairwise(chapter):
            joint = round(after["start_s"] * 44100)
            assert np.abs(np.diff(pcm[joint - 2 : joint + 3])).max() <= most, (before["kind"], after["kind"])


def test_pauses_are_right_to_ten_milliseconds_in_the_decoded_file(desk: Desk) -> None:
    """By ear, so to speak: from where one sentence falls silent to where the next begins, in the sound itself."""
    desk.name = "rooms.md"
    desk.write(BOOK)
    folder = desk.build().folder
    table = {"sentence": 0.18, "paragraph": 0.45, "head": 0.4}
    checked = 0
    for pcm, chapter in cues(folder):
        loud = np.abs(pcm) > 0.01
        for before, pause, after in zip(chapter, chapter[1:], chapter[2:], strict=False):
            if pause["kind"] != "pause" or pause.get("reason") not in table or before["kind"] != "utterance":
                continue
            first, last = (round(each * 44100) for each in (before["start_s"], after["start_s"] + after["duration_s"]))
            middle = round((pause["start_s"] + pause["duration_s"] / 2) * 44100)
            silent_from = first + int(np.flatnonzero(loud[first:middle])[-1])
            silent_to = middle + int(np.flatnonzero(loud[middle:last])[0])
            assert (silent_to - silent_from) / 44100 == pytest.approx(table[pause["reason"]], abs=0.010)
            checked += 1
    assert checked >= 5


def test_a_quotation_is_as_loud_as_the_narrator(desk: Desk) -> None:
    desk.name = "rooms.md"
    desk.write(BOOK.replace("> Somebody else", "> Somebody else, at length and at leisure,"))
    (desk.folder / "narrate.toml").write_text('[cast]\nquotation = "fake/high"\n[effects]\nquotation = "cassette"\n')
    (pcm, chapter), _ = cues(desk.build().folder)
    by_voice: dict[str, list[NDArray[np.float32]]] = {}
    for each in chapter:
        if each["kind"] == "utterance":
            by_voice.setdefault(each["role"] if each["role"] == "quotation" else "narrator", []).append(part(pcm, each))
    narrator, quoted = (ebur128_lufs(np.concatenate(by_voice[name]), 44100) for name in ("narrator", "quotation"))
    assert quoted == pytest.approx(narrator, abs=1.0)

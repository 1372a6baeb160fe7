"""Every engine keeps the contract of `narrate.testing`: pyttsx3, Piper, Kokoro, and one of another package."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import example_engine
from example_engine import WhistleEngine
from fake_engine import FakeEngine
from narrate import testing
from narrate.speech import SpeechOptions, Voice
from narrate.speech.guard import RefusalError
from narrate.speech.kokoro import KokoroEngine
from narrate.speech.piper import PiperEngine
from narrate.speech.pyttsx3_engine import Pyttsx3Engine
from narrate.speech.rendering import Description, Request, pack
from narrate.take import Take
from onnx_voices import write_kokoro, write_piper_voice

CPU = SpeechOptions(device="cpu")
Make = testing.Make


@pytest.fixture(scope="module")
def makes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Make]:
    folder = tmp_path_factory.mktemp("voices")
    write_piper_voice(folder / "piper")
    write_piper_voice(folder / "piper", "de_DE-duo-low", sample_rate=16000, speakers=("anna", "bert"))
    with contextlib.suppress(pytest.skip.Exception):
        write_kokoro(folder / "kokoro")
    return {
        "pyttsx3": Pyttsx3Engine,
        "piper": partial(PiperEngine, CPU, folder / "piper"),
        "kokoro": partial(KokoroEngine, CPU, folder / "kokoro"),
        "whistle": partial(WhistleEngine, CPU),
        "fake": FakeEngine,
    }


@pytest.mark.parametrize("engine", ["pyttsx3", "piper", "kokoro", "whistle", "fake"])
def test_the_engine_keeps_the_contract(makes: dict[str, Make], engine: str) -> None:
    if engine == "kokoro" and sys.version_info >= (3, 14):
        pytest.skip("kokoro-onnx is not made for this Python yet")
    testing.conform(makes[engine])


def test_each_check_can_be_made_alone() -> None:
    for check in testing.CHECKS[:2]:
        check(FakeEngine)


PLUGIN = """
[narrate.engines]
whistle = example_engine:WhistleEngine
broken = no_such_module:Engine
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example engine as an installed package, for processes started from here."""
    site = tmp_path / "site"
    (site / "whistling-1.0.dist-info").mkdir(parents=True)
    (site / "whistling-1.0.dist-info" / "entry_points.txt").write_text(PLUGIN)
    (site / "whistling-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: whistling\nVersion: 1.0\n")
    (site / "example_engine.py").write_bytes(Path(example_engine.__file__).read_bytes())
    monkeypatch.setenv("PYTHONPATH", str(site))
    return tmp_path


def narrate(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "narrate", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_an_engine_of_another_package_speaks_a_book_in_workers_that_are_not_forked(installed: Path) -> None:
    sentences = " ".join(f"The road goes on past stone number {number}." for number in range(60))
    (installed / "book.md").write_text(f"# The Road\n\n{sentences}\n\n> Said in the kitchen.\n", encoding="utf-8")
    (installed / "narrate.toml").write_text('[cast]\nquotation = "espeak:en-gb"\n')
    store = ["--store", str(installed / "store"), "--jobs", "2", "--engine", "whistle"]
    done = narrate(installed, "build", "book.md", *store)
    assert done.returncode == 0, done.stderr
    found = json.loads((installed / "audiobooks/The Road/timeline.json").read_text("utf-8"))["chapters"]
    voices = {(cue["role"], cue["voice"]) for chapter in found for cue in chapter["cues"] if cue["kind"] == "utterance"}
    assert voices == {
        ("heading", "whistle:referee"),
        ("narration", "whistle:referee"),
        ("quotation", "gmw/en"),
    }
    assert "whistle:kettle" in narrate(installed, "voices", "--language", "en").stdout


def test_an_engine_whose_package_is_broken_is_told_only_when_it_is_asked_for(installed: Path) -> None:
    (installed / "book.txt").write_text("Rain.\n")
    assert narrate(installed, "plan", "book.txt").returncode == 0
    done = narrate(installed, "plan", "book.txt", "--engine", "broken")
    assert done.returncode == 5
    assert "the engine “broken” (no_such_module:Engine) cannot be loaded" in done.stderr


class SystemVoices:
    """The speech of macOS or Windows, as far as pyttsx3's driver shows it: no marks, and a little dither."""

    def call(self, request: Request | None, *, deadline_s: float) -> bytes:
        assert deadline_s > 0
        if request is None:
            voice = Voice(id="com.apple.voice.Alex", name="Alex", language="en-US", gender="male", engine="pyttsx3")
            return Description(fingerprint="pyttsx3: nsss, macOS 15", voices=(voice,)).to_bytes()
        if request.voice != "com.apple.voice.Alex":
            raise RefusalError("no such voice")
        length = round(22050 * 0.07 * len(request.text) * 175 / max(1, request.rate_wpm))
        tone = 8000 * np.sin(np.arange(length) * 0.05) + np.random.default_rng(len(request.text)).normal(0, 3, length)
        quiet = np.zeros(3000)
        pcm = np.concatenate([quiet, tone, quiet]).astype(np.int16).tobytes()
        return pack(sample_rate=22050, pcm=(pcm,), marks=())


def system_voices() -> Pyttsx3Engine:
    return Pyttsx3Engine(SystemVoices())


def test_the_speech_of_the_operating_system_keeps_the_contract() -> None:
    testing.conform(system_voices)


def test_its_words_are_placed_by_their_letters_and_marked_so() -> None:
    take = system_voices().speak("Rain falls.", testing.Delivery(voice="com.apple.voice.Alex"))
    assert take.info.remarks.estimated
    assert [word.spoken_start for word in take.info.words] == [0, 5]
    assert take.info.words[0].length * 5 == pytest.approx(take.info.words[1].length * 4, rel=0.05)


class Faulty(FakeEngine):
    """Breaks one promise of the contract."""

    def __init__(self, fault: str) -> None:
        super().__init__()
        self.fault, self.count = fault, 0

    def fingerprint(self, voice: str) -> str:
        self.count += 1
        return super().fingerprint(voice) + (f" {self.count}" if self.fault == "fingerprint" else "")

    def second(self, voice: str) -> str:
        return voice if self.fault == "second" else super().second(voice)

    def speak(self, spoken: str, delivery: testing.Delivery, *, attempt: int = 0) -> Take:  # noqa: ARG002
        if self.fault == "blank":
            spoken = spoken.strip() or "hm"
        if self.fault == "second sentence":
            spoken = spoken.partition(". ")[0]
        take = super().speak(spoken, replace(delivery, rate_wpm=175) if self.fault == "rate" else delivery)
        self.count += 1
        if self.count > 1 and self.fault == "state":
            return replace(take, pcm=np.roll(take.pcm, 7, axis=0))
        if self.count > 1 and self.fault == "exits":
            os._exit(0)
        if self.count > 1 and self.fault == "raises":
            raise RuntimeError("out of breath")
        return SPOILT[self.fault](take) if self.fault in SPOILT else take


def told(take: Take, **changed: object) -> Take:
    return replace(take, info=replace(take.info, **changed))


def resampled(take: Take, samples: np.ndarray) -> Take:
    """With these samples, and its words where they were."""
    return Take(pcm=samples, info=replace(take.info, frame_count=len(samples)))


SPOILT: dict[str, Callable[[Take], Take]] = {
    "steps": lambda take: replace(take, pcm=take.pcm * np.float32(0.333)),
    "order of words": lambda take: told(take, words=take.info.words[::-1]),
    "words": lambda take: told(take, words=take.info.words[:1]),
    "cut": lambda take: told(resampled(take, take.pcm[:8000]), words=take.info.words[:1]),
    "sample rate": lambda take: told(take, sample_rate=11025),
    "channels": lambda take: replace(take, pcm=np.repeat(take.pcm, 2, axis=1)),
    "channels in a row": lambda take: resampled(take, np.repeat(take.pcm, 2, axis=0)),
    "numbers": lambda take: replace(take, pcm=np.where(take.pcm > 0.2, np.float32(np.nan), take.pcm)),
    "silence": lambda take: replace(take, pcm=take.pcm * 0),
}
FOUND = {
    "fingerprint": "fingerprint",
    "second": "own second",
    "blank": "was spoken",
    "rate": "words a minute take",
    "state": "order of sentences is heard",
    "second sentence": "what stands behind '. ' is not said",
    "steps": "between the steps",
    "order of words": "overlap",
    "words": "only 1 of the words",
    "cut": "of the words",
    "sample rate": "words a minute were asked for",
    "channels": "the shape",
    "channels in a row": "words a minute were asked for",
    "numbers": "no numbers",
    "silence": "nothing but silence",
    "exits": "ended its process, with exit code 0",
    "raises": "RuntimeError: out of breath",
}


@pytest.mark.parametrize("fault", FOUND)
def test_a_broken_promise_is_found_and_named(fault: str) -> None:
    with pytest.raises(AssertionError, match=FOUND[fault]):
        testing.conform(partial(Faulty, fault))


def test_an_engine_that_hangs_is_told(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(testing, "DEADLINE_S", 5.0)
    with pytest.raises(AssertionError, match="the engine hangs: no answer within 5 s"):
        testing.a_take_is_sound_with_its_words_in_it(partial(FakeEngine, hanging=testing.SENTENCES))
    assert "in speak" in capfd.readouterr().err

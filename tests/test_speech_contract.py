"""Every engine keeps the contract of `narrate.testing`: pyttsx3, Piper, Kokoro, and one of another package."""

from functools import partial

import pytest

from example_engine import WhistleEngine
from fake_engine import FakeEngine
from narrate import testing
from narrate.speech import SpeechOptions
from narrate.speech.kokoro import KokoroEngine
from narrate.speech.piper import PiperEngine
from narrate.speech.pyttsx3_engine import Pyttsx3Engine
from onnx_voices import write_kokoro, write_piper_voice

CPU = SpeechOptions(device="cpu")
Make = testing.Make


@pytest.fixture(scope="module")
def makes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Make]:
    folder = tmp_path_factory.mktemp("voices")
    write_piper_voice(folder / "piper")
    write_piper_voice(folder / "piper", "de_DE-duo-low", sample_rate=16000, speakers=("anna", "bert"))
    write_kokoro(folder / "kokoro")
    return {
        "pyttsx3": Pyttsx3Engine,
        "piper": partial(PiperEngine, CPU, folder / "piper"),
        "kokoro": partial(KokoroEngine, CPU, folder / "kokoro"),
        "whistle": partial(WhistleEngine, CPU),
        "fake": FakeEngine,
    }


@pytest.mark.parametrize("engine", ["pyttsx3", "piper", "kokoro", "whistle", "fake"])
@pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
def test_the_engine_keeps_the_contract(makes: dict[str, Make], engine: str, check) -> None:
    check(makes[engine])

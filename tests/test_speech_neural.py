"""Piper and Kokoro go the real way through their packages, on tiny models with the real graphs' signatures."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from narrate.errors import SpeechError, VoiceError
from narrate.script import pronounced
from narrate.speech import Delivery, SpeechOptions
from narrate.speech.engine import Engine
from narrate.speech.kokoro import KokoroEngine
from narrate.speech.neural_speaker import Voiced, _marks
from narrate.speech.piper import PiperEngine
from narrate.take import Take
from onnx_voices import write_kokoro, write_piper_voice

CPU = SpeechOptions(device="cpu")
DARK = "The road is dark, and the engine hums."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("voices")
    write_piper_voice(folder / "piper")
    write_piper_voice(folder / "piper", "de_DE-duo-low", sample_rate=16000, speakers=("anna", "bert"))
    write_piper_voice(folder / "piper", "en_GB-crowd-low", speakers=tuple(f"p{number}" for number in range(12)))
    return folder


@pytest.fixture(scope="module")
def piper(folder: Path) -> PiperEngine:
    return PiperEngine(CPU, folder / "piper")


@pytest.fixture(scope="module")
def kokoro(folder: Path) -> KokoroEngine:
    write_kokoro(folder / "kokoro")
    return KokoroEngine(CPU, folder / "kokoro")


def length_s(take: Take) -> float:
    return take.info.frame_count / take.info.sample_rate


def timed(take: Take, spoken: str) -> dict[str, float]:
    rate = take.info.sample_rate
    return {spoken[word.spoken_start : word.spoken_end]: word.start / rate for word in take.info.words}


def brightness(take: Take) -> float:
    """The frequency in Hz below which half of the sound's power lies."""
    power = np.abs(np.fft.rfft(take.pcm[:, 0])) ** 2
    return float(np.searchsorted(np.cumsum(power), power.sum() / 2) * take.info.sample_rate / len(take.pcm))


# Piper


def test_piper_speaks_at_the_rate_that_its_model_says(piper: PiperEngine) -> None:
    assert piper.speak(DARK, Delivery(voice="en_US-tiny-low")).info.sample_rate == 22050
    assert piper.speak(DARK, Delivery(voice="de_DE-duo-low")).info.sample_rate == 16000


def test_the_rate_becomes_the_length_scale(tmp_path: Path) -> None:
    write_piper_voice(tmp_path, frames=40.0)
    piper = PiperEngine(CPU, tmp_path)
    usual, slow = (length_s(piper.speak(DARK, Delivery(voice="en_US-tiny-low", rate_wpm=rate))) for rate in (175, 100))
    assert slow / usual == pytest.approx(1.75, rel=0.05)


def test_a_pitch_is_heard_and_takes_no_longer(piper: PiperEngine) -> None:
    usual, high = (piper.speak(DARK, Delivery(voice="en_US-tiny-low", pitch=pitch)) for pitch in (50, 100))
    assert brightness(high) / brightness(usual) == pytest.approx(2 ** (4 / 12), rel=0.05)
    assert length_s(high) == pytest.approx(length_s(usual), rel=0.15)


def test_speakers_of_one_model_are_voices_of_their_own(piper: PiperEngine) -> None:
    anna, bert = (piper.speak("Guten Abend.", Delivery(voice=f"de_DE-duo-low#{name}")) for name in ("anna", "bert"))
    assert brightness(bert) > brightness(anna) + 30
    assert piper.second("de_DE-duo-low#anna") == "de_DE-duo-low#bert"
    assert piper.second("de_DE-duo-low") == "de_DE-duo-low#bert"
    assert piper.resolve("de_DE-duo-low#Bert", "en").id == "de_DE-duo-low#bert"
    with pytest.raises(VoiceError, match="no speaker “carl”"):
        piper.resolve("de_DE-duo-low#carl", "en")


def test_a_crowd_of_speakers_is_listed_as_one(piper: PiperEngine) -> None:
    ids = [voice.id for voice in piper.voices()]
    assert ids == ["de_DE-duo-low", "de_DE-duo-low#anna", "de_DE-duo-low#bert", "en_GB-crowd-low", "en_US-tiny-low"]
    assert piper.resolve("en_GB-crowd-low#p11", "en").name == "crowd, p11"


def test_word_times_are_the_models_own(piper: PiperEngine) -> None:
    take = piper.speak(DARK, Delivery(voice="en_US-tiny-low"))
    assert not take.info.remarks.estimated
    starts = timed(take, DARK)
    assert list(starts) == ["The", "road", "is", "dark", "and", "the", "engine", "hums"]
    loud = np.abs(take.pcm[:, 0]) > 0.05
    for word, start_s in list(starts.items())[1:]:  # a space, which this model leaves silent, is right before it
        at = round(start_s * 22050)
        assert not loud[at - 100 : at - 30].any(), word
        assert loud[at : at + 700].any(), word


def test_word_times_are_estimated_and_marked_so_without_the_package_that_adds_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'onnx' else find(name, *more)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    script = f"""
from pathlib import Path
from narrate.speech import Delivery, SpeechOptions
from narrate.speech.piper import PiperEngine
engine = PiperEngine(SpeechOptions(device="cpu"), Path({str(folder / "piper")!r}))
take = engine.speak({DARK!r}, Delivery(voice="en_US-tiny-low"))
print(take.info.remarks.estimated, engine.voices()[0].timings, engine.fingerprint("en_US-tiny-low").split()[-3])
print(*[word.start / 22050 for word in take.info.words])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    first, starts = done.stdout.splitlines()
    assert first == "True estimated untimed"
    real = PiperEngine(CPU, folder / "piper").speak(DARK, Delivery(voice="en_US-tiny-low"))
    for estimate, word in zip(map(float, starts.split()), real.info.words, strict=True):
        assert estimate == pytest.approx(word.start / 22050, abs=0.25)


def test_a_number_of_many_words_keeps_its_neighbours_in_place(piper: PiperEngine) -> None:
    spoken = "It was 1984 in the north."
    starts = timed(piper.speak(spoken, Delivery(voice="en_US-tiny-low")), spoken)
    assert starts["was"] < starts["1984"] < starts["in"] < starts["north"]
    assert starts["in"] - starts["1984"] > 3 * (starts["1984"] - starts["was"])


def test_words_are_shared_out_where_the_model_reads_more_or_fewer_of_them() -> None:
    signs = list("naintin eiti for in in")
    voiced = Voiced(samples=np.zeros(2200, np.float32), sample_rate=100, signs=signs, lengths=[100] * len(signs))
    assert _marks(voiced, ((0, 16.0), (5, 2.0), (8, 2.0))) == [(0, 0), (5, 1700), (8, 2000)]
    assert _marks(voiced, ()) == []


def test_lexicon_ipa_is_spoken_and_an_engines_own_phonemes_are_not(piper: PiperEngine) -> None:
    delivery = Delivery(voice="en_US-tiny-low")
    word = piper.speak("Oto left.", delivery)
    ipa = piper.speak(f"{pronounced('Oto', 'oːtoːtoːtoː')} left.", delivery)
    espeak = piper.speak(f"{pronounced('Oto', '[[oUtoUtoUtoU]]')} left.", delivery)
    assert length_s(ipa) > length_s(word) + 0.1
    assert (espeak.pcm == word.pcm).all()


def test_brackets_of_the_author_are_no_phonemes(piper: PiperEngine) -> None:
    take = piper.speak("A [[qwertyqwertyqwerty]] here.", Delivery(voice="en_US-tiny-low"))
    plain = piper.speak("A   qwertyqwertyqwerty   here.", Delivery(voice="en_US-tiny-low"))
    assert length_s(take) == pytest.approx(length_s(plain), abs=0.05)


@pytest.mark.parametrize(
    ("was", "hostile"),
    [
        ("22050", "0"),
        ("22050", "1e400"),
        ("22050", "1000000000"),
        ("22050", "[" * 100_000),
        ('"speaker_id_map": {}', '"speaker_id_map": {"anna": "x"}'),
        ('"language": {', '"language": 3, "lost": {'),
    ],
    ids=range(6),
)
def test_a_voice_whose_settings_are_nonsense_is_none_and_hides_no_other(tmp_path: Path, was: str, hostile: str) -> None:
    write_piper_voice(tmp_path)
    config = write_piper_voice(tmp_path, "en_US-bad-low").with_name("en_US-bad-low.onnx.json")
    text = config.read_text("utf-8")
    assert was in text
    config.write_text(text.replace(was, hostile), encoding="utf-8")
    assert [voice.id for voice in PiperEngine(CPU, tmp_path).voices()] == ["en_US-tiny-low"]


@pytest.mark.parametrize("data", [b"", b"no model"], ids=["empty", "garbage"])
def test_a_model_that_is_none_is_one_line_that_names_the_sentence(tmp_path: Path, data: bytes) -> None:
    write_piper_voice(tmp_path).write_bytes(data)
    with pytest.raises(SpeechError, match=r"cannot speak “Rain\.”"):
        PiperEngine(CPU, tmp_path).speak("Rain.", Delivery(voice="en_US-tiny-low"))


def test_a_fingerprint_follows_the_models_bytes_and_its_settings_and_nothing_else(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for each in (first, second):
        write_piper_voice(each)
    told = PiperEngine(CPU, first).fingerprint("en_US-tiny-low")
    assert told == PiperEngine(CPU, second).fingerprint("en_US-tiny-low")
    assert "piper-tts 1." in told
    assert "onnxruntime 1." in told
    os.utime(first / "en_US-tiny-low.onnx", (1, 1))
    assert PiperEngine(CPU, first).fingerprint("en_US-tiny-low") == told
    config = first / "en_US-tiny-low.onnx.json"
    config.write_text(config.read_text().replace("0.667", "0.5"))
    assert PiperEngine(CPU, first).fingerprint("en_US-tiny-low") != told
    write_piper_voice(second, frames=6.0)
    assert PiperEngine(CPU, second).fingerprint("en_US-tiny-low") != told


def test_a_missing_voice_says_how_to_get_it(piper: PiperEngine, tmp_path: Path) -> None:
    with pytest.raises(VoiceError) as caught:
        piper.resolve("en_US-lessac-medium", "en")
    assert caught.value.hint == "narrate voices install en_US-lessac-medium"
    with pytest.raises(VoiceError) as caught:
        PiperEngine(CPU, tmp_path / "none").resolve("", "en")
    assert caught.value.hint == "narrate voices install en_US-lessac-medium"


@pytest.mark.parametrize("damage", ["{", "[]", '{"audio": 3}', '{"espeak": {"voice": "en"}}', "\x00"])
def test_a_voice_whose_json_is_damaged_is_not_listed(tmp_path: Path, damage: str) -> None:
    write_piper_voice(tmp_path).with_suffix(".onnx.json").write_text(damage)
    assert PiperEngine(CPU, tmp_path).voices() == ()


def test_a_damaged_model_is_an_error_that_names_the_sentence(tmp_path: Path) -> None:
    path = write_piper_voice(tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(SpeechError, match="cannot speak “The road is dark"):
        PiperEngine(CPU, tmp_path).speak(DARK, Delivery(voice="en_US-tiny-low"))


# Kokoro


def test_kokoro_speaks_with_every_voice_of_its_file(kokoro: KokoroEngine) -> None:
    voices = {voice.id: voice for voice in kokoro.voices()}
    assert (voices["af_heart"].language, voices["af_heart"].gender) == ("en-US", "female")
    assert (voices["bm_george"].language, voices["bm_george"].gender) == ("en-GB", "male")
    heart, george = (kokoro.speak(DARK, Delivery(voice=name)) for name in ("af_heart", "bm_george"))
    assert heart.info.sample_rate == 24_000
    assert abs(brightness(heart) - brightness(george)) > 50


def test_kokoros_speed_is_kept_within_what_it_takes(kokoro: KokoroEngine) -> None:
    usual, half, slowest = (
        length_s(kokoro.speak(DARK, Delivery(voice="af_heart", rate_wpm=rate))) for rate in (175, 88, 80)
    )
    assert half / usual == pytest.approx(2, rel=0.15)
    assert slowest == pytest.approx(half, rel=0.02)


@pytest.mark.parametrize(("tokens", "timed"), [("tokens", True), ("input_ids", True), ("tokens", False)])
def test_old_and_new_exports_of_kokoro_speak(tmp_path: Path, tokens: str, timed: bool) -> None:
    write_kokoro(tmp_path, tokens=tokens, timed=timed)
    take = KokoroEngine(CPU, tmp_path).speak(DARK, Delivery(voice="af_heart"))
    assert take.info.remarks.estimated is not timed
    words = [DARK[word.spoken_start : word.spoken_end] for word in take.info.words]
    assert words == ["The", "road", "is", "dark", "and", "the", "engine", "hums"]


def test_without_a_model_kokoro_says_how_to_get_one(tmp_path: Path) -> None:
    engine = KokoroEngine(CPU, tmp_path)
    assert engine.voices() == ()
    with pytest.raises(VoiceError) as caught:
        engine.resolve("af_heart", "en")
    assert caught.value.hint == "narrate voices install kokoro"


# Both


@pytest.fixture(params=["piper", "kokoro"])
def engine(request: pytest.FixtureRequest, piper: PiperEngine, kokoro: KokoroEngine) -> Engine:
    return {"piper": piper, "kokoro": kokoro}[request.param]


def test_the_models_noise_is_sown_for_each_sentence(engine: Engine) -> None:
    delivery = Delivery(voice=engine.voices()[-1].id)
    first = engine.speak(DARK, delivery).pcm
    engine.speak("Something else.", delivery)
    assert (engine.speak(DARK, delivery).pcm == first).all()
    other = engine.speak(DARK, delivery, attempt=1).pcm
    assert other.shape == first.shape
    assert (other != first).any()


@pytest.mark.usefixtures("kokoro")
def test_listing_voices_loads_no_model_and_no_onnx(folder: Path) -> None:
    script = """
import sys
from narrate.speech import SpeechOptions, ensemble
door = ensemble(SpeechOptions())
print(len([voice for voice in door.voices() if voice.engine in ("piper", "kokoro")]))
door.fingerprint("piper:en_US-tiny-low")
print([name for name in ("onnxruntime", "piper", "kokoro_onnx", "onnx", "numpy") if name in sys.modules])
"""
    env = os.environ | {"NARRATE_VOICES": str(folder)}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=True)
    assert done.stdout.splitlines() == ["7", "[]"]


@pytest.mark.parametrize(("package", "module"), [("piper", "piper"), ("kokoro", "kokoro_onnx")])
def test_without_the_package_it_is_said_what_to_install(package: str, module: str) -> None:
    script = f"""
import importlib.util as u
find = u.find_spec
u.find_spec = lambda name, *more: None if name == {module!r} else find(name, *more)
from narrate.errors import VoiceError
from narrate.speech import SpeechOptions, ensemble
try:
    ensemble(SpeechOptions(engine={package!r})).resolve("", "en")
except VoiceError as error:
    print(error, "|", error.hint)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip().endswith(f'is not installed | pip install "narrate-road[{package}]"')


def test_cuda_that_is_not_offered_is_an_error_and_auto_goes_without(folder: Path) -> None:
    with pytest.raises(VoiceError, match="no CUDA"):
        PiperEngine(SpeechOptions(device="cuda"), folder / "piper")
    auto = PiperEngine(SpeechOptions(device="auto"), folder / "piper")
    assert auto.fingerprint("en_US-tiny-low") == PiperEngine(CPU, folder / "piper").fingerprint("en_US-tiny-low")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere every worker has a model of its own")
def test_forked_workers_share_the_process_that_holds_the_model(folder: Path) -> None:
    engine = PiperEngine(CPU, folder / "piper")
    assert engine.traits.served
    engine.serve()
    near, far = os.pipe()
    pid = os.fork()
    if pid == 0:
        take = engine.speak(DARK, Delivery(voice="en_US-tiny-low"))
        own = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
        os.write(far, f"{len(take.pcm)} {own}".encode())
        os._exit(0)
    os.close(far)
    with os.fdopen(near, "rb") as line:
        told = line.read().decode().split()
    os.waitpid(pid, 0)
    assert told == [str(len(engine.speak(DARK, Delivery(voice="en_US-tiny-low")).pcm))]


def test_a_worker_without_forks_speaks_too(folder: Path) -> None:
    from narrate.speech.booth import Booth, Part
    from narrate.speech.guard import WorkerGuard
    from narrate.speech.piper import speaker

    guard = WorkerGuard(speaker)
    try:
        booth = Booth(speaker, "cpu", guard)
        file = folder / "piper" / "en_US-tiny-low.onnx"
        part = Part(files=(file, file.with_name(f"{file.name}.json")), speaker="", language="en-US")
        take = booth.speak(DARK, part, Delivery(voice="en_US-tiny-low"), attempt=0)
    finally:
        guard.close()
    here = PiperEngine(CPU, folder / "piper").speak(DARK, Delivery(voice="en_US-tiny-low"))
    assert (take.pcm == here.pcm).all()  # the first sentence of a worker; later ones have other noise

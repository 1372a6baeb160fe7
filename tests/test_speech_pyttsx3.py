"""The real engine: pyttsx3, our driver and espeak-ng, in forked children and in a worker."""

import contextlib
import gc
import hashlib
import itertools
import os
import random
import subprocess
import sys
import time
import types
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from narrate.errors import SpeechError, VoiceError
from narrate.script import Stress, plain, pronounced
from narrate.speech import ENGINES, Delivery, SpeechOptions, ensemble
from narrate.speech.forks import ForkGuard
from narrate.speech.guard import ATTEMPTS, AttemptError, RefusalError, WorkerGuard
from narrate.speech.ipa import SOUNDS, signs_unknown, to_espeak
from narrate.speech.pyttsx3_engine import Pyttsx3Engine
from narrate.speech.rendering import Description, Rendering
from narrate.speech.sayable import sayable
from narrate.speech.speaker import EspeakChoir, EspeakSpeaker, NativeSpeaker, fresh_espeak

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks")

SENTENCES = (
    "We left the harbour before it was light.",
    "“Is the heater on?” she asked, and it wasn’t.",
    "Forty-two kilometres of road lay ahead, and 3 towns.",
    "Rain.",
    "The café in Ærøskøbing — the blue one — opens at 7:30.",
    "Nobody spoke until the bridge; then everybody did!",
)
US = Delivery(voice="gmw/en-US", rate_wpm=160)
WHISPER = Delivery(voice="gmw/en-US+whisper", rate_wpm=160)
ECHO = Delivery(voice="gmw/en-US+robosoft2", rate_wpm=300, pitch=90)
FRENCH = Delivery(voice="roa/fr", rate_wpm=220, pitch=20)


@pytest.fixture(scope="module")
def real():
    return Pyttsx3Engine()


def make_fresh():
    return fresh_espeak


def digest(take) -> str:
    return hashlib.sha256(take.pcm.tobytes() + repr(take.info).encode()).hexdigest()


def said(take, spoken):
    return [spoken[word.spoken_start : word.spoken_end] for word in take.info.words]


def speak_in_a_new_process(sentences, delivery) -> list[str]:
    script = f"""
import hashlib
from narrate.speech import Delivery
from narrate.speech.pyttsx3_engine import Pyttsx3Engine
real = Pyttsx3Engine()
for sentence in {sentences!r}:
    take = real.speak(sentence, {delivery!r})
    print(hashlib.sha256(take.pcm.tobytes() + repr(take.info).encode()).hexdigest())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return done.stdout.split()


def test_every_sentence_is_the_same_in_any_order(real):
    first = {sentence: digest(real.speak(sentence, US)) for sentence in SENTENCES}
    order = list(SENTENCES) * 2
    random.Random(7).shuffle(order)
    assert [digest(real.speak(sentence, US)) for sentence in order] == [first[sentence] for sentence in order]
    assert len(set(first.values())) == len(SENTENCES)


@pytest.mark.parametrize("delivery", [US, WHISPER], ids=["plain", "noisy"])
def test_every_sentence_is_the_same_in_another_process_at_another_time(real, delivery):
    here = [digest(real.speak(sentence, delivery)) for sentence in SENTENCES]
    time.sleep(1.1 if delivery is WHISPER else 0)  # espeak-ng seeds its noise by the second
    assert speak_in_a_new_process(tuple(reversed(SENTENCES)), delivery) == here[::-1]


def test_no_delivery_leaves_a_trace_in_the_next(real):
    deliveries = (US, WHISPER, ECHO, FRENCH)
    alone = {delivery: digest(Pyttsx3Engine().speak(SENTENCES[0], delivery)) for delivery in deliveries}
    for before, after in itertools.permutations(deliveries, 2):
        real.speak(SENTENCES[1], before)
        assert digest(real.speak(SENTENCES[0], after)) == alone[after]
    assert len(set(alone.values())) == len(deliveries)


def test_a_worker_gives_the_same_samples_as_forked_children(real):
    worker = WorkerGuard(make_fresh)
    slow = Pyttsx3Engine(worker)
    deliveries = [US, WHISPER, ECHO, FRENCH, US, US]
    for sentence, delivery in zip(SENTENCES, deliveries, strict=True):
        assert digest(slow.speak(sentence, delivery)) == digest(real.speak(sentence, delivery))
    assert slow.fingerprint("") == real.fingerprint("")
    assert slow.voices() == real.voices()
    worker.close()


def test_every_sentence_sounds(real):
    for sentence in SENTENCES:
        take = real.speak(sentence, US)
        assert take.info.sample_rate == 22050
        assert take.info.frame_count == len(take.pcm) > 0.2 * 22050
        assert np.sqrt(np.mean(take.pcm**2)) > 0.01
        assert np.abs(take.pcm).max() < 1.0


def test_rate_and_pitch_are_heard(real):
    usual = real.speak(SENTENCES[0], US)
    fast = real.speak(SENTENCES[0], Delivery(voice=US.voice, rate_wpm=320))
    high = real.speak(SENTENCES[0], Delivery(voice=US.voice, rate_wpm=160, pitch=90))
    assert 0.4 < fast.info.frame_count / usual.info.frame_count < 0.6
    assert not np.array_equal(high.pcm[:5000], usual.pcm[:5000])


@pytest.mark.parametrize("rate_wpm", [-5, 0, 10_000])
def test_an_impossible_rate_or_pitch_crashes_nothing(real, rate_wpm):
    with contextlib.suppress(SpeechError):
        real.speak(SENTENCES[0], Delivery(voice=US.voice, rate_wpm=rate_wpm, pitch=-rate_wpm))


def test_words_are_named_and_timed_in_order(real):
    sentence = "The café in Ærøskøbing, 😀 by the naïve harbour, opens late."
    take = real.speak(sentence, US)
    assert said(take, sentence) == [
        "The",
        "café",
        "in",
        "Ærøskøbing",
        "😀",
        "by",
        "the",
        "naïve",
        "harbour",
        "opens",
        "late",
    ]
    starts = [word.start for word in take.info.words]
    assert starts == sorted(set(starts))
    assert starts[0] == 0
    ends = [word.start + word.length for word in take.info.words]
    assert ends == [*starts[1:], take.info.frame_count]


def test_a_word_starts_after_the_silence_before_it(real):
    take = real.speak("First. Second.", US)
    second = take.info.words[1]
    quiet = np.abs(take.pcm[second.start - 1500 : second.start - 500])
    loud = np.abs(take.pcm[second.start : second.start + 4000])
    assert quiet.max() < 0.02 < loud.max()


def test_words_are_right_behind_an_endless_one(real):
    sentence = f"Before {'ab' * 100} after all."
    assert said(real.speak(sentence, US), sentence) == ["Before", "ab" * 100, "after", "all"]


@pytest.mark.parametrize(
    "spoken",
    [
        "a",
        "word " * 80,
        "The road goes on. " * 1100,
        "😀",
        "العربية نص قصير",
        "中文句子",
        "nul\0nul",
        "\x01 99P pitch",
        "lone \ud800 surrogate",
        "ab" * 200,
        "bcdfgh" * 60,
        "7" * 400,
        "“",
        "e\u0301te\u0301",
        "\u202emirrored\u202c \u200bzero",
        "Z͓͑ȃ̪l̴g̕o",
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_no_text_crashes(real, spoken):
    try:
        take = real.speak(spoken, US)
    except SpeechError:
        assert not any(map(str.isalnum, spoken))
    else:
        assert take.info.frame_count > 1000


@pytest.mark.parametrize("voice", ["gmw/en-US", "gmq/da", "roa/ro"])
def test_an_endless_word_is_spoken_to_its_end(real, voice):
    delivery = Delivery(voice=voice)
    junk = "".join(random.Random(3).choices("bcdfghjklmnpqrstvwxzaeiou", k=400))
    one, six = (real.speak(text, delivery).info.frame_count for text in (junk[:64], junk))
    assert six > 4 * one


def test_twenty_thousand_characters_are_all_spoken(real):
    once = real.speak("The road goes on.", US).info.frame_count
    assert real.speak("The road goes on. " * 1100, US).info.frame_count > 1100 * once


@pytest.mark.parametrize("spoken", ["", "  \n", "\0", "…", "—"])
def test_what_has_no_sound_is_an_error(real, spoken):
    with pytest.raises(SpeechError):
        real.speak(spoken, US)


def test_an_unspeakable_sentence_is_named(real):
    with pytest.raises(SpeechError, match="“… — …”"):
        real.speak("… — …", US)


def test_markup_in_a_text_is_not_obeyed(real):
    plain = real.speak("So break time 9 s and on.", US).info.frame_count
    marked = real.speak('So <break time="9s"/> and on.', US).info.frame_count
    assert marked < plain + 3 * 22050
    spelled, spoken = (real.speak(text, US) for text in ("[[h@l'oU]] there", "hello there"))
    assert spelled.info.frame_count > 1.5 * spoken.info.frame_count


def test_a_voice_that_does_not_exist_is_named_with_the_sentence(real):
    with pytest.raises(SpeechError, match=r"“Rain\.”.*gmw/none"):
        real.speak("Rain.", Delivery(voice="gmw/none"))


class Troubled(EspeakSpeaker):
    """A speaker that meets with `trouble` in the first `times` processes; a file counts them."""

    def __init__(self, trouble, log: Path, times: int) -> None:
        super().__init__()
        self.trouble, self.log, self.times = trouble, log, times

    def __call__(self, request):
        if request is None:
            return super().__call__(request)
        with self.log.open("a") as log:
            log.write("x")
        if len(self.log.read_text()) <= self.times:
            return self.trouble(super().__call__, request)
        return super().__call__(request)


def crash(_speak, _request):
    os.kill(os.getpid(), 11)


def hang(_speak, _request):
    time.sleep(60)


def hush(speak, request):
    answer = speak(request)
    return answer[: -len(Rendering.from_bytes(answer).pcm)]


def cut(speak, request):
    answer = speak(request)
    return answer[: 3000 - len(Rendering.from_bytes(answer).pcm)]


@pytest.mark.parametrize("trouble", [crash, hush, cut])
def test_trouble_is_met_with_another_attempt(real, tmp_path, trouble):
    troubled = Pyttsx3Engine(ForkGuard(partial(Troubled, trouble, tmp_path / "log", 2)))
    assert digest(troubled.speak(SENTENCES[0], US)) == digest(real.speak(SENTENCES[0], US))


@pytest.mark.parametrize(
    ("trouble", "reason"), [(crash, "SIGSEGV"), (hush, "no sound"), (cut, "too short"), (hang, "no answer within")]
)
def test_lasting_trouble_names_the_sentence(tmp_path, trouble, reason):
    guard = ForkGuard(partial(Troubled, trouble, tmp_path / "log", 99))
    troubled = Pyttsx3Engine(guard, deadline_s=-1.7)
    guard.call(None, deadline_s=30)
    began = time.monotonic()
    with pytest.raises(SpeechError, match=f"“We left the harbour.*”: .*{reason}"):
        troubled.speak(SENTENCES[0], US)
    assert time.monotonic() - began < 5


class Roomless(EspeakSpeaker):
    """A speaker whose driver has no memory for what it hears."""

    def __call__(self, request):
        from narrate.speech import espeak_driver

        def fail(*_):
            raise MemoryError("no room for the sound")

        espeak_driver.ctypes.string_at = fail
        return super().__call__(request)


def test_an_error_in_the_drivers_callback_is_not_swallowed():
    with pytest.raises(SpeechError, match="no room for the sound"):
        Pyttsx3Engine(ForkGuard(Roomless)).speak(SENTENCES[0], US)


def ended_children() -> set[str]:
    """Children of this process that ended and that nobody has waited for: other tests in it may leave some."""
    children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    stats = {pid: Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] for pid in children}
    return {pid for pid, state in stats.items() if state == "Z"}


def test_speaking_leaves_no_process_and_no_descriptor(real):
    real.speak("Rain.", US)
    gc.collect()  # the servers of other tests
    before, others = len(list(Path("/proc/self/fd").iterdir())), ended_children()
    for _ in range(200):
        real.speak("Rain.", US)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert ended_children() <= others


class Telling(EspeakSpeaker):
    """A speaker that notes which process speaks, and which made it."""

    def __init__(self, log: Path) -> None:
        super().__init__()
        maker = os.getpid()

        def note(**_):
            with log.open("a") as file:
                file.write(f"{os.getpid()} {maker}\n")

        self._engine.connect("started-utterance", note)


def test_every_utterance_is_spoken_in_a_process_that_has_never_spoken(tmp_path):
    log = tmp_path / "log"
    speaking = Pyttsx3Engine(ForkGuard(partial(Telling, log)))
    speaking.voices()
    for _ in range(3):
        speaking.speak("Rain.", US)
    spoke, made = zip(*(line.split() for line in log.read_text().splitlines()), strict=True)
    assert len(set(spoke)) == 3
    assert not set(spoke) & set(made)


def test_sentences_that_share_a_child_sound_as_they_do_alone(real):
    breathy, klatt = Delivery(voice="gmw/en-US+f2"), Delivery(voice="gmw/en-US+klatt", rate_wpm=120)
    lines = [(SENTENCES[0], how) for how in (US, WHISPER, FRENCH, breathy, klatt, ECHO, US, WHISPER)]
    assert len(lines) == real.traits.batch
    alone = [digest(real.speak(*line)) for line in lines]
    assert [digest(take) for take in real.speak_all(lines)] == alone
    assert [digest(take) for take in real.speak_all(lines[::-1])] == alone[::-1]


class Quarrelling(EspeakChoir):
    """A choir that cannot sing together."""

    def __init__(self, trouble: str) -> None:
        super().__init__()
        self.trouble = trouble

    def prepare(self, request):
        if isinstance(request, tuple) and self.trouble == "no second library":
            raise VoiceError("this espeak-ng cannot be loaded twice")
        super().prepare(request)

    def __call__(self, request):
        if isinstance(request, tuple):
            if self.trouble == "crash":
                os.kill(os.getpid(), 11)
            hushed = (replace(request[0], text=" "), *request[1:])
            return super().__call__(hushed)
        return super().__call__(request)


@pytest.mark.parametrize("trouble", ["no second library", "crash", "one is not heard"])
def test_sentences_that_come_to_nothing_in_company_are_spoken_alone(real, trouble):
    quarrelling = Pyttsx3Engine(ForkGuard(partial(Quarrelling, trouble)))
    lines = [(sentence, US) for sentence in SENTENCES[:3]]
    assert [digest(take) for take in quarrelling.speak_all(lines)] == [digest(real.speak(*line)) for line in lines]


def test_the_voices_of_the_machine_are_listed(real):
    voices = {voice.id: voice for voice in real.voices()}
    us = voices["gmw/en-US"]
    assert (us.name, us.language, us.engine) == ("English (America)", "en-US", "pyttsx3")
    assert voices["gmw/en"].language == "en-GB"
    assert not any(voice.startswith("mb/") for voice in voices)
    assert len(voices) > 100


def test_a_voice_without_a_dictionary_is_not_listed(real):
    assert not {"gmq/fo", "trk/kaa", "art/xex"} & {voice.id for voice in real.voices()}
    assert {"gmq/nb", "ine/hyw", "bat/ltg"} <= {voice.id for voice in real.voices()}


def test_listing_does_not_change_what_is_spoken():
    quiet = Pyttsx3Engine()
    before = digest(quiet.speak(SENTENCES[0], US))
    quiet.voices()
    quiet.resolve("en-us+f3", "en")
    assert digest(quiet.speak(SENTENCES[0], US)) == before


def test_the_second_voice_speaks_and_is_another(real):
    second = real.second(US.voice)
    assert second == f"{US.voice}+f4"
    assert digest(real.speak("Rain.", Delivery(voice=second))) != digest(real.speak("Rain.", US))


@pytest.mark.parametrize(
    ("wanted", "language", "expected"),
    [("", "en", "gmw/en-US"), ("", "en-GB", "gmw/en"), ("", "fr-CA", "roa/fr"), ("en-us+f3", "", "gmw/en-US+f3")],
)
def test_a_resolved_voice_can_be_spoken_with(real, wanted, language, expected):
    voice = real.resolve(wanted, language)
    assert voice.id == expected
    real.speak("Rain.", Delivery(voice=voice.id))


class Mortal:
    """A guard whose process dies `deaths` times before it answers, or that refuses."""

    def __init__(self, *, deaths: int = 0, refuses: bool = False) -> None:
        self.deaths, self.refuses, self.asked = deaths, refuses, 0

    def call(self, request: object, *, deadline_s: float) -> bytes:  # noqa: ARG002
        self.asked += 1
        if self.refuses:
            raise RefusalError("no data")
        if self.asked <= self.deaths:
            raise AttemptError("the engine died of SIGKILL")
        return Description(fingerprint="mortal 1", voices=()).to_bytes()


def test_a_listing_of_voices_that_is_killed_is_asked_for_again():
    mortal = Mortal(deaths=ATTEMPTS - 1)
    assert Pyttsx3Engine(mortal).fingerprint("").startswith("mortal 1")
    assert mortal.asked == ATTEMPTS


@pytest.mark.parametrize(("guard", "asked"), [(Mortal(deaths=99), ATTEMPTS), (Mortal(refuses=True), 1)])
def test_a_listing_that_never_comes_is_an_error(guard, asked):
    with pytest.raises(VoiceError, match="cannot list its voices"):
        Pyttsx3Engine(guard).voices()
    assert guard.asked == asked


def test_an_unknown_voice_is_an_error_with_a_hint(real):
    with pytest.raises(VoiceError) as caught:
        real.resolve("english (amerika)", "en")
    assert "gmw/en-US" in caught.value.hint


def test_the_fingerprint_names_what_decides_the_samples(real):
    assert real.fingerprint("").startswith("pyttsx3: espeak-ng 1.")
    assert "data " in real.fingerprint("")
    assert real.fingerprint("") == Pyttsx3Engine().fingerprint("")


def test_an_unknown_engine_is_an_error():
    assert "pyttsx3" in ENGINES
    with pytest.raises(VoiceError, match="no speech engine called “hal”"):
        ensemble(SpeechOptions(engine="hal")).resolve("", "en")


def test_importing_the_stage_loads_neither_numpy_nor_pyttsx3():
    script = (
        "import sys, narrate.speech; print([name for name in ('numpy', 'pyttsx3', 'ctypes') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


def test_an_engine_that_only_lists_and_speaks_in_children_loads_no_numpy():
    script = "import sys; from narrate.speech import SpeechOptions, ensemble; "
    script += "ensemble(SpeechOptions()).fingerprint('en'); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "False"


def run_engine(prelude: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A program that speaks; every Python process that it starts runs `prelude` first."""
    (folder / "sitecustomize.py").write_text(f"import sys\n{prelude}\n")
    script = """
from narrate.errors import VoiceError
from narrate.speech import Delivery
from narrate.speech.pyttsx3_engine import Pyttsx3Engine
try:
    real = Pyttsx3Engine()
    take = real.speak("Rain.", Delivery(voice=real.resolve("", "en").id))
    print("spoken", take.info.frame_count > 2000, real.fingerprint(""))
    assert not any(voice.id.startswith("mb/") for voice in real.voices())
except VoiceError as error:
    print(error, "|", error.hint)
"""
    env = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, env=env, check=True
    )


def test_without_the_wheel_the_systems_espeak_is_used_or_its_lack_explained(tmp_path):
    done = run_engine("sys.modules['espeakng_loader'] = None", tmp_path)
    assert done.stdout.startswith("spoken True") or "pip install espeakng-loader" in done.stdout


def test_without_any_espeak_it_is_said_what_to_install(tmp_path):
    done = run_engine(
        "sys.modules['espeakng_loader'] = None\n"
        "import ctypes\n"
        "def missing(path): raise OSError(path)\n"
        "vars(ctypes.cdll)['LoadLibrary'] = missing",
        tmp_path,
    )
    assert done.stdout.startswith("espeak-ng is not on this machine | pip install espeakng-loader")
    assert done.stderr == ""


def test_data_without_voices_does_not_end_the_process(tmp_path):
    import espeakng_loader

    (tmp_path / "espeak-ng-data").mkdir()
    done = run_engine(
        "import espeakng_loader\n"
        f"espeakng_loader.get_data_path = lambda: {str(tmp_path / 'espeak-ng-data')!r}\n"
        f"espeakng_loader.get_library_path = lambda: {espeakng_loader.get_library_path()!r}",
        tmp_path,
    )
    assert "espeak-ng finds no data" in done.stdout


def test_a_deep_folder_is_no_hindrance(tmp_path, real):
    """espeak-ng keeps the path of its data in 160 bytes."""
    import espeakng_loader

    deep = tmp_path / ("d" * 200)
    deep.mkdir()
    (deep / "espeak-ng-data").symlink_to(espeakng_loader.get_data_path())
    done = run_engine(
        f"import espeakng_loader; espeakng_loader.get_data_path = lambda: {str(deep / 'espeak-ng-data')!r}",
        tmp_path,
    )
    assert done.stdout.strip() == f"spoken True {real.fingerprint('')}"


class Sapi5:
    """A pyttsx3 driver that behaves as SAPI 5's: a file is written before `save_to_file` returns."""

    languages = ("en-US", "Unknown Locale: 4096")
    kind = ("wav", "pcm_s16le")

    def __init__(self, proxy):
        self.proxy, self.rate = proxy, 200

    def getProperty(self, _name):
        from pyttsx3.voice import Voice

        genders = ("Female", None)
        return [
            Voice(id=f"tts-{number}", name=f"Fern {number}", languages=[language], gender=gender)
            for number, (language, gender) in enumerate(zip(self.languages, genders, strict=True))
        ]

    def setProperty(self, name, value):
        if name == "voice" and value not in ("tts-0", "tts-1"):
            raise ValueError("no voice " + value)
        self.rate = value if name == "rate" else self.rate

    def save_to_file(self, text, filename):
        self.write(text, filename)

    def write(self, text, filename):
        """A tone for each word; what would be a command is a pause."""
        from narrate.process import ffmpeg_path, run

        assert filename.endswith(f".{self.kind[0]}"), filename
        length = round(11025 * 0.4 * 160 / self.rate)
        tone = np.sin(np.arange(length) * 0.2) * 9000
        words = [tone * 0 if word.startswith(("[[", "<")) else tone for word in text.split()]
        command = [ffmpeg_path(), "-v", "error", "-y", "-f", "s16le", "-ar", "11025", "-ac", "1", "-i", "pipe:0"]
        run(
            [*command, "-c:a", self.kind[1], filename],
            timeout_s=20,
            stdin=np.concatenate(words).astype("<i2").tobytes(),
        )

    def startLoop(self):
        self.proxy.setBusy(False)

    def endLoop(self):
        pass

    def stop(self):
        pass

    def destroy(self):
        pass


class Nsss(Sapi5):
    """One that behaves as NSSS': AIFF, written while a loop runs, which ends when the system says that it is done."""

    languages = ("en_US", "de_DE")
    kind = ("aiff", "pcm_s16be")

    def __init__(self, proxy):
        super().__init__(proxy)
        self.waiting, self.runs = [], False

    def save_to_file(self, text, filename):
        self.proxy.setBusy(True)
        self.waiting.append((text, filename))

    def startLoop(self):
        self.runs = True
        self.proxy.setBusy(False)
        while self.runs:
            self.write(*self.waiting.pop(0))
            self.proxy.notify("finished-utterance", completed=True)
            self.proxy.setBusy(False)

    def endLoop(self):
        self.runs = False


def native(driver: type[Sapi5]) -> NativeSpeaker:
    module = types.ModuleType("pyttsx3.drivers.fake_native")
    module.buildDriver = driver
    sys.modules[module.__name__] = module
    return NativeSpeaker("fake_native")


def on_windows() -> NativeSpeaker:
    return native(Sapi5)


def on_macos() -> NativeSpeaker:
    sys.platform = "darwin"  # in a worker: it has no other guest
    return native(Nsss)


@pytest.mark.parametrize(
    ("make", "languages"), [(on_windows, ["en-US", "und"]), (on_macos, ["en-US", "de-DE"])], ids=["SAPI 5", "NSSS"]
)
def test_the_speech_of_an_operating_system_is_read_back_from_files_in_a_process_of_its_own(make, languages):
    worker = WorkerGuard(make)
    engine = Pyttsx3Engine(worker, deadline_s=20)
    try:
        voices = engine.voices()
        assert [(voice.id, voice.gender) for voice in voices] == [("tts-0", "female"), ("tts-1", "")]
        assert [voice.language for voice in voices] == languages
        assert "fake_native" in engine.fingerprint("tts-0")
        how = Delivery(voice="tts-0", rate_wpm=160)
        takes = [engine.speak(text, how) for text in ("Rain fell.", "It fell all night.", "Rain fell.")]
        lengths_s = [take.info.frame_count / take.info.sample_rate for take in takes]
        assert lengths_s == pytest.approx([0.8, 1.6, 0.8], abs=0.05)
        assert digest(takes[0]) == digest(takes[2])
        assert takes[0].info.remarks.estimated
        slow = engine.speak("Rain fell.", Delivery(voice="tts-0", rate_wpm=80))
        assert slow.info.frame_count == pytest.approx(2 * takes[0].info.frame_count, rel=0.05)
        for command, words in (("[[slnc 9000]] fell.", 3), ("<silence/> fell.", 2)):
            said = engine.speak(command, how).info
            assert said.frame_count / said.sample_rate == pytest.approx(0.4 * words, abs=0.05)
        with pytest.raises(SpeechError, match="no voice other"):
            engine.speak("Rain fell.", Delivery(voice="other"))
    finally:
        worker.close()


def test_a_worker_survives_a_crash_of_its_engine(real):
    worker = WorkerGuard(make_fragile)
    fragile = Pyttsx3Engine(worker, deadline_s=20)
    with pytest.raises(SpeechError, match="“Crash here"):
        fragile.speak("Crash here.", US)
    assert digest(fragile.speak(SENTENCES[0], US)) == digest(real.speak(SENTENCES[0], US))
    worker.close()


def make_fragile():
    def speak(request):
        if request is not None and request.text.startswith("Crash"):
            os.kill(os.getpid(), 11)
        return fresh_espeak(request)

    return speak


@pytest.mark.parametrize("spoken", ["plain words", "", "a" * 64, "日" * 40], ids=len)
def test_ordinary_text_is_given_to_the_engine_as_it_is(spoken):
    assert sayable(spoken).text == spoken


def test_places_are_found_again_behind_inserted_spaces():
    spoken = "x " + "a" * 200 + " end " + "日" * 90
    words = sayable(spoken)
    assert words.text.replace(" ", "") == spoken.replace(" ", "")
    assert max(map(len, words.text.split())) == 64
    for position, character in enumerate(words.text):
        if position not in words.inserted:
            assert spoken[words.place(position)] == character


def test_control_characters_become_spaces_one_for_one():
    assert sayable("a\0b\x01c\x9fd\ud800e\ue000").text == "a b c d e "


def test_a_megabyte_without_a_space_is_divided_in_no_time():
    began = time.monotonic()
    assert len(sayable("a" * 1_000_000).inserted) == 15_624
    assert time.monotonic() - began < 1


def test_the_essay_is_spoken_whole(real):
    essay = Path(__file__).parents[2] / "shared/essay/but-at-that-moment.txt"
    if not essay.exists():
        pytest.skip("the essay is not beside this checkout")
    import sentencex

    paragraphs = (line for line in essay.read_text(encoding="utf-8").split("\n") if line.strip())
    sentences = [text.strip() for line in paragraphs for text in sentencex.segment("en", line) if text.strip()]
    duration_s = sum(real.speak(sentence, US).info.frame_count for sentence in sentences) / 22050
    assert 1085 < duration_s < 1097


def test_where_no_process_can_be_started_it_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(VoiceError, match=r"cannot be started: .*No such file"):
        Pyttsx3Engine()


# Words that carry phonemes, from the lexicon.


def phonemes(word: str, said: str) -> str:
    return f"met {pronounced(word, said)} there."


def pcm(real, spoken: str, voice: str = "gmw/en-US") -> bytes:
    return real.speak(spoken, Delivery(voice=voice)).pcm.tobytes()


def test_phonemes_are_heard_and_not_the_letters(real):
    ipa, engine = pcm(real, phonemes("Xyz", "kəˈfuːkuː")), pcm(real, phonemes("Xyz", "[[k@f'u:ku:]]"))
    assert ipa == engine, "the same sounds by either alphabet"
    assert ipa == pcm(real, phonemes("Other", "kəˈfuːkuː"))
    assert ipa != pcm(real, "met Xyz there.")


def test_brackets_of_the_author_stay_unheard_beside_phonemes_of_the_lexicon(real):
    line = phonemes("Xyz", "[[k@f'u:ku:]]")
    assert pcm(real, f"[[s'e@]] {line}") == pcm(real, f"  s'e@   {line}")


def test_phonemes_behind_a_bracket_are_not_lost(real):
    said = "[[k@f'u:ku:]]"
    assert len(pcm(real, f"({pronounced('X', said)})")) > 0.8 * len(pcm(real, pronounced("X", said)))


def test_a_word_with_phonemes_stands_where_the_word_stands(real):
    spoken = f'He said "{pronounced("Kafuku", "kəˈfuːkuː")}" twice.'
    words = real.speak(spoken, Delivery(voice="gmw/en-US")).info.words
    shown = [plain(spoken[word.spoken_start : word.spoken_end]) for word in words]
    assert shown == ["He", "said", "Kafuku", "twice"]


def test_a_voice_without_names_for_the_sounds_says_the_word(real):
    assert pcm(real, phonemes("Kafuku", "kəˈfuːkuː"), "jpx/ja") == pcm(real, "met Kafuku there.", "jpx/ja")


@pytest.mark.parametrize("voice", ["gmw/en-US", "gmw/en", "gmw/de", "roa/fr", "roa/es", "roa/it"])
def test_every_phonetic_sign_has_a_sound_that_does_not_end_the_word(real, voice):
    short = len(pcm(real, pronounced("x", "mˈamamama"), voice))
    for sign in SOUNDS:
        if sign not in "ˈˌ'":
            assert len(pcm(real, pronounced("x", f"mˈama{sign}mama"), voice)) > 0.9 * short, sign


def test_ipa_is_read_with_its_lengths_ties_and_stresses() -> None:
    assert to_espeak("t͡ʃaɪ", "en") == "tS|aI"
    assert to_espeak("kəˈfu:ku", "en") == "k|@|'f|u:|k|u:"
    assert to_espeak("vɛ̃ blɑ̃", "fr") == "v|E~ b|l|A~"
    assert (to_espeak("ʘ", "en"), to_espeak("a", "ja")) == (None, None)
    assert signs_unknown("aʘbʘǃ") == "ʘǃ"


# Words that the author stressed.


def stressed(word: str, stress: Stress) -> str:
    return f"I think he {stress}{word} {Stress.END}there before you."


def heard(real, spoken: str, voice: str, word: int) -> tuple[float, float]:
    """How long a word is, in seconds, and its level, in dB."""
    take = real.speak(spoken, Delivery(voice=voice))
    found = take.info.words[word]
    samples = take.pcm[found.start : found.start + found.length]
    return found.length / take.info.sample_rate, 10 * np.log10(np.mean(samples**2))


@pytest.mark.parametrize("voice", ["gmw/en-US", "gmw/en", "roa/fr", "gmw/de+f4"])
def test_what_the_author_stressed_is_longer_and_louder(real, voice):
    plain_s, plain_db = heard(real, "I think he was there before you.", voice, 3)
    long_s, loud_db = heard(real, stressed("was", Stress.EMPHASIS), voice, 3)
    _, louder_db = heard(real, stressed("was", Stress.STRONG), voice, 3)
    assert long_s > 1.1 * plain_s
    assert plain_db < loud_db < louder_db


def test_words_around_a_stressed_one_stand_where_they_stand(real):
    spoken = f'Yes, "{Stress.STRONG}{pronounced("Oto", "oˈto")}" {Stress.END}came, {Stress.EMPHASIS}did he?'
    words = real.speak(spoken, Delivery(voice="gmw/en-US")).info.words
    shown = [plain(spoken[word.spoken_start : word.spoken_end]) for word in words]
    assert shown == ["Yes", "Oto", "came", "did", "he"]


def test_a_voice_of_another_engine_is_given_the_words_alone():
    assert sayable(stressed("was", Stress.STRONG)).text == "I think he was there before you."

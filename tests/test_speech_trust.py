"""What neural voices do wrong is noticed, spoken again, and told: skipping, babbling, silence, clipping, a second
end."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from conftest import Desk, timeline
from fake_engine import FakeEngine
from narrate.errors import SpeechError, VoiceError
from narrate.script import plain, pronounced
from narrate.speech import Delivery, SpeechOptions, ensemble
from narrate.speech.doubts import CALIBRATION, doubts, letters, pace_of
from narrate.speech.guard import AttemptError, WorkerGuard
from narrate.speech.options import Verify
from narrate.speech.pyttsx3_engine import Pyttsx3Engine
from narrate.speech.trust import ATTEMPTS, Trust, _divided
from narrate.speech.verify import Hearing, Listener, distance, model_files, normalised, recogniser
from narrate.take import Take

US = Delivery(voice="gmw/en-US")
LONG = "We drove all night through the rain, and nobody said a word until the sun came up over the sea."


@pytest.fixture(scope="module")
def spoken() -> Take:
    return Pyttsx3Engine().speak(LONG, US)


@pytest.fixture(scope="module")
def pace() -> float:
    return pace_of(Pyttsx3Engine().speak(CALIBRATION["en"], US), CALIBRATION["en"])


def with_samples(take: Take, samples: np.ndarray) -> Take:
    words = tuple(word for word in take.info.words if word.start + word.length <= len(samples))
    return replace(take, pcm=samples, info=replace(take.info, frame_count=len(samples), words=words))


def skipped(take: Take) -> Take:
    return with_samples(take, take.pcm[: len(take.pcm) // 4])


def babbled(take: Take) -> Take:
    """With something else behind it, one and a half times as long."""
    return with_samples(take, np.concatenate([take.pcm, take.pcm[::-1], take.pcm[::-2]]))


def fallen_silent(take: Take) -> Take:
    middle = len(take.pcm) // 2
    return with_samples(take, np.concatenate([take.pcm[:middle], np.zeros((40_000, 1), np.float32), take.pcm[middle:]]))


def clipped(take: Take) -> Take:
    return with_samples(take, np.clip(take.pcm * 20, -1, 1))


def said_twice(take: Take) -> Take:
    noise = np.random.default_rng(1).normal(0, 0.002, take.pcm.shape).astype(np.float32)
    end = take.pcm[-30_000:] * np.float32(0.9) + noise[-30_000:]
    return with_samples(take, np.concatenate([take.pcm, end]))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (skipped, "only 0.2 times as long"),
        (babbled, "times as long as this voice takes"),
        (fallen_silent, "s of silence inside"),
        (clipped, "of it clipped"),
        (said_twice, "its last 1.4 s sound like those before"),
    ],
)
def test_each_fault_is_noticed(spoken: Take, pace: float, fault: Callable[[Take], Take], told: str) -> None:
    found = doubts(fault(spoken), LONG, pace=pace, rate_wpm=175)
    assert any(told in each.what for each in found), found
    assert all(each.weight > 1 for each in found)


@pytest.mark.parametrize("rate_wpm", [80, 450])
@pytest.mark.parametrize("fault", [lambda take: with_samples(take, take.pcm[: len(take.pcm) // 2]), babbled])
def test_at_any_tempo_half_a_sentence_and_a_second_one_are_noticed(rate_wpm: int, fault) -> None:
    how = replace(US, rate_wpm=rate_wpm)
    take = Pyttsx3Engine().speak(LONG, how)
    pace = pace_of(Pyttsx3Engine().speak(CALIBRATION["en"], how), CALIBRATION["en"])
    assert doubts(take, LONG, pace=pace, rate_wpm=rate_wpm) == ()
    assert doubts(fault(take), LONG, pace=pace, rate_wpm=rate_wpm)


def test_a_good_take_is_not_doubted_nor_one_whose_words_repeat(spoken: Take, pace: float) -> None:
    assert doubts(spoken, LONG, pace=pace, rate_wpm=175) == ()
    words = "He called her name, he called her name."
    assert doubts(Pyttsx3Engine().speak(words, US), words, pace=None, rate_wpm=175) == ()


def test_digits_signs_and_abbreviations_are_more_to_say_than_they_show() -> None:
    assert letters("In 1984") == 2 + 16
    assert letters("5 %") == 4 + 5
    assert letters("the BBC") == 3 + 7.5
    assert letters(pronounced("Oto", "oːtoː")) == 3


# Speaking again


class Wobbly(FakeEngine):
    """Its takes of `sentence` are spoilt by `faults`, one an attempt; other sentences come out well."""

    def __init__(self, sentence: str, faults: list[Callable[[Take], Take] | None]) -> None:
        super().__init__()
        self.traits = replace(self.traits, varies=True)
        self.sentence, self.faults = sentence, faults
        self.asked: list[tuple[str, int]] = []

    def speak(self, spoken: str, delivery: Delivery, *, attempt: int = 0) -> Take:
        self.asked.append((spoken, attempt))
        take = super().speak(spoken, delivery)
        fault = self.faults[attempt] if spoken == self.sentence else None
        return fault(take) if fault else take


LOW = Delivery(voice="fake/low")


def test_a_doubtful_take_is_spoken_anew_until_it_is_good() -> None:
    engine = Wobbly(LONG, [skipped, clipped, None])
    take = Trust(engine).speak(LONG, LOW)
    assert take.info.remarks.attempts == 3
    assert take.info.remarks.doubt == ""
    assert [attempt for text, attempt in engine.asked if text == LONG] == [0, 1, 2]


def test_what_stays_doubtful_is_spoken_in_two_parts_with_its_words_in_place() -> None:
    engine = Wobbly(LONG, [skipped] * ATTEMPTS)
    take = Trust(engine).speak(LONG, LOW)
    assert (take.info.remarks.attempts, take.info.remarks.doubt) == (4, "")
    said = [LONG[word.spoken_start : word.spoken_end] for word in take.info.words]
    assert said == LONG.split()
    assert take.info.words[-1].start + take.info.words[-1].length <= take.info.frame_count == len(take.pcm)


def test_when_nothing_helps_the_least_doubtful_is_kept_and_said_to_be_so() -> None:
    short = "We drove all night through rain."
    engine = Wobbly(short, [fallen_silent, clipped, skipped])
    take = Trust(engine).speak(short, LOW)
    assert take.info.remarks.attempts == 3
    assert take.info.remarks.doubt
    assert len(take.pcm) != len(clipped(take).pcm) // 4
    assert Trust(Wobbly(short, [fallen_silent, clipped, skipped])).speak(short, LOW).info == take.info


def test_what_is_decided_does_not_depend_on_what_was_spoken_before() -> None:
    others = ["One word.", "Another sentence, somewhat longer than the first.", "0123456789 0123456789"]
    first = Trust(Wobbly(LONG, [skipped, None])).speak(LONG, LOW)
    trust = Trust(Wobbly(LONG, [skipped, None]))
    for each in others:
        trust.speak(each, LOW)
    last = trust.speak(LONG, LOW)
    assert (first.pcm == last.pcm).all()
    assert first.info == last.info


def test_an_engine_that_does_not_vary_is_spoken_with_once() -> None:
    engine = Wobbly(LONG, [skipped] * 3)
    engine.traits = replace(engine.traits, varies=False)
    Trust(engine).speak(LONG, LOW)
    assert engine.asked == [(LONG, 0)]


def test_an_utterance_longer_than_the_engine_takes_is_spoken_in_parts() -> None:
    engine = Wobbly("", [])
    engine.traits = replace(engine.traits, varies=False, longest=40)
    take = Trust(engine).speak(LONG, LOW)
    assert max(len(text) for text, _ in engine.asked) <= 40
    assert "".join(text for text, _ in engine.asked).replace(" ", "") == LONG.replace(" ", "")
    assert [LONG[word.spoken_start : word.spoken_end] for word in take.info.words] == LONG.split()


def test_a_word_with_phonemes_is_not_cut() -> None:
    word = pronounced("Oto and Kafuku", "ˈoʊtoʊ ænd kəˈfuːkuː")
    for lead in ("", "Then ", "Then we saw that "):
        for _, part in _divided(f"{lead}{word} went home again that evening."):
            assert plain(part) == part or word in part


def test_an_engine_that_cannot_speak_is_an_error_at_once() -> None:
    engine = Wobbly("", [])
    engine.failing = [LONG]
    with pytest.raises(SpeechError):
        Trust(engine).speak(LONG, LOW)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda take: replace(take, pcm=np.repeat(take.pcm, 2, axis=1)), "the shape"),
        (lambda take: replace(take, pcm=take.pcm * np.float32("nan")), "no numbers"),
        (lambda take: replace(take, info=replace(take.info, sample_rate=0)), "a sample rate of 0 Hz"),
        (lambda take: replace(take, info=replace(take.info, words=take.info.words[::-1])), "overlap"),
        (lambda take: replace(take, pcm=take.pcm * 0), "nothing but silence"),
        (lambda _: 1 / 0, "fake failed (ZeroDivisionError: division by zero)"),
    ],
)
def test_what_another_packages_engine_does_wrong_is_one_line_that_names_the_sentence(spoil, told: str) -> None:
    for varies in (False, True):
        engine = Wobbly("Rain falls.", [spoil])
        engine.traits = replace(engine.traits, varies=varies)
        with pytest.raises(SpeechError, match=r"“Rain falls\.”") as caught:
            Trust(engine).speak("Rain falls.", LOW)
        assert told in str(caught.value)


def test_a_voice_that_cannot_say_the_sentence_it_is_measured_by_speaks_all_the_same() -> None:
    engine = Wobbly("", [])
    engine.failing = [CALIBRATION["en"]]
    take = Trust(engine).speak(LONG, LOW)
    assert (take.info.remarks.attempts, take.info.remarks.doubt) == (1, "")


def test_a_norm_is_not_taken_from_a_take_that_is_odd_itself() -> None:
    engine = Wobbly(CALIBRATION["en"], [said_twice, None])
    take = Trust(engine).speak(LONG, LOW)
    assert (take.info.remarks.attempts, take.info.remarks.doubt) == (1, "")
    assert [attempt for text, attempt in engine.asked if text == CALIBRATION["en"]] == [0, 1]


def test_a_batch_leaves_out_what_is_longer_than_the_engine_takes() -> None:
    class Batching(FakeEngine):
        def __init__(self) -> None:
            super().__init__()
            self.traits = replace(self.traits, batch=3, longest=40)

        def speak_all(self, lines):
            return [self.speak(*line) for line in lines]

    engine = Batching()
    takes = Trust(engine).speak_all([("One.", LOW), (LONG, LOW), ("Two.", LOW)])
    assert max(len(text) for text, _ in engine.spoken) <= 40
    said = [LONG[word.spoken_start : word.spoken_end] for word in takes[1].info.words]
    assert said == LONG.split()
    assert [take.info.words[0].spoken_end for take in (takes[0], takes[2])] == [4, 4]


def test_a_book_tells_which_takes_are_doubtful(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from typer.testing import CliRunner

    from narrate.cli.app import app

    short = "We drove all night through rain."
    engine = Wobbly(short, [fallen_silent] * 3)
    desk.engine = engine
    monkeypatch.setitem(__import__("narrate.speech").speech.ENGINES, "fake", lambda _: engine)
    desk.write(f"Good night to all of you.\n\n{short}\n")
    folder = desk.build().folder
    cue = next(cue for cue in timeline(folder)[0]["cues"] if cue.get("text") == short)
    assert cue["attempts"] == 3
    assert "s of silence inside" in cue["doubt"]
    told = CliRunner().invoke(app, ["inspect", str(folder)]).stdout
    assert "takes to listen to" in told
    assert short in told
    planned = ["plan", str(desk.source), "--out", str(desk.folder / "shelf"), "--store", str(desk.folder / "store")]
    told = CliRunner().invoke(app, [*planned, "--engine", "fake"]).stdout
    assert "warning: c001-" in told
    assert "s of silence inside" in told


# Verified by a recogniser


class Hears:
    """A guard whose recogniser hears what it is told to; None for one that fails."""

    def __init__(self, *heard: str | None) -> None:
        self.heard = list(heard)
        self.requests: list[Hearing] = []

    def call(self, request: Hearing, *, deadline_s: float) -> bytes:
        assert deadline_s > 0
        self.requests.append(request)
        text = self.heard.pop(0)
        if text is None:
            raise AttemptError("gone")
        return text.encode()


def verified(engine: FakeEngine, *heard: str | None) -> Trust:
    return Trust(engine, Listener(Verify(model="", worst=0.3), Hears(*heard)))


def test_the_share_of_words_heard_otherwise_is_told() -> None:
    engine = Wobbly("", [])
    take = verified(engine, "Rain fell on a roof").speak("Rain fell on the roof.", LOW)
    assert take.info.remarks.word_error_rate == pytest.approx(0.2)
    assert (take.info.remarks.attempts, take.info.remarks.doubt) == (1, "")


def test_what_is_heard_as_something_else_is_spoken_again() -> None:
    engine = Wobbly("", [])
    take = verified(engine, "blah blah blah", "rain fell on the roof").speak("Rain fell on the roof.", LOW)
    assert (take.info.remarks.word_error_rate, take.info.remarks.attempts) == (0, 2)
    worst = verified(engine, "a", "rain", "b").speak("Rain fell on the roof.", LOW).info.remarks
    assert worst.word_error_rate == pytest.approx(0.8)
    assert worst.doubt == "80% of its words heard otherwise"


def test_a_recogniser_that_fails_stops_nothing() -> None:
    take = verified(Wobbly("", []), None).speak("Rain fell.", LOW)
    assert take.info.remarks.word_error_rate is None
    assert take.info.remarks.attempts == 1


def test_an_engine_that_does_not_vary_is_only_measured() -> None:
    engine = FakeEngine()
    take = verified(engine, "something else").speak("Rain fell.", LOW)
    assert take.info.remarks.word_error_rate == 1.0
    assert len(engine.spoken) == 1


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("It’s 1984, he said.", "it's one thousand nine hundred eighty four he said", "en"),
        ("SEVEN, eight – nine!", "7 8 9", "en"),
        ("Um 7 Uhr", "um sieben uhr", "de"),
    ],
)
def test_what_sounds_the_same_is_compared_as_the_same(one: str, other: str, language: str) -> None:
    assert normalised(one, language) == normalised(other, language)


def test_words_left_out_put_in_and_changed_count_one_each() -> None:
    assert distance(["a", "b", "c", "d"], ["a", "x", "c", "d", "e"]) == 2
    assert distance([], ["a"]) == 1
    assert distance(["a", "b"], []) == 2


def test_verifying_is_part_of_the_key_and_its_lack_is_told(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="no model of speech recognition"):
        ensemble(SpeechOptions(verify=Verify(model=str(tmp_path)))).fingerprint("gmw/en-US")
    write_recogniser(tmp_path)
    plainly = ensemble(SpeechOptions()).fingerprint("gmw/en-US")
    heard = ensemble(SpeechOptions(verify=Verify(model=str(tmp_path)))).fingerprint("gmw/en-US")
    assert heard.startswith(plainly)
    assert "heard by sherpa-onnx" in heard


def test_files_of_a_model_are_told_by_their_names(tmp_path: Path) -> None:
    for name in ("tiny.en-tokens.txt", "tiny.en-encoder.onnx", "tiny.en-encoder.int8.onnx", "tiny.en-decoder.onnx"):
        (tmp_path / name).write_bytes(b"")
    found = {part: path.name for part, path in model_files(tmp_path).items()}
    assert found == {
        "tokens": "tiny.en-tokens.txt",
        "encoder": "tiny.en-encoder.int8.onnx",
        "decoder": "tiny.en-decoder.onnx",
    }
    (tmp_path / "tiny.en-decoder.onnx").unlink()
    with pytest.raises(VoiceError):
        model_files(tmp_path)


def write_recogniser(folder: Path) -> None:
    """A model for sherpa-onnx, as NeMo's CTC models are: it hears “rain” in whatever sounds."""
    import onnx
    from onnx import TensorProto, helper

    words = ["\u2581rain", "\u2581snow", "<blk>"]
    (folder / "tokens.txt").write_text("".join(f"{word} {number}\n" for number, word in enumerate(words)))
    node = helper.make_node
    nodes = [
        node("ReduceMean", ["audio_signal"], ["level"], axes=[1], keepdims=1),  # (1, 1, T)
        node("Transpose", ["level"], ["column"], perm=[0, 2, 1]),  # (1, T, 1)
        node("Mul", ["column", "nought"], ["flat"]),
        node("Add", ["flat", "scores"], ["logprobs"]),  # (1, T, 3)
    ]
    constants = {"nought": np.zeros(1, np.float32), "scores": np.array([-0.1, -3.0, -3.0], np.float32)}
    graph = helper.make_graph(
        nodes,
        "ctc",
        [
            helper.make_tensor_value_info("audio_signal", TensorProto.FLOAT, ["N", 80, "T"]),
            helper.make_tensor_value_info("length", TensorProto.INT64, ["N"]),
        ],
        [helper.make_tensor_value_info("logprobs", TensorProto.FLOAT, ["N", "T", 3])],
        [onnx.numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    told = {"model_type": "EncDecCTCModelBPE", "vocab_size": "2", "subsampling_factor": "1", "normalize_type": ""}
    helper.set_model_props(model, told)
    (folder / "model.onnx").write_bytes(model.SerializeToString())


def test_a_real_recogniser_hears_what_a_tiny_model_tells_it(tmp_path: Path) -> None:
    write_recogniser(tmp_path)
    files = {name: str(path) for name, path in model_files(tmp_path).items()}
    guard = WorkerGuard(partial(recogniser, files))
    listener = Listener(Verify(model=str(tmp_path)), guard)
    take = Pyttsx3Engine().speak("Rain.", US)
    try:
        assert listener.word_error_rate(take, "Rain.", language="en-US") == 0
        assert listener.word_error_rate(take, "Rain fell.", language="en-US") == 0.5
    finally:
        guard.close()

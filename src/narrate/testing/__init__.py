"""Does an engine keep its contract? For the tests of engines, narrate's and other packages'.

Every check takes `make`, a callable that gives a new engine and can be imported by name, and raises AssertionError with
a sentence about what is wrong. Each runs in a process of its own, so that a hang or a crash is told, too. With pytest:

    @pytest.mark.parametrize("check", testing.CHECKS, ids=lambda check: check.__name__)
    def test_my_engine_keeps_the_contract(check):
        check(MyEngine)
"""

import hashlib
import re
import sys
import traceback
from collections.abc import Callable
from functools import wraps
from itertools import pairwise
from typing import cast

import numpy as np

from narrate.errors import NarrateError, SpeechError, VoiceError
from narrate.script import pronounced
from narrate.speech.engine import BatchEngine, Delivery, Engine, Voice
from narrate.speech.soundness import flaw
from narrate.take import Take
from narrate.testing.apart import DEADLINE_S, elsewhere

Make = Callable[[], Engine]

SENTENCES = (
    "The road is dark, and the engine hums.",
    "Rain fell for 3 days; then it stopped.",
    "Who drives at night?",
)
_ODD = (
    "\x00",
    "lone \ud800 surrogate",
    "nul\x00nul",
    "[[",
    "a" * 300,
    "\u202emirrored\u202c",
    "🙂",
    "<break/> & <b>x</b>",
)
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_LONGEST_END_S = 0.2
_TEMPOS = (0.6, 1.5)  # times the 175 words a minute that are asked for; sound at half or twice its rate is beyond
_WORDS_TIMED = 0.5  # the share of words that must have a time


def conform(make: Make) -> None:
    """Every check, in order, to the first that fails; all in one process."""
    _examine(tuple(check.__name__ for check in CHECKS), make, len(CHECKS) * DEADLINE_S)


def _apart(check: Callable[[Make], None]) -> Callable[[Make], None]:
    """`check` in a process of its own, within the deadline."""

    @wraps(check)
    def in_its_own_process(make: Make) -> None:
        _examine((check.__name__,), make, DEADLINE_S)

    return in_its_own_process


@_apart
def voices_are_told_apart_and_found_again(make: Make) -> None:
    """Ids are unique; each finds its voice; languages are BCP 47 tags; genders are known."""
    engine = make()
    assert re.fullmatch(r"[a-z][a-z0-9_-]*", engine.name), (
        f"the engine's name {engine.name!r} cannot stand before a colon"
    )
    voices = engine.voices()
    assert voices, "the engine has no voices to be tried"
    assert len({voice.id for voice in voices}) == len(voices), "two voices have one id"
    for voice in voices:
        assert voice.id.strip(), f"{voice} has no id"
        assert voice.name.strip(), f"{voice} has no name"
        assert _TAG.fullmatch(voice.language), f"{voice.id}: {voice.language!r} is no language tag"
        assert voice.gender in ("male", "female", ""), f"{voice.id}: {voice.gender!r} is no gender"
        assert engine.resolve(voice.id, "en").id == voice.id, f"{voice.id} does not find itself"


@_apart
def a_language_has_a_voice_of_it(make: Make) -> None:
    """Without a wish the voice is one of the language, whatever the region; none is an error that says so."""
    engine = make()
    for language in {voice.language for voice in engine.voices()}:
        found = engine.resolve("", language)
        assert _primary(found.language) == _primary(language), f"{found.id} was given for {language}"
        assert _primary(engine.resolve("", f"{_primary(language)}-ZZ").language) == _primary(language)
    for wanted, language in (("no such voice", "en"), ("", "qaa")):
        try:
            engine.resolve(wanted, language)
        except VoiceError as error:
            _check_told(error)
        else:
            raise AssertionError(f"a voice was found for {wanted or language!r}")


@_apart
def the_second_voice_is_another_of_the_language(make: Make) -> None:
    """Beside each voice stands another one that is here and of its language, or none; always the same."""
    engine = make()
    for voice in engine.voices():
        second = engine.second(voice.id)
        if second:
            assert second != voice.id, f"{voice.id} is its own second"
            assert _primary(engine.resolve(second, "en").language) == _primary(voice.language), second
        assert second == engine.second(voice.id), f"the second voice of {voice.id} changes"


@_apart
def a_fingerprint_is_the_same_until_something_changes(make: Make) -> None:
    """It is a short line that another engine of the same kind tells as well, before and after speaking."""
    engine, other = make(), make()
    voice = _voice(engine)
    before = engine.fingerprint(voice.id)
    assert before.strip(), "the fingerprint is empty"
    assert len(before) < 500, "the fingerprint is too long to be shown"
    engine.speak(SENTENCES[0], Delivery(voice=voice.id))
    assert engine.fingerprint(voice.id) == before, "speaking changed the fingerprint"
    assert other.fingerprint(voice.id) == before, "another engine of the same kind has another fingerprint"


@_apart
def a_take_is_sound_with_its_words_in_it(make: Make) -> None:
    """float32 of shape (frames, 1) in [-1, 1], in 16-bit steps, without long silence at its ends; words in order."""
    engine = make()
    voice = _voice(engine)
    for spoken in SENTENCES:
        take = engine.speak(spoken, Delivery(voice=voice.id))
        _check_sound(take)
        rate = take.info.sample_rate
        assert voice.sample_rate in (0, rate), f"the voice says {voice.sample_rate} Hz, its takes {rate}"
        _check_words(take, spoken)


@_apart
def a_take_depends_on_nothing_but_its_sentence(make: Make) -> None:
    """In any order, of any engine of the kind, and in another process, the same arguments give the same samples."""
    engine, delivery = make(), _delivery(make)
    first = [_digest(engine.speak(spoken, delivery)) for spoken in SENTENCES]
    again = [_digest(engine.speak(spoken, delivery)) for spoken in reversed(SENTENCES)]
    assert first == again[::-1], "the order of sentences is heard in them"
    assert _digest(make().speak(SENTENCES[1], delivery)) == first[1], "another engine of the kind gives other samples"
    there = elsewhere("spawn", _speak_anew, make, SENTENCES[1], delivery)
    assert there == first[1], "another process gives other samples"


@_apart
def an_engine_that_says_it_may_be_forked_may(make: Make) -> None:
    """A process that has spoken is forked, and the child speaks the same."""
    engine, delivery = make(), _delivery(make)
    if not engine.traits.forkable or sys.platform != "linux":
        return
    here = _digest(engine.speak(SENTENCES[0], delivery))
    assert elsewhere("fork", _speak_on, engine, SENTENCES[0], delivery) == here, "a forked child gives other samples"


@_apart
def the_rate_is_heard(make: Make) -> None:
    """240 words a minute take clearly less time than 120, and every rate from 80 to 450 speaks."""
    engine, voice = make(), _voice(make()).id
    length = {
        rate: _length_s(engine.speak(SENTENCES[0], Delivery(voice=voice, rate_wpm=rate)))
        for rate in (80, 120, 240, 450)
    }
    assert length[120] > 1.3 * length[240], f"120 and 240 words a minute take {length[120]:.1f} and {length[240]:.1f} s"


@_apart
def the_usual_rate_is_meant_in_words_a_minute(make: Make) -> None:
    """At 175 words a minute three sentences take neither half nor twice as long: nor are they at another sample rate
    than they say, or in two channels one after the other."""
    engine, delivery = make(), _delivery(make)
    length_s = sum(_length_s(engine.speak(spoken, delivery)) for spoken in SENTENCES)
    tempo = sum(len(spoken.split()) for spoken in SENTENCES) / length_s * 60 / delivery.rate_wpm
    assert _TEMPOS[0] < 1 / tempo < _TEMPOS[1], (
        f"175 words a minute were asked for, and {175 * tempo:.0f} come: is the sample rate the one that it says?"
    )


@_apart
def every_pitch_speaks(make: Make) -> None:
    """From 0 to 100, in about the same time."""
    engine, voice = make(), _voice(make()).id
    lengths = [_length_s(engine.speak(SENTENCES[0], Delivery(voice=voice, pitch=pitch))) for pitch in (0, 50, 100)]
    assert max(lengths) < 1.5 * min(lengths), f"the pitch changes the length: {lengths}"


@_apart
def what_has_no_words_is_an_error_that_shows_it(make: Make) -> None:
    """Blank text is a SpeechError. Odd text is spoken or is one; it does not hang, crash or spoil what follows."""
    engine, delivery = make(), _delivery(make)
    before = _digest(engine.speak(SENTENCES[2], delivery))
    for blank in ("", "  \n"):
        try:
            engine.speak(blank, delivery)
        except SpeechError:
            continue
        raise AssertionError(f"{blank!r} was spoken")
    for odd in _ODD:
        try:
            _check_sound(engine.speak(odd, delivery))
        except SpeechError as error:
            _check_told(error)
    assert _digest(engine.speak(SENTENCES[2], delivery)) == before, "odd text is heard in what follows"


@_apart
def an_unknown_voice_is_an_error(make: Make) -> None:
    """Speaking with it is a NarrateError, not another voice."""
    try:
        make().speak(SENTENCES[0], Delivery(voice="no such voice"))
    except NarrateError as error:
        _check_told(error)
    else:
        raise AssertionError("a voice that is not there has spoken")


@_apart
def a_long_sentence_is_spoken_whole(make: Make) -> None:
    """As long as `traits.longest` allows, but at most 1,000 characters: it takes about as many times as long."""
    engine, delivery = make(), _delivery(make)
    clause = "the road goes on and on, "
    long = (clause * 40)[: min(engine.traits.longest, 1000) - 1].rstrip(", ") + "."
    short_s = _length_s(engine.speak(clause.rstrip(", ") + ".", delivery))
    long_s = _length_s(engine.speak(long, delivery))
    assert long_s > 0.5 * short_s * len(long) / len(clause), f"{len(long)} characters take only {long_s:.1f} s"


@_apart
def what_stands_in_one_utterance_is_all_said(make: Make) -> None:
    """Behind a full stop, a question, a semicolon, a colon, a dash or a line's end it goes on."""
    engine, delivery = make(), _delivery(make)
    one, two = "The road goes on and on", "rain falls on the roof of the car"
    alone_s = sum(_length_s(engine.speak(f"{part}.", delivery)) for part in (one, two))
    for sign in (". ", "? ", "; ", ": ", " — ", ".\n"):
        both_s = _length_s(engine.speak(f"{one}{sign}{two}.", delivery))
        assert both_s > 0.75 * alone_s, f"what stands behind {sign!r} is not said, or not whole"


@_apart
def phonemes_are_understood_where_the_engine_says_so(make: Make) -> None:
    """A word that carries IPA, or phonemes of no engine, is spoken, and its time stands at the word."""
    engine, delivery = make(), _delivery(make)
    if not engine.traits.phonemes:
        return
    for phonemes in ("ˈroʊd", "[[r'oUd]]"):
        spoken = f"The {pronounced('road', phonemes)} is dark."
        take = engine.speak(spoken, delivery)
        _check_sound(take)
        starts = [word.spoken_start for word in take.info.words]
        assert any(4 <= start <= 5 for start in starts), f"the word with phonemes has no time: words start at {starts}"


@_apart
def another_attempt_is_another_take_where_the_engine_says_so(make: Make) -> None:
    """`traits.varies`: attempts differ, and each is itself again."""
    engine, delivery = make(), _delivery(make)
    if not engine.traits.varies:
        return
    takes = [_digest(engine.speak(SENTENCES[0], delivery, attempt=attempt)) for attempt in (0, 1, 1, 2)]
    assert takes[1] == takes[2], "an attempt is not itself again"
    assert len(set(takes)) == 3, "another attempt gives the same take"


@_apart
def a_batch_gives_what_single_sentences_give(make: Make) -> None:
    """`traits.batch` above 1: `speak_all` gives the same takes, in order."""
    engine, delivery = make(), _delivery(make)
    if engine.traits.batch == 1:
        return
    batch = SENTENCES[: engine.traits.batch]
    takes = cast(BatchEngine, engine).speak_all([(spoken, delivery) for spoken in batch])
    single = [_digest(engine.speak(spoken, delivery)) for spoken in batch]
    assert [_digest(take) for take in takes] == single, "a batch gives other takes"


CHECKS: tuple[Callable[[Make], None], ...] = (
    voices_are_told_apart_and_found_again,
    a_language_has_a_voice_of_it,
    the_second_voice_is_another_of_the_language,
    a_fingerprint_is_the_same_until_something_changes,
    a_take_is_sound_with_its_words_in_it,
    a_take_depends_on_nothing_but_its_sentence,
    an_engine_that_says_it_may_be_forked_may,
    the_rate_is_heard,
    the_usual_rate_is_meant_in_words_a_minute,
    every_pitch_speaks,
    what_has_no_words_is_an_error_that_shows_it,
    an_unknown_voice_is_an_error,
    a_long_sentence_is_spoken_whole,
    what_stands_in_one_utterance_is_all_said,
    phonemes_are_understood_where_the_engine_says_so,
    another_attempt_is_another_take_where_the_engine_says_so,
    a_batch_gives_what_single_sentences_give,
)
"""All checks. What an engine's traits do not promise is not asked of it."""


def _voice(engine: Engine) -> Voice:
    """An English voice, else the first."""
    voices = engine.voices()
    return next((voice for voice in voices if _primary(voice.language) == "en"), voices[0])


def _delivery(make: Make) -> Delivery:
    return Delivery(voice=_voice(make()).id)


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def _length_s(take: Take) -> float:
    return take.info.frame_count / take.info.sample_rate


def _digest(take: Take) -> str:
    return hashlib.sha256(take.pcm.tobytes() + repr(take.info).encode()).hexdigest()


def _check_told(error: NarrateError) -> None:
    assert str(error).strip(), f"a {type(error).__name__} says nothing"


def _check_sound(take: Take) -> None:
    assert not (wrong := flaw(take)), f"a take has {wrong}"
    steps = take.pcm * np.float32(32768)
    assert (steps == np.rint(steps)).all(), "samples between the steps of 16 bits, which the store would lose"
    loud = np.flatnonzero(np.abs(take.pcm) > 0.01 * np.abs(take.pcm).max())
    ends_s = (loud[0] / take.info.sample_rate, (len(take.pcm) - 1 - loud[-1]) / take.info.sample_rate)
    assert max(ends_s) < _LONGEST_END_S, f"{max(ends_s):.2f} s of silence at an end"


def _check_words(take: Take, spoken: str) -> None:
    words = take.info.words
    assert words, "no word has a time; where the engine knows none, they are to be estimated, and marked so"
    least = _WORDS_TIMED * len(spoken.split())
    assert len(words) >= least, f"only {len(words)} of the words of {spoken!r} have a time"
    for word in words:
        said = spoken[word.spoken_start : word.spoken_end]
        assert said.strip(), f"{word} is no word of {spoken!r}"
        assert said == said.strip(), f"{word} is not only a word of {spoken!r}"
    for one, two in pairwise(words):
        assert one.spoken_end <= two.spoken_start, f"{one} and {two} are out of order"


def _examine(names: tuple[str, ...], make: Make, deadline_s: float) -> None:
    verdict = elsewhere("spawn", _verdict, names, make, deadline_s=deadline_s)
    if verdict:
        raise AssertionError(verdict)


def _verdict(names: tuple[str, ...], make: Make) -> str:
    """What the first of these checks that fails has to say; "" when none does."""
    for name in names:
        try:
            globals()[name].__wrapped__(make)
        except AssertionError as error:
            return f"{name}: {error}"
        except Exception:
            return f"{name}: an error that no engine should raise\n{traceback.format_exc()}"
    return ""


def _speak_anew(make: Make, spoken: str, delivery: Delivery) -> str:
    return _speak_on(make(), spoken, delivery)


def _speak_on(engine: Engine, spoken: str, delivery: Delivery) -> str:
    return _digest(engine.speak(spoken, delivery))

"""Who speaks what: voices by role, by speaker, by language and by chapter, across engines; and who stands in."""

import json
from dataclasses import replace

import pytest

from conftest import Desk, timeline
from fake_engine import VOICES, FakeEngine
from narrate import speech, work
from narrate.config import check, join
from narrate.errors import ConfigError, NarrateError, VoiceError
from narrate.plan import Choice
from narrate.speech import Ensemble, SpeechOptions, Voice

PLAY = """\
---
language: en-US
---
# The Ferry

She waited.

> A quotation.

![A quay.](x.jpg)

A line.[^1]

[^1]: A note.

::: speaker Misaki :::

I drive.

::: speaker :::

She drove.
"""


@pytest.fixture
def second(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:  # noqa: ARG001
    """Another engine beside the desk's own."""
    other = FakeEngine()
    other.name = "other"
    monkeypatch.setitem(speech.ENGINES, "other", lambda _: other)
    work.engine.cache_clear()
    return other


def play(desk: Desk, cast: str, text: str = PLAY) -> dict[str, str]:
    """Build with this cast; who spoke what."""
    desk.name = "book.md"
    desk.write(text)
    (desk.folder / "narrate.toml").write_text(cast)
    cues = [cue for chapter in timeline(desk.build().folder) for cue in chapter["cues"] if cue["kind"] == "utterance"]
    return {cue["text"]: cue["voice"] for cue in cues}


def test_every_role_has_its_voice_across_engines(desk: Desk, second: FakeEngine) -> None:
    spoken = play(
        desk,
        '[cast]\nnarrator = "Low"\nheading = "fake/high"\nquotation = "other:fake/fr"\ndescription = "Basse"\n'
        'note = "other:High"\nspeakers = { Misaki = "other:Low" }\n',
    )
    assert spoken == {
        "The Ferry": "fake:fake/high",
        "She waited.": "fake:fake/low",
        "A quotation.": "other:fake/fr",
        "A quay.": "fake:fake/fr",
        "A line.": "fake:fake/low",
        "A note.": "other:fake/high",
        "I drive.": "other:fake/low",
        "She drove.": "fake:fake/low",
    }
    assert {text for text, _ in second.spoken} == {"A quotation.", "Note 1: A note.", "I drive."}


def test_a_chapter_may_have_a_cast_of_its_own(desk: Desk) -> None:
    text = "---\nlanguage: en-US\n---\n# Book\n\n## One\n\nFirst.\n\n> Q.\n\n## Two\n\nSecond.\n\n> R.\n"
    chapters = '[cast]\nquotation = "High"\n[cast.chapters.Two]\nnarrator = "High"\nquotation = "Basse"\n'
    spoken = play(desk, chapters, text)
    assert [spoken[each] for each in ("First.", "Q.", "Second.", "R.")] == [
        "fake:fake/low",
        "fake:fake/high",
        "fake:fake/high",
        "fake:fake/fr",
    ]
    by_number = play(desk, chapters.replace("Two", '"2"'), text)
    assert by_number == spoken


def test_what_is_chosen_for_a_chapter_goes_above_its_cast(desk: Desk) -> None:
    from narrate.casting import cast_chapter

    desk.write("Rain falls.\n")
    (desk.folder / "narrate.toml").write_text('[cast.chapters."1"]\nnarrator = "High"\n')
    project = desk.open()
    script = project.script(1)
    own = cast_chapter(script, project.config, None, "en").narrator
    chosen = cast_chapter(script, project.config, Choice(voice="Basse"), "en").narrator
    assert (own.voice, chosen.voice) == ("fake:fake/high", "fake:fake/fr")


def test_another_voice_for_a_part_respeaks_that_part_alone(desk: Desk) -> None:
    play(desk, '[cast]\nquotation = "High"\n')
    (desk.folder / "narrate.toml").write_text('[cast]\nquotation = "Basse"\n')
    change = "fake:fake/high, pitch 50 → fake:fake/fr, pitch 50"
    assert desk.plan().chapters[0].reason == f"voice of quotation {change}"
    desk.build()
    assert desk.said == ["A quotation."]


def test_a_voice_that_is_not_here_has_a_stand_in_and_is_told(desk: Desk) -> None:
    spoken = play(desk, '[cast]\nquotation = "nobody"\ndescription = "fake:gone"\n')
    assert (spoken["A quotation."], spoken["A quay."]) == ("fake:fake/low", "fake:fake/high")
    told = desk.plan().warnings
    assert "cast: quotation: no voice called “nobody” (did you mean fake/low?), somebody else stands in" in told
    assert any("description" in each and "“gone”" in each for each in told)
    assert "cast: the speaker “Misaki” has no voice, the narrator stands in (line 18)" in told


def test_a_voice_that_a_line_asks_for_must_be_here(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write("::: voice nobody :::\n\nHello.\n")
    with pytest.raises(VoiceError, match="before line 3"):
        desk.plan()


def test_a_language_that_nobody_speaks_stays_with_the_narrator_and_the_account_says_so(desk: Desk) -> None:
    desk.name = "book.html"
    desk.write(
        '<html lang="en"><title>T</title><p>Good day. <i lang="zu">Sawubona.</i> Yes.</p>'
        '<p lang="zu">Hamba kahle. Sala kahle.</p></html>'
    )
    folder = desk.build().folder
    account = json.loads((folder / "publication.json").read_text("utf-8"))["account"]
    assert account["readByTheNarrator"] == [{"language": "zu", "sentences": 3, "first": "line 1"}]
    assert "no voice here speaks “zu”, the narrator reads it (line 1 and 2 more)" in desk.plan().warnings


@pytest.mark.parametrize(
    ("table", "wrong"),
    [
        ({"cast": {"villain": "Low"}}, "unknown role 'villain'"),
        ({"cast": {"quotation": 3}}, "quotation must be the name of a voice"),
        ({"cast": "Low"}, "cast must be a table"),
        ({"cast": {"speakers": "Low"}}, "speakers must be a table"),
        ({"cast": {"chapters": {"2": {"chapters": {}}}}}, "chapter '2': unknown role 'chapters'"),
        ({"cast": {"narrator": "Low"}, "voice": "High"}, "the same setting"),
    ],
)
def test_a_wrong_cast_is_named(tmp_path, table, wrong) -> None:
    with pytest.raises(ConfigError, match=wrong):
        check(table, where="here", folder=tmp_path)


def test_layers_of_a_cast_are_joined_name_by_name(tmp_path) -> None:
    below = {"cast": {"narrator": "a", "note": "b", "speakers": {"X": "c"}, "chapters": {"1": {"note": "d"}}}}
    above = {"cast": {"note": "e", "speakers": {"Y": "f"}, "chapters": {"1": {"heading": "g"}}}}
    joined = join(*(check(each, where="here", folder=tmp_path) for each in (below, above)))
    assert joined.delivery.voice == "a"
    assert joined.cast.roles == {"note": "e"}
    assert joined.cast.speakers == {"X": "c", "Y": "f"}
    assert joined.cast.of_chapter(1, "").roles == {"note": "d", "heading": "g"}


# All engines behind one door


def ensemble(**engines: FakeEngine) -> Ensemble:
    for name, each in engines.items():
        each.name = name
    return Ensemble(SpeechOptions(engine=next(iter(engines))), {name: lambda _, e=e: e for name, e in engines.items()})


def test_a_name_is_looked_for_in_the_engine_it_names_then_in_the_books_own_then_in_others() -> None:
    here, there = FakeEngine(), FakeEngine()
    both = ensemble(here=here, there=there)
    assert both.resolve("high", "en").id == "here:fake/high"
    assert both.resolve("there:high", "en").id == "there:fake/high"
    assert both.resolve("", "fr").id == "here:fake/fr"
    assert both.resolve("here:", "en").id == "here:fake/low"
    here.voices = lambda: VOICES[:1]  # type: ignore[method-assign]
    here.resolve = nobody  # type: ignore[method-assign]
    assert both.resolve("high", "en").id == "there:fake/high"
    assert both.of_language("fr").id == "there:fake/fr"
    with pytest.raises(VoiceError, match="none"):
        both.resolve("", "en")


def nobody(*_: str) -> Voice:
    raise VoiceError("none")


def test_a_known_id_is_its_own_name() -> None:
    both = ensemble(here=FakeEngine(), there=FakeEngine())
    for voice in both.voices():
        assert both.resolve(voice.id, "en") == voice


def test_an_engine_that_takes_no_phonemes_is_given_plain_words() -> None:
    from narrate.script import pronounced
    from narrate.speech import Delivery

    engine = FakeEngine()
    door = ensemble(here=engine)
    word = pronounced("Oto", "/oto/")
    door.speak(f"{word} left.", Delivery(voice="here:fake/low"))
    engine.traits = replace(engine.traits, phonemes=True)
    door.speak(f"{word} left.", Delivery(voice="here:fake/low"))
    assert [text for text, _ in engine.spoken] == ["Oto left.", f"{word} left."]


def test_words_said_plain_stand_where_the_words_with_their_signs_do() -> None:
    from narrate.script import Stress, plain, pronounced
    from narrate.speech import Delivery

    spoken = f"So {Stress.STRONG}{pronounced('Oto', '/oto/')} {Stress.END}left, {Stress.EMPHASIS}then."
    door = ensemble(here=FakeEngine())
    how = Delivery(voice="here:fake/low")
    takes = [door.speak(spoken, how), *door.speak_all([(spoken, how)])]
    for take in takes:
        shown = [plain(spoken[word.spoken_start : word.spoken_end]) for word in take.info.words]
        assert shown == ["So", "Oto", "left,", "then."]


def test_an_engine_that_batches_is_given_several_at_once() -> None:
    from narrate.speech import Delivery

    class Batching(FakeEngine):
        def __init__(self) -> None:
            super().__init__()
            self.traits = replace(self.traits, batch=2)
            self.batches: list[int] = []

        def speak_all(self, lines):
            self.batches.append(len(lines))
            return [self.speak(*line) for line in lines]

    batching, plain = Batching(), FakeEngine()
    door = ensemble(here=batching, there=plain)
    how = [Delivery(voice=f"{name}:fake/low") for name in ("here", "here", "here", "there", "here")]
    lines = [(f"Sentence {number}.", each) for number, each in enumerate(how)]
    takes = list(door.speak_all(lines))
    assert batching.batches == [2, 1, 1]
    assert [take.info for take in takes] == [door.speak(*line).info for line in lines]


def test_the_key_of_a_take_follows_its_voice_and_its_engines_version_and_nothing_else(desk: Desk) -> None:
    desk.write("Rain falls.\n")
    assert desk.build()
    desk.engine.version = "2"
    assert desk.plan().chapters[0].reason == "engine fake 1 → fake 2"
    desk.build()
    assert desk.said == ["Rain falls."]
    desk.engine.version = "1"
    desk.build()
    assert desk.said == []


def test_workers_that_can_share_a_model_are_forked_however_long_the_book_is(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from narrate import pipeline

    monkeypatch.setattr(pipeline, "_INLINE_CHARACTERS", 1)
    monkeypatch.setattr(pipeline, "_SHARED_CHARACTERS", 10)
    desk.write("Rain falls on the road to the sea.\n")
    served: list[str] = []
    desk.engine.serve = lambda: served.append("served")  # type: ignore[attr-defined]
    project = replace(desk.open(), request=replace(desk.open().request, jobs=2))
    assert pipeline._executor(project, desk.plan()).keywords == {"apart": True}  # type: ignore[attr-defined]
    desk.engine.traits = replace(desk.engine.traits, served=True)
    assert pipeline._executor(project, desk.plan()).keywords == {"apart": False}  # type: ignore[attr-defined]
    assert served == ["served"]


@pytest.mark.parametrize("name", ["other", "Here"])
def test_an_engine_of_another_package_must_be_called_what_its_entry_point_says(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Entry:
        value = "somewhere:Engine"

        def load(self):
            return lambda _: FakeEngine()

    Entry.name = name  # type: ignore[attr-defined]
    monkeypatch.setattr("importlib.metadata.entry_points", lambda **_: [Entry()])
    door = Ensemble(SpeechOptions(engine=name), {})
    with pytest.raises(VoiceError, match=f"the engine “{name}” .* calls itself “fake”"):
        door.resolve("", "en")


def test_an_engine_is_meant_in_any_case_and_by_its_other_names(tmp_path) -> None:
    for written, meant in (("Piper", "piper"), ("espeak", "pyttsx3"), ("espeak-ng", "pyttsx3"), ("hal", "hal")):
        assert join(check({"engine": written}, where="here", folder=tmp_path)).speech.engine == meant


def test_an_engine_that_cannot_list_its_voices_hides_no_others(desk: Desk) -> None:  # noqa: ARG001
    broken, well = FakeEngine(), FakeEngine()
    broken.voices = lambda: 1 / 0  # type: ignore[method-assign, assignment]
    door = ensemble(broken=broken, well=well)
    assert [voice.id for voice in door.voices()] == ["well:fake/low", "well:fake/high", "well:fake/fr"]
    assert door.why_silent("broken") == "broken cannot list its voices: ZeroDivisionError: division by zero"


def test_an_unknown_engine_names_those_there_are() -> None:
    with pytest.raises(NarrateError) as caught:
        Ensemble(SpeechOptions(engine="hal"), {"one": lambda _: FakeEngine()}).resolve("", "en")
    assert str(caught.value) == "no speech engine called “hal”"
    assert caught.value.hint == "there is one"


def test_a_book_is_spoken_in_batches_where_the_engine_wants_them(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    class Batching(FakeEngine):
        def __init__(self) -> None:
            super().__init__()
            self.traits = replace(self.traits, batch=4)
            self.batches: list[int] = []

        def speak_all(self, lines):
            self.batches.append(len(lines))
            return [self.speak(*line) for line in lines]

    desk.write("One. Two. Three. Four. Five. Six.\n")
    singly = desk.build().folder
    one = (singly / "timeline.json").read_bytes()
    engine = desk.engine = Batching()
    monkeypatch.setitem(speech.ENGINES, "fake", lambda _: engine)
    work.engine.cache_clear()
    engine.version = "2"
    assert (desk.build().folder / "timeline.json").read_bytes() == one
    assert engine.batches == [4, 2]
    assert len(engine.spoken) == 6

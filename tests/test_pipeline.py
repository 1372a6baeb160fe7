"""The whole way on an instant engine: what is made, what is made again and what is not, all to the byte."""

import json
import queue
import shutil
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mutagen.id3 import ID3
from mutagen.mp3 import MP3

from conftest import THREE_CHAPTERS, Desk, Listener, contents, decoded, timeline
from narrate import pipeline
from narrate.choosing import choose
from narrate.errors import AudioError, ChapterError, NarrateError, OutputError, OvertakenError, SpeechError
from narrate.plan import Action, ChapterPlan, Choice, Plan
from narrate.planning import takes_to_speak
from narrate.project import Project
from narrate.release import Release


def regenerate(desk: Desk, *numbers: int, choice: Choice = Choice(), reset: bool = False) -> Release:  # noqa: B008
    desk.engine.spoken.clear()
    wanted = frozenset(numbers)
    project = desk.open()
    project = project.with_choices(choose(project, wanted, choice, reset=reset))
    plan = pipeline.make_plan(project, only=wanted)
    return pipeline.run(project, plan, desk.listener)


@pytest.fixture
def built(desk: Desk) -> Desk:
    desk.write(THREE_CHAPTERS)
    desk.release = desk.build()  # type: ignore[attr-defined]
    return desk


def folder(desk: Desk) -> Path:
    return desk.folder / "shelf/The Long Way"


def test_a_release_holds_the_book_its_chapters_and_what_describes_them(built: Desk) -> None:
    assert sorted(contents(folder(built))) == [
        "The Long Way.mp3",
        "build.json",
        "chapters/01 - Chapter 1.mp3",
        "chapters/02 - Chapter 2.mp3",
        "chapters/03 - Chapter 3.mp3",
        "cover.jpg",
        "publication.json",
        "timeline.json",
    ]


def test_every_sentence_is_spoken_once_and_in_order(built: Desk) -> None:
    cues = [cue for chapter in timeline(folder(built)) for cue in chapter["cues"] if cue["kind"] == "utterance"]
    assert [cue["text"] for cue in cues] == [
        "The Long Way",
        "Chapter 1",
        "The engine starts at once.",
        "It hums.",
        "A second paragraph follows.",
        "Chapter 2",
        "Rain falls on the road.",
        "Chapter 3",
        "We are home.",
    ]
    assert sorted(built.said) == sorted(cue["spoken"] for cue in cues)


def test_the_book_decodes_to_exactly_its_chapters_one_after_the_other(built: Desk) -> None:
    chapters = timeline(folder(built))
    whole = decoded(folder(built) / "The Long Way.mp3")
    assert len(whole) == round(sum(chapter["duration_s"] for chapter in chapters) * 44100)
    for chapter in chapters:
        alone = decoded(folder(built) / chapter["file"])
        start = round(chapter["start_s"] * 44100)
        assert len(alone) == round(chapter["duration_s"] * 44100)
        assert np.abs(whole[start + 1200 : start + len(alone) - 1200] - alone[1200:-1200]).max() < 1e-4


def test_what_the_timeline_says_sounds_sounds_and_what_it_says_is_silent_is(built: Desk) -> None:
    whole = decoded(folder(built) / "The Long Way.mp3")
    for chapter in timeline(folder(built)):
        for cue in chapter["cues"]:
            start, length = round(cue["start_s"] * 44100), round(cue["duration_s"] * 44100)
            level = float(np.sqrt(np.mean(whole[start : start + length] ** 2)))
            assert (level < 0.003) if cue["kind"] == "pause" else (level > 0.01), cue


def test_an_interlude_ends_every_chapter_but_the_last(built: Desk) -> None:
    kinds = [[cue["kind"] for cue in chapter["cues"]] for chapter in timeline(folder(built))]
    assert [chapter.count("interlude") for chapter in kinds] == [1, 1, 0]
    assert kinds[0][-3:] == ["pause", "interlude", "pause"]


def test_chapter_marks_are_right_to_the_millisecond(built: Desk) -> None:
    marks = sorted(chap.start_time for chap in ID3(folder(built) / "The Long Way.mp3").getall("CHAP"))
    assert marks == [round(chapter["start_s"] * 1000) for chapter in timeline(folder(built))]


def test_progress_counts_every_character_twice_and_names_every_chapter(built: Desk) -> None:
    assert built.listener.characters == built.listener.total > 0
    assert built.listener.chapters == [1, 2, 3]


def test_an_unchanged_book_is_not_touched(built: Desk) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder(built).rglob("*")}
    assert built.plan().publish is Action.UP_TO_DATE
    assert built.build().chapters == built.release.chapters  # type: ignore[attr-defined]
    assert built.said == []
    assert {path: path.stat().st_mtime_ns for path in folder(built).rglob("*")} == before


def test_one_changed_word_is_one_sentence_spoken_and_one_chapter_made(built: Desk) -> None:
    before = contents(folder(built))
    built.write(THREE_CHAPTERS.replace("Rain falls", "Snow falls"))
    built.build()
    after = contents(folder(built))
    assert built.said == ["Snow falls on the road."]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"The Long Way.mp3", "chapters/02 - Chapter 2.mp3", "timeline.json", "build.json"} | (
        {"publication.json"} & changed
    )


def test_an_entry_of_the_lexicon_that_changes_speaks_the_sentences_that_hold_its_word(built: Desk) -> None:
    settings = built.folder / "narrate.toml"
    settings.write_text('[pronunciation]\n"Rain" = "rayn"\n"engine" = "enjin"\n', "utf-8")
    built.build()
    assert sorted(built.said) == ["The enjin starts at once.", "rayn falls on the road."]
    settings.write_text('[pronunciation]\n"Rain" = "rain"\n"engine" = "enjin"\n', "utf-8")
    built.build()
    assert built.said == ["rain falls on the road."]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("Rain falls", "Snow falls"), id="a word"),
        pytest.param(lambda text: text.replace("The Long Way", "The Short Way"), id="the title"),
        pytest.param(lambda text: text.replace("A second", "\nA second"), id="the lines after it"),
        pytest.param(
            lambda text: text.replace("Chapter 2\n\nRain falls on the road.\n\n", ""), id="a chapter taken out"
        ),
        pytest.param(lambda text: text + "\nChapter 4\n\nThe end.\n", id="a chapter added"),
        pytest.param(lambda text: text.replace("It hums.", "It hums: [[x]] & <b>."), id="odd characters"),
    ],
)
def test_an_updated_book_is_to_the_byte_the_one_built_from_nothing(built: Desk, tmp_path: Path, change) -> None:
    built.write(change(THREE_CHAPTERS))
    updated = contents(built.build().folder)
    shutil.rmtree(tmp_path / "shelf")
    shutil.rmtree(tmp_path / "store")
    assert contents(built.build().folder) == updated


def test_a_moved_chapter_is_neither_spoken_nor_encoded(built: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from narrate import work

    monkeypatch.setattr(work, "encode", lambda _: pytest.fail("encoded"))
    built.write(
        THREE_CHAPTERS.replace("Chapter 2\n\nRain falls on the road.", "X")
        .replace("Chapter 1\n", "Chapter 2\n\nRain falls on the road.\n\nChapter 1\n")
        .replace("X\n\n", "")
    )
    plan = built.plan()
    assert [(each.title, each.action) for each in plan.chapters][1:] == [
        ("Chapter 1", Action.RUN),  # the title is spoken at the start of the first chapter, which this no longer is
        ("Chapter 3", Action.UP_TO_DATE),
    ]


def test_another_title_speaks_only_the_title(built: Desk) -> None:
    built.write(THREE_CHAPTERS.replace("The Long Way", "Another Way"))
    release = built.build()
    assert built.said == ["Another Way"]
    assert str(ID3(release.folder / "Another Way.mp3")["TIT2"]) == "Another Way"


def test_another_author_speaks_and_encodes_nothing(built: Desk) -> None:
    built.flags["author"] = "Somebody Else"
    release = built.build()
    assert built.said == []
    assert release.folder == built.folder / "shelf/Somebody Else/The Long Way"
    assert str(ID3(release.folder / "The Long Way.mp3")["TPE1"]) == "Somebody Else"


def test_another_rate_speaks_everything_and_the_plan_says_why(built: Desk) -> None:
    built.flags["rate"] = 200
    assert {each.reason for each in built.plan().chapters} == {"rate 175 → 200"}
    built.build()
    assert len(built.said) == 9


def test_regenerating_one_chapter_leaves_every_other_file_as_it_was(built: Desk) -> None:
    before = contents(folder(built) / "chapters")
    marks = [chapter["start_s"] for chapter in timeline(folder(built))]
    regenerate(built, 2, choice=Choice(rate_wpm=100))
    after = contents(folder(built) / "chapters")
    assert [name for name in before if before[name] != after[name]] == ["02 - Chapter 2.mp3"]
    now = [chapter["start_s"] for chapter in timeline(folder(built))]
    assert now[:2] == marks[:2]
    assert now[2] > marks[2]
    assert len(decoded(folder(built) / "The Long Way.mp3")) == sum(
        len(decoded(path)) for path in (folder(built) / "chapters").glob("*.mp3")
    )


def test_regenerating_speaks_afresh_what_the_store_has(built: Desk) -> None:
    regenerate(built, 2)
    assert built.said == ["Chapter 2", "Rain falls on the road."]


def test_what_was_chosen_for_a_chapter_is_kept_by_later_builds_and_dropped_on_reset(built: Desk) -> None:
    regenerate(built, 2, choice=Choice(rate_wpm=100, voice="fake/high"))
    chosen = contents(folder(built))
    assert built.plan().publish is Action.UP_TO_DATE
    assert built.plan().chapters[1].choice == Choice(rate_wpm=100, voice="fake/high")
    built.write(THREE_CHAPTERS.replace("We are home.", "We are back."))
    built.build()
    assert contents(folder(built))["chapters/02 - Chapter 2.mp3"] == chosen["chapters/02 - Chapter 2.mp3"]
    regenerate(built, 2, reset=True)
    assert built.plan().chapters[1].choice is None


def test_a_choice_follows_its_chapter_to_another_number(built: Desk) -> None:
    regenerate(built, 3, choice=Choice(rate_wpm=100))
    built.write(THREE_CHAPTERS.replace("Chapter 2\n\nRain falls on the road.\n\n", ""))
    assert [each.choice for each in built.plan().chapters] == [None, Choice(rate_wpm=100)]


def test_regenerating_keeps_chapters_whose_source_has_changed_and_says_so(built: Desk) -> None:
    before = contents(folder(built) / "chapters")
    built.write(THREE_CHAPTERS.replace("at once", "at last"))
    project = built.open()
    plan = pipeline.make_plan(project, only=frozenset([3]))
    assert plan.chapters[0].reason == "text changed; left as it is until the next build"
    pipeline.run(project, plan, built.listener)
    assert contents(folder(built) / "chapters")["01 - Chapter 1.mp3"] == before["01 - Chapter 1.mp3"]
    assert [each.reason for each in built.plan().chapters] == ["text changed", "", ""]


def test_a_cover_that_is_no_picture_is_found_out_before_anything_is_spoken(desk: Desk) -> None:
    (desk.folder / "cover.jpg").write_bytes(b"no picture")
    desk.write("---\ncover: cover.jpg\n---\n\n# The Long Way\n\nWe drive.\n")
    desk.source.rename(desk.folder / "book.md")
    desk.name = "book.md"
    with pytest.raises(NarrateError, match=r"cover\.jpg"):
        desk.build()
    assert desk.said == []


class Meanwhile(Listener):
    """Lets something happen as soon as a build has its first chapter."""

    def __init__(self, happens: Callable[[], object]) -> None:
        super().__init__()
        self.happens: list[Callable[[], object]] = [happens]

    def finished(self, chapter: ChapterPlan, file: Path) -> None:
        super().finished(chapter, file)
        while self.happens:
            self.happens.pop()()


@pytest.fixture
def changed(built: Desk) -> Desk:
    """A book whose second chapter has changed since it was built."""
    built.write(THREE_CHAPTERS.replace("Rain falls", "Snow falls"))
    return built


def test_a_build_that_was_overtaken_leaves_the_other_book_whole(changed: Desk) -> None:
    project = changed.open()
    plan = pipeline.make_plan(project)
    other: list[dict[str, bytes]] = []

    def overtake() -> None:
        regenerate(changed, 3, choice=Choice(rate_wpm=100))
        other.append(contents(folder(changed)))

    with pytest.raises(OvertakenError, match="another build has published"):
        pipeline.run(project, plan, Meanwhile(overtake))
    assert contents(folder(changed)) == other[0]
    assert list(folder(changed).parent.iterdir()) == [folder(changed)]


def test_two_builds_of_one_book_at_once_end_in_the_book_of_both(changed: Desk) -> None:
    """One builds the changed text, the other regenerates a chapter with another voice: nothing of either is lost."""
    overtaking = Meanwhile(lambda: regenerate(changed, 3, choice=Choice(voice="fake/high")))

    def prepare(_before: Project | None) -> tuple[Project, Plan]:
        project = changed.open()
        return project, pipeline.make_plan(project)

    pipeline.make(prepare, overtaking)
    after = contents(folder(changed))
    assert changed.plan().publish is Action.UP_TO_DATE
    assert changed.plan().chapters[2].choice == Choice(voice="fake/high")
    shutil.rmtree(folder(changed))
    changed.build()
    regenerate(changed, 3, choice=Choice(voice="fake/high"))
    assert contents(folder(changed)) == after


def test_a_regeneration_that_was_overtaken_keeps_the_others_choice_too(built: Desk) -> None:
    def prepare(_before: Project | None) -> tuple[Project, Plan]:
        project = built.open()
        project = project.with_choices(choose(project, frozenset([2]), Choice(rate_wpm=100), reset=False))
        return project, pipeline.make_plan(project, only=frozenset([2]))

    pipeline.make(prepare, Meanwhile(lambda: regenerate(built, 3, choice=Choice(pitch=70))))
    assert [each.choice for each in built.plan().chapters] == [None, Choice(rate_wpm=100), Choice(pitch=70)]


def test_what_vanishes_while_it_is_taken_over_is_made_again(changed: Desk) -> None:
    """The listener, or another build, takes a chapter away between plan and build."""
    plans: list[Plan] = []

    def prepare(_before: Project | None) -> tuple[Project, Plan]:
        project = changed.open()
        plans.append(pipeline.make_plan(project))
        if len(plans) == 1:
            (folder(changed) / "chapters/01 - Chapter 1.mp3").unlink()
        return project, plans[-1]

    pipeline.make(prepare, changed.listener)
    assert [each.action for each in plans[1].chapters] == [Action.MISSING, Action.RUN, Action.UP_TO_DATE]
    assert changed.plan().publish is Action.UP_TO_DATE


def test_regenerating_needs_no_store(built: Desk) -> None:
    before = contents(folder(built))
    shutil.rmtree(built.folder / "store")
    regenerate(built, 2)
    assert contents(folder(built)) == before


def test_a_chapter_that_does_not_exist_cannot_be_regenerated(built: Desk) -> None:
    with pytest.raises(ChapterError, match="has no chapter 9"):
        regenerate(built, 9)


def test_a_book_with_other_chapters_must_be_built_first(built: Desk) -> None:
    built.write(THREE_CHAPTERS + "\nChapter 4\n\nThe end.\n")
    with pytest.raises(ChapterError, match="not those of the book") as caught:
        regenerate(built, 1)
    assert "narrate build" in caught.value.hint


def test_a_sentence_that_cannot_be_spoken_stops_the_build_and_leaves_the_earlier_book(built: Desk) -> None:
    before = contents(built.folder / "shelf")
    built.write(THREE_CHAPTERS.replace("We are home.", "We are lost."))
    built.engine.failing = ["We are lost."]
    with pytest.raises(SpeechError, match="We are lost"):
        built.build()
    assert contents(built.folder / "shelf") == before


def test_a_first_build_that_fails_leaves_nothing_behind(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    desk.engine.failing = ["It hums."]
    with pytest.raises(SpeechError):
        desk.build()
    assert not (desk.folder / "shelf").exists() or list((desk.folder / "shelf").iterdir()) == []


def test_a_build_goes_on_from_what_was_spoken(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    desk.engine.failing = ["We are home."]
    with pytest.raises(SpeechError):
        desk.build()
    desk.engine.failing = []
    desk.build()
    assert desk.said == ["We are home."]


def test_a_damaged_take_is_spoken_again(built: Desk) -> None:
    before = contents(folder(built))
    shutil.rmtree(built.folder / "shelf")
    shutil.rmtree(built.folder / "store/stretches")
    for path in (built.folder / "store/takes").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            path.write_bytes(data[: len(data) // 2])
    built.build()
    assert contents(folder(built)) == before


def test_a_deleted_chapter_file_is_made_again_and_nothing_else_is_spoken(built: Desk) -> None:
    before = contents(folder(built))
    (folder(built) / "chapters/02 - Chapter 2.mp3").unlink()
    planned = built.plan().chapters[1]
    assert (planned.action, planned.reason) == (Action.MISSING, "chapters/02 - Chapter 2.mp3 missing or changed")
    built.build()
    assert built.said == []
    assert contents(folder(built)) == before


def test_a_damaged_record_only_costs_time(built: Desk) -> None:
    before = contents(folder(built))
    (folder(built) / "build.json").write_text("{ not json")
    built.build()
    assert contents(folder(built)) == before


def test_the_listener_s_own_files_stay(built: Desk) -> None:
    (folder(built) / "notes.txt").write_text("mine")
    built.write(THREE_CHAPTERS.replace("Rain", "Snow"))
    built.build()
    assert (folder(built) / "notes.txt").read_text() == "mine"


def test_an_interlude_that_is_no_audio_is_refused_before_anything_is_spoken(desk: Desk) -> None:
    (desk.folder / "noise.txt").write_text("not audio")
    desk.write(THREE_CHAPTERS)
    desk.flags["interludes.file"] = str(desk.folder / "noise.txt")
    with pytest.raises(AudioError, match=r"noise\.txt"):
        desk.build()
    assert desk.said == []


def test_without_interludes_none_is_heard(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    desk.flags["interludes.enabled"] = False
    desk.build()
    kinds = {cue["kind"] for chapter in timeline(folder(desk)) for cue in chapter["cues"]}
    assert kinds == {"utterance", "pause"}


def test_a_shelf_that_is_a_file_is_one_clear_error(desk: Desk) -> None:
    desk.write(THREE_CHAPTERS)
    (desk.folder / "shelf").write_text("in the way")
    with pytest.raises(OutputError, match="shelf"):
        desk.build()


def test_the_manifest_lists_what_is_there(built: Desk) -> None:
    from urllib.parse import unquote

    manifest = json.loads((folder(built) / "publication.json").read_text())
    for entry in manifest["readingOrder"] + manifest["resources"]:
        assert (folder(built) / unquote(entry["url"])).is_file()
    assert [entry["name"] for entry in manifest["readingOrder"]] == ["Chapter 1", "Chapter 2", "Chapter 3"]


def test_a_chapter_file_tells_where_it_belongs(built: Desk) -> None:
    tag = ID3(folder(built) / "chapters/02 - Chapter 2.mp3")
    assert (str(tag["TIT2"]), str(tag["TALB"]), str(tag["TRCK"])) == ("Chapter 2", "The Long Way", "2/3")
    chapter = timeline(folder(built))[1]
    assert MP3(folder(built) / chapter["file"]).info.length == pytest.approx(chapter["duration_s"], abs=0.001)


def test_a_store_smaller_than_the_book_costs_time_and_nothing_else(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write(THREE_CHAPTERS)
    with_room = contents(desk.build().folder)
    shutil.rmtree(desk.folder / "shelf")
    shutil.rmtree(desk.folder / "store")
    monkeypatch.setenv("NARRATE_STORE_LIMIT", "10k")
    assert contents(desk.build().folder) == with_room
    kept = sum(path.stat().st_size for path in (desk.folder / "store").rglob("*") if path.is_file())
    assert kept <= 10_000


def test_the_plan_counts_the_sentences_that_are_still_to_be_spoken(built: Desk) -> None:
    built.write(THREE_CHAPTERS.replace("second paragraph", "third paragraph"))
    project = built.open()
    plan = pipeline.make_plan(project)
    assert [takes_to_speak(project, chapter) for chapter in plan.chapters] == [1, 0, 0]
    assert [chapter.reason for chapter in plan.chapters] == ["text changed", "", ""]


def test_a_book_that_is_up_to_date_still_clears_what_a_killed_build_left(built: Desk) -> None:
    left = built.folder / "shelf/.The Long Way.0123456789abcdef.building"
    (left / "chapters").mkdir(parents=True)
    left.with_suffix(".lock").touch()
    built.build()
    assert sorted(path.name for path in (built.folder / "shelf").iterdir()) == ["The Long Way"]


class Patient(Executor):
    """Begins a task only when nothing more has been submitted for a moment; notes how many then waited."""

    def __init__(self) -> None:
        self.waited: list[int] = []
        self._tasks: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self._tasks.put(lambda: future.set_result(fn(*args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002
        self._tasks.put(None)
        self._thread.join()

    def _run(self) -> None:
        while task := self._tasks.get():
            time.sleep(0.1)
            self.waited.append(self._tasks.qsize() + 1)
            task()


def test_short_chapters_keep_as_many_workers_busy_as_there_are(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write("The Book\n\n" + "\n\n".join(f"Chapter {number}\n\nWe drive on." for number in range(1, 31)))
    patient = Patient()
    monkeypatch.setattr(pipeline, "_executor", lambda *_: lambda: patient)
    project = replace(desk.open(), request=replace(desk.request, jobs=8))
    pipeline.run(project, pipeline.make_plan(project), desk.listener)
    assert max(patient.waited) == 16


def spoken_with(desk: Desk) -> dict[str, str]:
    return {text: delivery.voice for text, delivery in desk.engine.spoken}


def test_a_sentence_in_another_language_gets_a_voice_of_that_language(desk: Desk) -> None:
    desk.name = "book.html"
    desk.write(
        '<html lang="en"><title>The Long Way</title><h1>The Long Way</h1>'
        '<p>He said good night. <span lang="fr">Bonne nuit, tout le monde.</span> We laughed.</p>'
        '<p>She said <i lang="fr">bonsoir</i> to us.</p><p lang="en-GB">The colour was grey.</p>'
        '<p lang="zu">Sawubona, mhlaba.</p></html>'
    )
    desk.build()
    assert spoken_with(desk) == {
        "The Long Way": "fake/low",
        "He said good night.": "fake/low",
        "Bonne nuit, tout le monde.": "fake/fr",
        "We laughed.": "fake/low",
        "She said bonsoir to us.": "fake/low",
        "The colour was grey.": "fake/low",
        "Sawubona, mhlaba.": "fake/low",
    }
    assert desk.plan().publish is Action.UP_TO_DATE

"""What is no running text: how fully it is described, in which voice, and the account of what became of every block."""

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from conftest import Desk, timeline
from generated import documents
from narrate import casting, source
from narrate.cli.app import app
from narrate.document import Chapter, Document, Figure, Note, Origin, Paragraph, Table
from narrate.errors import ConfigError, NarrateError, VoiceError
from narrate.plan import Action
from narrate.script import ChapterScript, Role, Span
from narrate.source import read
from narrate.take import Delivery
from narrate.text import to_script
from narrate.text.aligned import Edit, edited
from narrate.text.formulas import said_formula
from narrate.text.options import Mode, Modes, TextOptions
from narrate.text.phrases import _BY_LANGUAGE, Phrases

AT = Origin(line=1)
FERRY = """\
---
language: en-US
---
# The Ferry

It came.[^1]

![A ferry at the quay.](x.jpg)

[^1]: By an hour.

<div hidden>Never.</div>
"""


def scripted(*blocks: object, modes: Modes | None = None) -> ChapterScript:
    chapter = Chapter(title="In", titled=True, blocks=blocks)  # type: ignore[arg-type]
    options = TextOptions(describe=modes or Modes())
    return to_script(chapter, number=1, last=True, language="en", options=options)


# The account


@settings(max_examples=200, deadline=None)
@given(documents(), st.builds(Modes, **{each.name: st.sampled_from(Mode) for each in fields(Modes)}))
def test_every_block_is_voiced_described_or_skipped_for_a_reason(document: Document, modes: Modes) -> None:
    options = TextOptions(describe=modes)
    counted = sum(each.count for each in document.skipped)
    for number, chapter in enumerate(document.chapters, start=1):
        script = to_script(chapter, number=number, last=False, language="en", options=options)
        assert script.account.blocks == len(chapter.blocks)
        assert all(each.reason and each.place for each in script.account.skipped)
        counted += script.account.blocks
    assert counted == document.seen


@settings(max_examples=60, deadline=None)
@given(documents())
def test_everything_in_full_leaves_out_nothing_but_breaks_and_pages_without_number(document: Document) -> None:
    for chapter in document.chapters:
        script = scripted(*chapter.blocks, modes=Modes.all(Mode.FULL))
        assert {each.kind for each in script.account.skipped} <= {"scene break", "page"}


def test_a_block_that_went_missing_is_an_error_that_asks_to_be_reported(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("Rope.\n\nOil.\n")
    document = read(desk.source)
    monkeypatch.setattr(source, "read", lambda _: replace(document, seen=document.seen + 1))
    with pytest.raises(
        NarrateError, match=r"3 blocks were read, but 2 are voiced, 0 described and 0 skipped"
    ) as caught:
        desk.plan()
    assert "please report" in caught.value.hint


def test_the_release_keeps_the_account(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write(FERRY)
    folder = desk.build().folder
    account = json.loads((folder / "publication.json").read_text("utf-8"))["account"]
    assert (account["blocks"], account["voiced"], account["described"]) == (5, 2, 2)
    assert account["skipped"] == [{"kind": "hidden", "reason": "hidden", "blocks": 1, "places": ["line 12"]}]


def test_what_is_skipped_is_part_of_what_is_published(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write(FERRY)
    desk.build()
    desk.write(FERRY + "\n<div hidden>Never ever.</div>\n")
    assert all(each.reused for each in desk.plan().chapters)
    assert desk.plan().publish is Action.RUN


def test_another_mode_publishes_the_book_anew(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write(FERRY)
    desk.build()
    desk.flags = {"describe.mode": "brief"}
    assert [each.reason for each in desk.plan().chapters] == ["text changed"]


def test_coverage_tells_what_is_missing_from_the_source(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write("It rained.\n\n::: car flying :::\n")
    told = CliRunner().invoke(app, ["plan", "--coverage", str(desk.source)]).stdout
    assert "warning: line 3: “::: car flying :::” is not a line that steers a script, and is read as text" in told


def test_coverage_prints_the_counts_and_every_skip_with_its_place(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write(FERRY.replace("---\n# ", "narrate: {engine: fake}\n---\n# "))
    told = CliRunner().invoke(app, ["plan", "--coverage", str(desk.source)]).stdout
    assert told.startswith("5 blocks: 2 voiced, 2 described, 1 skipped\n")
    assert "line 13  hidden" in told
    found = CliRunner().invoke(app, ["plan", "--coverage", "--json", "--describe", "skip", str(desk.source)]).stdout
    assert [each["kind"] for each in json.loads(found)["skips"]] == ["hidden", "note", "figure"]


# The second voice


def test_descriptions_and_notes_have_a_second_voice(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write(FERRY)
    folder = desk.build().folder
    cues = [cue for chapter in timeline(folder) for cue in chapter["cues"] if cue["kind"] == "utterance"]
    assert {(cue["role"], cue["voice"]) for cue in cues} == {
        ("heading", "fake:fake/low"),
        ("narration", "fake:fake/low"),
        ("description", "fake:fake/high"),
        ("note", "fake:fake/high"),
    }
    assert {delivery.voice for text, delivery in desk.engine.spoken if "Note" in text} == {"fake/high", "fake/low"}


@pytest.mark.parametrize(("pitch", "aside"), [(50, 83), (0, 33), (51, 18), (100, 67)])
def test_without_a_second_voice_descriptions_have_another_pitch(desk: Desk, pitch: int, aside: int) -> None:
    desk.name = "book.md"
    desk.write(FERRY.replace("en-US", "fr"))
    desk.flags = {"pitch": pitch}
    assert desk.plan().chapters[0].parts["description"] == Delivery(voice="fake:fake/fr", pitch=aside)


def test_the_second_voice_may_be_named_or_be_the_same(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write(FERRY)
    desk.flags = {"describe.voice": "Basse"}
    assert desk.plan().chapters[0].parts["note"].voice == "fake:fake/fr"
    desk.flags = {"describe.voice": casting.SAME_VOICE}
    assert desk.plan().chapters[0].parts["note"] == desk.plan().chapters[0].delivery
    desk.flags = {"describe.voice": "nobody"}
    with pytest.raises(VoiceError, match="nobody"):
        desk.plan()


def test_another_second_voice_respeaks_the_descriptions_alone(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write(FERRY)
    desk.build()
    desk.flags = {"describe.voice": "Basse"}
    change = "fake:fake/high, pitch 50 → fake:fake/fr, pitch 50"
    assert desk.plan().chapters[0].reason == f"voice of description {change}, voice of note {change}"
    desk.build()
    assert sorted(desk.said) == ["Image: A ferry at the quay. End of image.", "Note 1: By an hour."]


def test_a_voice_that_a_script_asks_for_speaks_from_there(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write("---\nlanguage: en-US\n---\nHers.\n\n::: voice Basse :::\n\nHis.\n\n::: voice :::\n\nHers again.\n")
    desk.build()
    assert [(text, delivery.voice) for text, delivery in desk.engine.spoken] == [
        ("Hers.", "fake/low"),
        ("His.", "fake/fr"),
        ("Hers again.", "fake/low"),
    ]
    desk.write("---\nlanguage: en-US\n---\nHers.\n\n::: voice High :::\n\nHis.\n\n::: voice :::\n\nHers again.\n")
    assert desk.plan().chapters[0].reason == "text changed"
    desk.write("::: voice nobody :::\n\nHis.\n")
    with pytest.raises(VoiceError, match="before line 3: no voice called “nobody”"):
        desk.plan()


# Modes and phrases


def test_the_later_layer_of_settings_decides_how_fully_is_described(desk: Desk) -> None:
    desk.name = "book.md"
    (desk.folder / "narrate.toml").write_text('[describe]\nfigures = "brief"\nnotes = "end of chapter"\n')
    desk.write("Rope.\n")
    assert desk.open().config.text.describe == Modes(figures=Mode.BRIEF, notes=Mode.AT_THE_END)
    desk.flags = {"describe.mode": "full"}
    assert desk.open().config.text.describe == Modes.all(Mode.FULL)


@pytest.mark.parametrize("wrong", ["short", "end of chapter"])
def test_a_mode_that_is_none_is_told(desk: Desk, wrong: str) -> None:
    desk.write("Rope.\n")
    desk.flags = {"describe.figures": wrong}
    with pytest.raises(ConfigError, match=r"describe\.figures must be “full”, “brief” or “skip”"):
        desk.open()


def test_an_alt_that_repeats_the_caption_is_said_once() -> None:
    (told,) = scripted(Figure(alt="A ferry", caption="“A ferry.”", origin=AT)).utterances
    assert told.spoken == "Image: A ferry. End of image."


def test_nothing_of_a_figure_is_ever_silent() -> None:
    for mode in (Mode.FULL, Mode.BRIEF):
        (told,) = scripted(Figure(origin=AT), modes=Modes.all(mode)).utterances
        assert (told.role, told.spoken) == (Role.DESCRIPTION, "An image without a description.")


def test_a_table_in_brief_without_headers_tells_its_size() -> None:
    table = Table(header=(), rows=(("a", "b"),), origin=AT)
    (told,) = scripted(table, modes=Modes(tables=Mode.BRIEF)).utterances
    assert told.spoken == "Table, 2 columns, 1 row."


def test_notes_at_the_end_of_a_chapter_keep_their_order() -> None:
    blocks = (Note(label="1", text="One.", origin=AT), Paragraph(text="Rope.", origin=AT))
    script = scripted(*blocks, Note(label="2", text="Two.", origin=AT), modes=Modes(notes=Mode.AT_THE_END))
    assert [each.text for each in script.utterances] == ["Rope.", "One.", "Two."]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it"])
def test_every_language_has_phrases_of_its_own(language: str) -> None:
    phrases = _BY_LANGUAGE[language]
    # What scenes are called in English their names say.
    texts = [getattr(phrases, each.name) for each in fields(Phrases) if (language, each.name) != ("en", "scenes")]
    assert all(text(2) if callable(text) else text for text in texts)
    if language != "en":
        english = _BY_LANGUAGE["en"]
        same = {each.name for each in fields(Phrases) if getattr(phrases, each.name) == getattr(english, each.name)}
        assert same <= {"note", "page", "row", "link", "formula"}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (r"x_i^2", "x sub i squared"),
        (r"\sum_{i=1}^{n} i", "the sum from i equals 1 to n of i"),
        (r"\sqrt[3]{8} = 2", "the cube root of 8 equals 2"),
        (r"\bar{x} \neq \alpha", "x bar is not equal to alpha"),
        (r"\begin{matrix}1&2\\3&4\end{matrix}", "row 1: 1, 2, row 2: 3, 4"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1 over 2"),
        ("<math><mi>f</mi><mo>\u2061</mo><mi>x</mi></math>", "f x"),
        (r"\unknown{", "unknown{"),
        ("<math><mi>x</math>", ""),
        ("<!DOCTYPE m [<!ENTITY a 'b'>]><math>&a;</math>", ""),
        ("<math>" * 1000 + "</math>" * 1000, ""),
        ("", ""),
    ],
)
def test_a_formula_is_said_as_words(source: str, said: str) -> None:
    assert said_formula(source, "en") == said


def test_what_is_said_instead_of_words_stays_aligned_with_them() -> None:
    spans = (Span(spoken_start=2, spoken_end=5, text_start=2, text_end=3),)  # "a & b" is said as "a and b"
    edits = [Edit(start=1, end=1, said=", x"), Edit(start=4, end=5, said="beta")]
    said, found = edited("a and b", spans, edits)
    assert said == "a, x and beta"
    assert [(said[s.spoken_start : s.spoken_end], "a & b"[s.text_start : s.text_end]) for s in found] == [
        (", x", ""),
        ("and", "&"),
        ("beta", "b"),
    ]


def test_what_is_said_instead_of_part_of_a_whole_takes_the_whole() -> None:
    spans = (Span(spoken_start=0, spoken_end=11, text_start=0, text_end=3),)  # "***" is said as "three stars"
    assert edited("three stars.", spans, [Edit(start=1, end=2, said="x")])[0] == "x."
    assert edited("three stars.", spans, [Edit(start=1, end=1, said=", x")])[0] == "three stars, x."


def test_a_script_that_the_command_writes_builds_to_the_same_book(desk: Desk) -> None:
    desk.name = "book.md"
    desk.write(FERRY)
    (desk.folder / "narrate.toml").write_text('rate = 200\n[describe]\nfigures = "brief"\n[pauses]\nhead = 1\n')
    told = CliRunner().invoke(app, ["script", str(desk.source)], catch_exceptions=False).stdout
    (desk.folder / "narrate.toml").unlink()
    (desk.folder / "again").mkdir()
    again = Desk(folder=desk.folder / "again", engine=desk.engine, name="again.md")
    again.write(told)
    assert "::: chapter The Ferry :::" in told
    mine = [each.audio_key for each in again.plan().chapters]
    (desk.folder / "narrate.toml").write_text('rate = 200\n[describe]\nfigures = "brief"\n[pauses]\nhead = 1\n')
    assert mine == [each.audio_key for each in desk.plan().chapters]


def test_a_voice_chosen_for_a_chapter_is_in_the_script(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.write("Rope\n\nChapter 1\n\nOil.\n\nChapter 2\n\nTar.\n")
    monkeypatch.chdir(desk.folder)
    desk.build()
    arguments = ["regenerate", "book.txt", "2", "--voice", "fake/high", "--out", "shelf", "--store", "store", "--quiet"]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    told = CliRunner().invoke(app, ["script", "book.txt", "--out", "shelf"]).stdout
    assert "::: chapter Chapter 2 :::\n\n::: voice fake:fake/high :::\n" in told


@pytest.mark.parametrize("lead", ["***\n\n", "One.\n\n***\n\n", "***\n\n***\n\n"])
def test_a_break_before_the_first_chapter_line_is_accounted_for(tmp_path: Path, lead: str) -> None:
    (tmp_path / "in.md").write_text(f"{lead}::: chapter A :::\n\nRope.\n")
    document = read(tmp_path / "in.md")
    assert document.is_balanced
    assert {each.kind for each in document.skipped} == {"scene break"}


def test_what_is_no_line_of_a_script_is_read_and_told(tmp_path: Path) -> None:
    (tmp_path / "in.md").write_text("Rope.\n::: paus 2s :::\nOil.\n\n" + "::: x\n\n" * 50)
    document = read(tmp_path / "in.md")
    assert "::: paus 2s :::" in str(document.chapters[0].blocks)
    assert document.warnings[0] == "line 2: “::: paus 2s :::” is not a line that steers a script, and is read as text"
    assert len(document.warnings) == 20
    assert document.is_balanced

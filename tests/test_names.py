"""`narrate names` and `narrate say`: which words are listed, and how a line is said."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from conftest import Desk
from fake_engine import FakeEngine
from narrate.cli.app import app
from narrate.preview import sampling
from narrate.script import Role, Utterance
from narrate.text.names import Kind, NameFinder


def listed(*sentences: str, language: str = "en", role: Role = Role.NARRATION) -> list[tuple[str, str, int]]:
    finder = NameFinder(language)
    for line, sentence in enumerate(sentences, start=1):
        finder.read(Utterance(text=sentence, spoken=sentence, role=role, line=line), chapter=1)
    return [(each.word, str(each.kind), each.count) for each in finder.found()]


def test_a_name_has_a_capital_where_no_sentence_begins() -> None:
    assert listed("Then Oto left.", "Oto’s car was gone.", "However, it rained.") == [("Oto", "name", 2)]


def test_a_name_may_own_something_where_a_sentence_begins() -> None:
    assert listed("Oto’s car was red.", "Oto left.", "It’s late.") == [("Oto", "name", 2)]


def test_a_word_that_is_also_written_small_is_no_name() -> None:
    assert listed("The Harbour closed.", "A harbour is deep.") == []


def test_days_months_and_the_first_person_are_no_names() -> None:
    assert listed("And I came on Monday in May.") == []


def test_a_capital_after_a_quotation_mark_is_the_quotations() -> None:
    assert listed("She said: “Rope is dear.”", "He said “Lamps are lit.”") == []


def test_a_capital_that_opens_a_tables_cell_is_no_names() -> None:
    assert listed("Year | Lamps | Oil") == []


def test_headings_say_nothing_by_their_capitals() -> None:
    assert listed("The Long Road", role=Role.HEADING) == []


def test_odd_words_are_listed_with_why() -> None:
    assert listed("The drôle iPad of NASA.") == [
        ("drôle", Kind.FOREIGN, 1),
        ("iPad", Kind.CAPITALS, 1),
        ("NASA", Kind.CAPITALS, 1),
    ]
    assert listed("Il est drôle.", language="fr") == []


def test_german_nouns_are_no_names() -> None:
    assert listed("Er sah den Hafen und ging mit Oto heim.", "Dann rief Oto an.", language="de") == [("Oto", "name", 2)]


def invoke(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == 0, done.stderr
    return done.stdout


BOOK = "---\nnarrate:\n  engine: fake\n  pronunciation:\n    Oto: oh-toe\n---\n\n# Quay\n\nThen Oto met Watari.\n"


def test_names_says_how_the_lexicon_has_them(desk: Desk) -> None:
    source = desk.folder / "book.md"
    source.write_text(BOOK)
    found = json.loads(invoke("names", str(source), "--json"))
    assert [(each["word"], each["say"], each["chapter"], each["line"]) for each in found] == [
        ("Oto", "oh-toe", 1, 10),
        ("Watari", "", 1, 10),
    ]
    assert invoke("names", str(source)).splitlines()[1].split()[:4] == ["Oto", "1", "chapter", "1,"]


def test_a_line_is_said_with_the_books_lexicon_and_voice(desk: Desk) -> None:
    source, out = desk.folder / "book.md", desk.folder / "line.wav"
    source.write_text(BOOK)
    assert (
        invoke("say", "Oto left in 1984. Gone.", "--source", str(source), "--voice", "Basse", "--out", str(out))
        == f"{out}\n"
    )
    assert [(text, delivery.voice) for text, delivery in desk.engine.spoken] == [
        ("oh-toe left in nineteen eighty-four.", "fake/fr"),
        ("Gone.", "fake/fr"),
    ]
    assert out.read_bytes()[:4] == b"RIFF"


def test_the_source_of_a_line_may_be_standard_input(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    done = CliRunner().invoke(app, ["say", "Oto left.", "--source", "-", "--out", "line.wav"], input=BOOK)
    assert done.exit_code == 0, done.stderr
    assert [text for text, _ in desk.engine.spoken] == ["oh-toe left."]


def test_without_a_source_the_settings_of_the_folder_hold(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk.folder)
    Path("narrate.toml").write_text('engine = "fake"\n[pronunciation]\nOto = "oh-toe"\n')
    invoke("say", "Oto", "--out", "line.mp3")
    assert [text for text, _ in desk.engine.spoken] == ["oh-toe"]
    assert Path("line.mp3").stat().st_size > 100


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("say", "…"), 6, "nothing to say"),
        (("say", "Oto", "--out", "line.xyz"), 7, "unknown kind of sound file"),
        (("say", "Oto"), 7, "--out sound.wav"),
    ],
)
def test_what_cannot_be_said_or_played_is_one_line(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, message: str
) -> None:
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr(sampling.shutil, "which", lambda _name: None)
    Path("narrate.toml").write_text('engine = "fake"\n')
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1 + (code == 7 and "--out" not in arguments)


def test_a_line_is_played_by_what_plays_here(desk: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    player = tmp_path / "aplay"
    player.write_text(f'#!/bin/sh\nhead -c 4 "$2" > {tmp_path}/heard\n')
    player.chmod(0o755)
    monkeypatch.setattr(sampling.shutil, "which", lambda name: str(player) if name == "aplay" else None)
    monkeypatch.chdir(desk.folder)
    Path("narrate.toml").write_text('engine = "fake"\n')
    assert isinstance(desk.engine, FakeEngine)
    invoke("say", "Oto")
    assert (tmp_path / "heard").read_bytes() == b"RIFF"

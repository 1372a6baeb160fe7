"""The lexicon: which words it finds, how they are said, and how it is read from a configuration and from W3C files."""

import time
from pathlib import Path

import pytest

from conftest import Desk
from narrate import config
from narrate.errors import ConfigError
from narrate.script import PRONOUNCED, plain, pronounced
from narrate.text.lexicon import Entry, Lexicon
from narrate.text.normalize import spoken
from narrate.text.pls import read_pls

HEAD = '<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" {}>{}</lexicon>'


def said(text: str, *entries: Entry, language: str = "en") -> str:
    return PRONOUNCED.sub(r"{\1 = \2}", spoken(text, language, lexicon=Lexicon(entries))[0])


OTO = Entry(word="Oto", say="oh-toe")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Oto met OTO and oto.", "oh-toe met oh-toe and oh-toe."),
        ("Otos, Kioto, oto-mo", "Otos, Kioto, oh-toe-mo"),
        ("Oto’s, Oto's; “Oto”", "oh-toe's, oh-toe's; \"oh-toe\""),
        ("(Oto)—Oto!", "(oh-toe), oh-toe!"),
    ],
)
def test_a_word_is_found_whole_in_any_case(text: str, wanted: str) -> None:
    assert said(text, OTO) == wanted


def test_an_exact_entry_wants_its_capitals_and_goes_before_a_loose_one_only_if_later() -> None:
    exact = Entry(word="Reading", say="redding", exact=True)
    assert said("Reading while reading", exact) == "redding while reading"
    assert said("Reading reading", Entry(word="reading", say="reeding"), exact) == "redding reeding"


def test_phonemes_are_carried_beside_the_word() -> None:
    ipa = Entry(word="Kafuku", say="/kəˈfuːkuː/")
    engine = Entry(word="Yu", say="[[j'u:]]")
    assert said("Kafuku’s Yu", ipa, engine) == "{Kafuku's = kəˈfuːkuːz} {Yu = [[j'u:]]}"
    assert plain(pronounced("Oto", "oto") + " left") == "Oto left"


@pytest.mark.parametrize(("ipa", "ending"), [("ˈdʒæk", "s"), ("ˈoʊtoʊ", "z"), ("ˈɡreɪs", "ɪz")])
def test_a_possessive_ends_as_english_does(ipa: str, ending: str) -> None:
    assert said("Xx's", Entry(word="Xx", say=f"/{ipa}/")) == f"{{Xx's = {ipa}{ending}}}"


def test_an_entry_holds_in_its_language_and_its_regions() -> None:
    entry = Entry(word="quay", say="key", language="en")
    assert said("quay", entry, language="en-GB") == "key"
    assert said("quay", entry, language="fr") == "quay"


def test_an_entry_for_a_chapter_holds_there_by_number_or_title() -> None:
    lexicon = Lexicon((Entry(word="a", say="b", chapter="2"), Entry(word="c", say="d", chapter="the Quay"), OTO))
    assert lexicon.of_chapter(1, "The Quay").entries == (lexicon.entries[1], OTO)
    assert lexicon.of_chapter(2, "Two").entries == (lexicon.entries[0], OTO)


def test_the_lexicon_goes_before_every_rule() -> None:
    assert (
        said("Dr. Oto, 1984", Entry(word="1984", say="the year"), Entry(word="Dr. Oto", say="him")) == "him, the year"
    )


def test_a_table_of_words_is_read(tmp_path: Path) -> None:
    (tmp_path / "narrate.toml").write_text(
        '[pronunciation]\n"Oto" = "oh-toe"\n"Yu" = { say = "you", language = "en", chapter = 3, case = "exact" }\n'
    )
    joined = config.join(config.read_settings(tmp_path / "narrate.toml"))
    yu = Entry(word="Yu", say="you", language="en", chapter="3", exact=True)
    assert joined.text.lexicon.entries == (OTO, yu)


def test_later_settings_add_words_and_win_over_earlier_ones(tmp_path: Path) -> None:
    beside = config.check({"pronunciation": {"Oto": "one", "Yu": "you"}}, where="a", folder=tmp_path)
    front = config.check({"pronunciation": {"Oto": "two"}}, where="b", folder=tmp_path)
    lexicon = config.join(beside, front).text.lexicon
    assert spoken("Oto Yu", "en", lexicon=lexicon)[0] == "two you"


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"Oto": 3}, "pronunciation of “Oto” must be a text"),
        ({"Oto": {"sya": "x"}}, "`say`"),
        ({"Oto": {"say": "x", "voice": "y"}}, "unknown key 'voice'"),
        ({"Oto": {"say": "x", "case": "upper"}}, "case must be"),
        ({"Oto": "…"}, "has no letter"),
        ({"Oto": ""}, "says nothing"),
        ({"Oto": "/oʘto/"}, "no sound is known for ʘ"),
        ({"Oto": "[[o]] [[t"}, "between [[ and ]]"),
        ({"Oto": "o" * 61}, "longer than"),
        ({"…": "x"}, "is no word"),
        ("Oto", "must be a table"),
    ],
)
def test_a_wrong_entry_is_named(table: object, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.check({"pronunciation": table}, where="narrate.toml", folder=tmp_path)
    assert message in str(caught.value)
    assert str(caught.value).startswith("narrate.toml: ")


def test_a_w3c_lexicon_gives_its_preferred_pronunciation_to_every_spelling() -> None:
    lexeme = (
        "<lexeme><grapheme>Oto</grapheme><grapheme>Otto</grapheme><phoneme>a</phoneme>"
        '<phoneme prefer="true">ˈoʊtoʊ</phoneme></lexeme>'
        "<lexeme><grapheme>W3C</grapheme><alias>World Wide Web Consortium</alias></lexeme>"
        '<lexeme><grapheme>Yu</grapheme><phoneme alphabet="x-espeak">j\'u:</phoneme></lexeme><lexeme/>'
    )
    found = read_pls(HEAD.format('alphabet="ipa" xml:lang="en-US"', lexeme).encode(), name="n.pls")
    assert [(each.word, each.say, each.language) for each in found] == [
        ("Oto", "/ˈoʊtoʊ/", "en-US"),
        ("Otto", "/ˈoʊtoʊ/", "en-US"),
        ("W3C", "World Wide Web Consortium", "en-US"),
        ("Yu", "[[j'u:]]", "en-US"),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not valid XML"),
        (b"<lexicon", "not valid XML"),
        (b"<html/>", "not a pronunciation lexicon: it begins with <html>"),
        (b'<!DOCTYPE l [<!ENTITY a "b">]><lexicon>&a;</lexicon>', "declares a document type"),
        (b'<!DOCTYPE l SYSTEM "file:///etc/passwd"><lexicon/>', "declares a document type"),
        (b'<?xml version="1.0" encoding="x-none"?><lexicon/>', "not valid XML"),
        (
            HEAD.format('alphabet="x-sampa"', "<lexeme><grapheme>a</grapheme><phoneme>b</phoneme></lexeme>").encode(),
            "x-sampa",
        ),
    ],
)
def test_a_hostile_or_broken_lexicon_is_one_clear_error(data: bytes, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_pls(data, name="n.pls")
    assert message in str(caught.value)


def test_a_lexicon_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config.check({"lexicons": ["gone.pls"]}, where="narrate.toml", folder=tmp_path)
    assert "gone.pls" in str(caught.value)


def test_changing_an_entry_speaks_only_the_sentences_that_hold_it(desk: Desk) -> None:
    desk.write("The quay\n\nOto came. Rain fell. “Where is Oto’s car?” Nobody knew.\n")
    settings = desk.folder / "narrate.toml"
    settings.write_text('[pronunciation]\n"Oto" = "oh-toe"\n')
    desk.build()
    assert len(desk.said) == 5
    settings.write_text('[pronunciation]\n"Oto" = "/ˈoʊtoʊ/"\n"Nobody" = "nobody"\n')
    desk.build()
    assert [plain(each) for each in desk.said] == ["Oto came.", '"Where is Oto\'s car?"', "nobody knew."]


def test_a_lexicon_of_thousands_costs_no_more_than_one_of_a_few() -> None:
    many = Lexicon(tuple(Entry(word=f"Name{number:04d}x Oto", say="ka") for number in range(5000)))
    text = "The lamps along the quay were lit before Name4999x Oto came in. " * 400
    spoken(text, "en", lexicon=many)
    start = time.process_time()
    said_text = spoken(text, "en", lexicon=many)[0]
    assert said_text.count("before ka came") == 400
    assert time.process_time() - start < 0.5


def test_the_longest_of_words_with_one_beginning_is_found() -> None:
    short, longer = Entry(word="Oto", say="a"), Entry(word="Oto Maru", say="b")
    assert said("Oto Maru, Oto Mar, Otomaru", short, longer) == "b, a Mar, Otomaru"

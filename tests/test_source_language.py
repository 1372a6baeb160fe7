"""The language of a text that does not say it."""

import sys
from pathlib import Path

import pytest

from narrate.source import read

TEXTS = {
    "en": "The rain had been falling since noon, and the road was wet. We drove on, and nobody said a word for miles.",
    "de": "Der Regen fiel seit dem Mittag, und die Straße war nass. Wir fuhren weiter, und niemand sagte ein Wort.",
    "fr": "La pluie tombait depuis midi, et la route était mouillée. Nous avons continué sans que personne ne parle.",
    "es": "La lluvia caía desde el mediodía y la carretera estaba mojada. Seguimos adelante y nadie dijo una palabra.",
    "it": "La pioggia cadeva da mezzogiorno e la strada era bagnata. Andammo avanti e nessuno disse una parola.",
    "ru": "Дождь шёл с полудня, и дорога была мокрой. Мы ехали дальше, и никто из нас не сказал ни слова за час.",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_text_that_says_nothing_of_its_language_is_told_by_its_words(tmp_path: Path, language: str) -> None:
    source = tmp_path / "text.txt"
    source.write_text("\n\n".join([TEXTS[language]] * 3), encoding="utf-8")
    assert read(source).metadata.language == language


def test_what_a_document_says_of_its_language_stands(tmp_path: Path) -> None:
    source = tmp_path / "text.md"
    source.write_text(f"---\nlanguage: nl\n---\n\n{TEXTS['de']}\n", encoding="utf-8")
    assert read(source).metadata.language == "nl"


def test_a_few_words_are_taken_for_english(tmp_path: Path) -> None:
    source = tmp_path / "text.txt"
    source.write_text("Der Regen fiel.\n", encoding="utf-8")
    assert read(source).metadata.language == "en"


def test_english_is_told_without_the_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "py3langid", None)
    source = tmp_path / "text.txt"
    source.write_text(TEXTS["en"], encoding="utf-8")
    assert read(source).metadata.language == "en"

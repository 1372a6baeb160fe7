"""The words that narrate itself says, by language: signs, and the frames around what is described. Data.

A language that is not here is framed in English.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """One language's words. Those with braces are filled with `str.format`."""

    ampersand: str
    less: str
    greater: str
    dot: str
    times: Callable[[str, int], str]
    image: str
    captioned: str
    caption: str
    credit: str
    end_of_image: str
    nameless_image: str
    table: str
    columns: Callable[[int], str]
    rows: Callable[[int], str]
    row: str
    end_of_table: str
    code: str
    lines: Callable[[int], str]
    end_of_code: str
    note: str
    wordless: str


def _counted(one: str, many: str) -> Callable[[int], str]:
    return lambda count: f"{count} {one if count == 1 else many}"


def _times(word: str) -> Callable[[str, int], str]:
    return lambda name, count: f"{name}, {count} {word}"


_NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBER_WORDS = _NUMBERS.split()


def _english_times(name: str, count: int) -> str:
    return f"{name}, {_NUMBER_WORDS[count] if count < len(_NUMBER_WORDS) else count} times"


_ENGLISH = Words(
    ampersand="and",
    less="less than",
    greater="greater than",
    dot="dot",
    times=_english_times,
    image="Image:",
    captioned="A picture, captioned:",
    caption="Caption:",
    credit="Credit:",
    end_of_image="End of image.",
    nameless_image="An image without a description.",
    table="Table",
    columns=_counted("column", "columns"),
    rows=_counted("row", "rows"),
    row="Row {}.",
    end_of_table="End of table.",
    code="Code listing",
    lines=_counted("line", "lines"),
    end_of_code="End of code.",
    note="Note",
    wordless="A passage without words.",
)
_FRENCH = Words(
    ampersand="et",
    less="inférieur à",
    greater="supérieur à",
    dot="point",
    times=_times("fois"),
    image="Image :",
    captioned="Une image, avec la légende :",
    caption="Légende :",
    credit="Crédit :",
    end_of_image="Fin de l'image.",
    nameless_image="Une image sans description.",
    table="Tableau",
    columns=_counted("colonne", "colonnes"),
    rows=_counted("ligne", "lignes"),
    row="Ligne {}.",
    end_of_table="Fin du tableau.",
    code="Code source",
    lines=_counted("ligne", "lignes"),
    end_of_code="Fin du code.",
    note="Note",
    wordless="Un passage sans paroles.",
)
_GERMAN = Words(
    ampersand="und",
    less="kleiner als",
    greater="größer als",
    dot="Punkt",
    times=_times("Mal"),
    image="Bild:",
    captioned="Ein Bild mit der Unterschrift:",
    caption="Bildunterschrift:",
    credit="Bildnachweis:",
    end_of_image="Ende des Bildes.",
    nameless_image="Ein Bild ohne Beschreibung.",
    table="Tabelle",
    columns=_counted("Spalte", "Spalten"),
    rows=_counted("Zeile", "Zeilen"),
    row="Zeile {}.",
    end_of_table="Ende der Tabelle.",
    code="Programmtext",
    lines=_counted("Zeile", "Zeilen"),
    end_of_code="Ende des Programmtextes.",
    note="Anmerkung",
    wordless="Eine Stelle ohne Worte.",
)
_SPANISH = Words(
    ampersand="y",
    less="menor que",
    greater="mayor que",
    dot="punto",
    times=_times("veces"),
    image="Imagen:",
    captioned="Una imagen, con el pie:",
    caption="Pie de imagen:",
    credit="Crédito:",
    end_of_image="Fin de la imagen.",
    nameless_image="Una imagen sin descripción.",
    table="Tabla",
    columns=_counted("columna", "columnas"),
    rows=_counted("fila", "filas"),
    row="Fila {}.",
    end_of_table="Fin de la tabla.",
    code="Código",
    lines=_counted("línea", "líneas"),
    end_of_code="Fin del código.",
    note="Nota",
    wordless="Un pasaje sin palabras.",
)
_BY_LANGUAGE = {"en": _ENGLISH, "fr": _FRENCH, "de": _GERMAN, "es": _SPANISH}


def words_for(language: str) -> Words:
    """The words of a BCP 47 language, by its primary tag."""
    return _BY_LANGUAGE.get(language.split("-")[0].lower(), _ENGLISH)

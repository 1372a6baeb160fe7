"""The frames that narrate speaks around what it describes, and what its own sounds are called, by language.

Data: one table, a column a language.

A language that is not here is framed in English.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Count = Callable[[int], str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrases:
    """One language's frames. Those with braces are filled with `str.format`."""

    image: str
    captioned: str
    caption: str
    credit: str
    end_of_image: str
    nameless_image: str
    table: str
    columns: Count
    rows: Count
    headers: str
    row: str
    end_of_table: str
    code: str
    lines: Count
    end_of_code: str
    formula: str
    end_of_formula: str
    nameless_formula: str
    note: str
    page: str
    link: str
    link_to: str
    struck_out: str
    wordless: str
    scenes: Mapping[str, str] = field(default_factory=dict)
    """What scenes of ours are called that have a name in English."""


def _counted(one: str, many: str) -> Count:
    """`one` with its number, which most languages bend: "eine Spalte", "una fila"."""
    return lambda count: one if count == 1 else f"{count} {many}"


_ENGLISH = Phrases(
    image="Image:",
    captioned="A picture, captioned:",
    caption="Caption:",
    credit="Credit:",
    end_of_image="End of image.",
    nameless_image="An image without a description.",
    table="Table",
    columns=_counted("1 column", "columns"),
    rows=_counted("1 row", "rows"),
    headers="Headers:",
    row="Row {}.",
    end_of_table="End of table.",
    code="Code listing",
    lines=_counted("1 line", "lines"),
    end_of_code="End of code.",
    formula="Formula:",
    end_of_formula="End of formula.",
    nameless_formula="A formula that cannot be read aloud.",
    note="Note",
    page="Page {}.",
    link="link",
    link_to="link to {}",
    struck_out="struck out",
    wordless="A passage without words.",
)
_FRENCH = Phrases(
    image="Image :",
    captioned="Une image, avec la légende :",
    caption="Légende :",
    credit="Crédit :",
    end_of_image="Fin de l'image.",
    nameless_image="Une image sans description.",
    table="Tableau",
    columns=_counted("une colonne", "colonnes"),
    rows=_counted("une ligne", "lignes"),
    headers="En-têtes :",
    row="Ligne {}.",
    end_of_table="Fin du tableau.",
    code="Code source",
    lines=_counted("une ligne", "lignes"),
    end_of_code="Fin du code.",
    formula="Formule :",
    end_of_formula="Fin de la formule.",
    nameless_formula="Une formule qui ne se lit pas à voix haute.",
    note="Note",
    page="Page {}.",
    link="lien",
    link_to="lien vers {}",
    struck_out="barré",
    wordless="Un passage sans paroles.",
    scenes={
        "car driving": "voiture qui roule",
        "car driving, rain": "voiture qui roule, pluie",
        "car driving, night motorway": "voiture qui roule, autoroute de nuit",
        "car driving, snow": "voiture qui roule, neige",
        "car idling": "moteur au ralenti",
        "ferry engine": "moteur de ferry",
        "cassette hiss": "souffle de cassette",
    },
)
_GERMAN = Phrases(
    image="Bild:",
    captioned="Ein Bild mit der Unterschrift:",
    caption="Bildunterschrift:",
    credit="Bildnachweis:",
    end_of_image="Ende des Bildes.",
    nameless_image="Ein Bild ohne Beschreibung.",
    table="Tabelle",
    columns=_counted("eine Spalte", "Spalten"),
    rows=_counted("eine Zeile", "Zeilen"),
    headers="Spaltenköpfe:",
    row="Zeile {}.",
    end_of_table="Ende der Tabelle.",
    code="Programmtext",
    lines=_counted("eine Zeile", "Zeilen"),
    end_of_code="Ende des Programmtextes.",
    formula="Formel:",
    end_of_formula="Ende der Formel.",
    nameless_formula="Eine Formel, die sich nicht vorlesen lässt.",
    note="Anmerkung",
    page="Seite {}.",
    link="Verweis",
    link_to="Verweis auf {}",
    struck_out="durchgestrichen",
    wordless="Eine Stelle ohne Worte.",
    scenes={
        "car driving": "Autofahrt",
        "car driving, rain": "Autofahrt, Regen",
        "car driving, night motorway": "Autofahrt, nächtliche Autobahn",
        "car driving, snow": "Autofahrt, Schnee",
        "car idling": "Motor im Leerlauf",
        "ferry engine": "Motor einer Fähre",
        "cassette hiss": "Kassettenrauschen",
    },
)
_SPANISH = Phrases(
    image="Imagen:",
    captioned="Una imagen, con el pie:",
    caption="Pie de imagen:",
    credit="Crédito:",
    end_of_image="Fin de la imagen.",
    nameless_image="Una imagen sin descripción.",
    table="Tabla",
    columns=_counted("una columna", "columnas"),
    rows=_counted("una fila", "filas"),
    headers="Encabezados:",
    row="Fila {}.",
    end_of_table="Fin de la tabla.",
    code="Código",
    lines=_counted("una línea", "líneas"),
    end_of_code="Fin del código.",
    formula="Fórmula:",
    end_of_formula="Fin de la fórmula.",
    nameless_formula="Una fórmula que no se puede leer en voz alta.",
    note="Nota",
    page="Página {}.",
    link="enlace",
    link_to="enlace a {}",
    struck_out="tachado",
    wordless="Un pasaje sin palabras.",
    scenes={
        "car driving": "coche en marcha",
        "car driving, rain": "coche en marcha, lluvia",
        "car driving, night motorway": "coche en marcha, autopista de noche",
        "car driving, snow": "coche en marcha, nieve",
        "car idling": "motor al ralentí",
        "ferry engine": "motor de ferri",
        "cassette hiss": "siseo de casete",
    },
)
_ITALIAN = Phrases(
    image="Immagine:",
    captioned="Un'immagine con la didascalia:",
    caption="Didascalia:",
    credit="Crediti:",
    end_of_image="Fine dell'immagine.",
    nameless_image="Un'immagine senza descrizione.",
    table="Tabella",
    columns=_counted("una colonna", "colonne"),
    rows=_counted("una riga", "righe"),
    headers="Intestazioni:",
    row="Riga {}.",
    end_of_table="Fine della tabella.",
    code="Codice",
    lines=_counted("una riga", "righe"),
    end_of_code="Fine del codice.",
    formula="Formula:",
    end_of_formula="Fine della formula.",
    nameless_formula="Una formula che non si può leggere ad alta voce.",
    note="Nota",
    page="Pagina {}.",
    link="link",
    link_to="link a {}",
    struck_out="barrato",
    wordless="Un passo senza parole.",
    scenes={
        "car driving": "auto in viaggio",
        "car driving, rain": "auto in viaggio, pioggia",
        "car driving, night motorway": "auto in viaggio, autostrada di notte",
        "car driving, snow": "auto in viaggio, neve",
        "car idling": "motore al minimo",
        "ferry engine": "motore di traghetto",
        "cassette hiss": "fruscio di cassetta",
    },
)
_BY_LANGUAGE = {"en": _ENGLISH, "fr": _FRENCH, "de": _GERMAN, "es": _SPANISH, "it": _ITALIAN}


def phrases_for(language: str) -> Phrases:
    """The frames of a BCP 47 language, by its primary tag."""
    return _BY_LANGUAGE.get(language.split("-")[0].lower(), _ENGLISH)

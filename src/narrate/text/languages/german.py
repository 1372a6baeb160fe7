"""German, whose ordinals bend by case: they are said where the word before makes the case sure."""

import re

from narrate.text.languages.base import Currency, Language, spelled

_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_WEAK = re.compile(
    r"\b(?:am|vom|zum|beim|im|dem|den|des|ab|bis|seit|nach|vor|zur|einer|dieser|(?:in|an|auf|mit|von)\sder)\s$", re.I
)
_NOMINATIVE = re.compile(r"\b(?:der|die|das)\s$", re.I)
_WOMEN_WORDS = "Elisabeth Katharina Maria Margarethe Margrethe Victoria Viktoria Beatrix Isabella Johanna Anna"
_WOMEN = frozenset(_WOMEN_WORDS.split())
_DATIVE = re.compile(r"\b(?:von|mit|bei|zu|unter|nach|aus|seit|gegenüber)\s(?:\w+\s)?$")
_CENTS = ("Cent", "Cent")

_MONARCHS = (
    "Albrecht Alexander Benedikt Christian Elisabeth Ferdinand Franz Friedrich Georg Gregor Gustav Heinrich "
    "Innozenz Iwan Jakob Johannes Joseph Karl Katharina Konrad Leo Leopold Ludwig Margrethe Maria Maximilian "
    "Napoleon Nikolaus Otto Paul Peter Philipp Pius Rudolf Viktor Wilhelm"
)


def ordinal(number: int, before: str) -> str | None:
    """The ordinal as the words before it bend it; None where they do not say."""
    if _WEAK.search(before):
        return spelled(number, "de", "spellout-ordinal-n")
    return None


def _year(number: int) -> str | None:
    return spelled(number, "de", "spellout-numbering-year") if 1100 <= number < 2000 else None


def _clock(hour: int, minute: int, _rest: str) -> str:
    return f"{hour if hour != 1 else 'ein'} Uhr {minute}" if minute else f"{hour if hour != 1 else 'ein'} Uhr"


def _date(day: int, month: int, year: int, before: str) -> str:
    if _NOMINATIVE.search(before):
        said = spelled(day, "de", "spellout-ordinal")
    else:
        said = ordinal(day, before) or spelled(day, "de", "spellout-ordinal-r")
    tail = f" {_year(year) or year}" if year else ""
    return f"{said} {GERMAN.months[month - 1]}{tail}"


def _regnal(name: str, number: int, before: str) -> str:
    woman = name in _WOMEN
    if _DATIVE.search(before):
        return f"{'der' if woman else 'dem'} {spelled(number, 'de', 'spellout-ordinal-n').capitalize()}"
    return f"{'die' if woman else 'der'} {spelled(number, 'de', 'spellout-ordinal').capitalize()}"


GERMAN = Language(
    code="de",
    decimal=",",
    thousands=". \u00a0\u202f\u2009",
    to="bis",
    plus="plus",
    number="Nummer",
    at="ät",
    hashtag="Hashtag",
    signs={
        "×": "mal",
        "÷": "geteilt durch",
        "±": "plus minus",
        "≤": "höchstens",
        "≥": "mindestens",
        "≠": "ungleich",
        "≈": "ungefähr",
        "=": "gleich",
        "+": "plus",
        "→": "nach",
        "←": "von",
        "⇒": "daraus folgt",
        "√": "Wurzel aus",
        "∞": "unendlich",
        "°": "Grad",
        "§": "Paragraf",
        "©": "Copyright",
        "‰": "Promille",
        "~": "ungefähr",
    },
    currencies={
        "€": Currency(name=("Euro", "Euro"), cent=_CENTS),
        "EUR": Currency(name=("Euro", "Euro"), cent=_CENTS),
        "$": Currency(name=("Dollar", "Dollar"), cent=_CENTS),
        "US$": Currency(name=("US-Dollar", "US-Dollar"), cent=_CENTS),
        "£": Currency(name=("Pfund", "Pfund"), cent=("Penny", "Pence")),
        "¥": Currency(name=("Yen", "Yen")),
        "CHF": Currency(name=("Schweizer Franken", "Schweizer Franken"), cent=("Rappen", "Rappen")),
    },
    magnitudes={
        "Tausend": "Tausend",
        "Million": "Million",
        "Millionen": "Millionen",
        "Milliarde": "Milliarde",
        "Milliarden": "Milliarden",
        "Mio.": "Millionen",
        "Mrd.": "Milliarden",
        "Tsd.": "Tausend",
    },
    minor="{units} {part}",
    units={
        "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"),
        "m/s": ("Meter pro Sekunde", "Meter pro Sekunde"),
        **{
            sign: (name, name)
            for sign, name in {
                "km": "Kilometer",
                "m": "Meter",
                "cm": "Zentimeter",
                "mm": "Millimeter",
                "km²": "Quadratkilometer",
                "m²": "Quadratmeter",
                "m³": "Kubikmeter",
                "kg": "Kilogramm",
                "g": "Gramm",
                "mg": "Milligramm",
                "l": "Liter",
                "ml": "Milliliter",
                "ha": "Hektar",
                "°C": "Grad Celsius",
                "°F": "Grad Fahrenheit",
                "°": "Grad",
                "kHz": "Kilohertz",
                "MHz": "Megahertz",
                "GHz": "Gigahertz",
                "Hz": "Hertz",
                "kW": "Kilowatt",
                "kWh": "Kilowattstunden",
                "dB": "Dezibel",
                "MB": "Megabyte",
                "GB": "Gigabyte",
                "%": "Prozent",
            }.items()
        },
    },
    months=tuple(_MONTHS.split()),
    short_months={"Jan": 1, "Feb": 2, "Apr": 4, "Aug": 8, "Sept": 9, "Okt": 10, "Nov": 11, "Dez": 12},
    before_number={
        "Nr": "Nummer",
        "S": "Seite",
        "Bd": "Band",
        "Kap": "Kapitel",
        "Abb": "Abbildung",
        "Art": "Artikel",
        "Abs": "Absatz",
        "ca": "circa",
        "Tel": "Telefon",
        "Jh": "Jahrhundert",
    },
    before_name={"Dr": "Doktor", "Prof": "Professor", "Hr": "Herr", "Fr": "Frau", "St": "Sankt", "Hl": "Heiliger"},
    anywhere={
        "z. B.": "zum Beispiel",
        "z.B.": "zum Beispiel",
        "d. h.": "das heißt",
        "d.h.": "das heißt",
        "u. a.": "unter anderem",
        "u.a.": "unter anderem",
        "v. a.": "vor allem",
        "v.a.": "vor allem",
        "usw.": "und so weiter",
        "bzw.": "beziehungsweise",
        "vgl.": "vergleiche",
        "Vgl.": "Vergleiche",
        "etc.": "et cetera",
        "ggf.": "gegebenenfalls",
        "evtl.": "eventuell",
        "sog.": "sogenannt",
        "inkl.": "inklusive",
        "n. Chr.": "nach Christus",
        "v. Chr.": "vor Christus",
        "u. U.": "unter Umständen",
        "z. T.": "zum Teil",
        "Mio.": "Millionen",
        "Mrd.": "Milliarden",
    },
    fractions={
        (1, 2): "ein halb",
        (1, 3): "ein Drittel",
        (2, 3): "zwei Drittel",
        (1, 4): "ein Viertel",
        (3, 4): "drei Viertel",
    },
    mixed="{} und {}",
    year=_year,
    clock=_clock,
    clock_rest=r"Uhr\b|h\b",
    date=_date,
    year_cues=(
        r"jahre?|jahres|anno|seit|von|bis|um|ab|nach|vor|zwischen|und|frühjahr|frühling|sommer|herbst|winter|januar|"
        r"februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember|ende|anfang|mitte|\*|†"
    ),
    year_stops=r"seiten?|s\.|nr\.|nummer|zeile|zimmer|kapitel|raum|linie|etwa|rund|fast|über|mehr als|ungefähr",
    plural_after=r"(?:Menschen|Leute|Männer|Frauen|Kinder|Euro|Meter|Kilometer|Mann|Stück|Seiten|Jahren?|Soldaten)\b",
    roman_cues=("Kapitel", "Teil", "Buch", "Akt", "Szene", "Band", "Abschnitt", "Artikel"),
    monarchs=frozenset(_MONARCHS.split()),
    regnal=_regnal,
)

"""Italian."""

import re

from narrate.text.languages.base import Currency, Language, alike, spelled

_MONTHS = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
_CENTS = ("centesimo", "centesimi")
_QUEENS_WORDS = "Elisabetta Caterina Maria Margherita Vittoria Giovanna"
_QUEENS = frozenset(_QUEENS_WORDS.split())

_MONARCHS = (
    "Alessandro Benedetto Carlo Caterina Clemente Elisabetta Emanuele Enrico Federico Ferdinando Filippo "
    "Francesco Giacomo Giorgio Giovanni Giulio Gregorio Guglielmo Innocenzo Leone Luigi Napoleone Nicola Paolo "
    "Pietro Pio Umberto Vittorio"
)


def _clock(hour: int, minute: int, _rest: str) -> str | None:
    said = "una" if hour == 1 else str(hour)
    return f"{said} e {minute}" if minute else said


def _date(day: int, month: int, year: int, before: str) -> str:
    elided = before.endswith(("'", "’"))  # l'8 marzo, which would be read as a letter and a number
    said = "primo" if day == 1 else spelled(day, "it", "spellout-cardinal-masculine") if elided else day
    return f"{said} {ITALIAN.months[month - 1]}" + (f" {year}" if year else "")


def _regnal(name: str, number: int, _before: str) -> str:
    return spelled(number, "it", f"spellout-ordinal-{'feminine' if name in _QUEENS else 'masculine'}")


_COUNTED = re.compile(
    r"\s(?:([Gg]uerra|[Dd]inastia|[Ee]dizione|[Ll]egislatura|[Gg]iornata|[Rr]epubblica|[Aa]rmata|[Oo]limpiade)|"
    r"(?:[Ss]ecolo|[Cc]ongresso|[Cc]oncilio|[Aa]nniversario|[Ff]estival|[Pp]remio|[Rr]eggimento)|(sec\.))"
)
_SECOLO = re.compile(r"(?<!\w)(?:[Ss]ecolo|[Ss]ec\.)[\s\u00a0]$")


def _numeral(number: int, before: str, after: str) -> str | None:
    found = _COUNTED.match(after)
    if not found and not _SECOLO.search(before):
        return None
    gender = "feminine" if found and found[1] else "masculine"
    return spelled(number, "it", f"spellout-ordinal-{gender}")


def _one(name: str) -> str:
    if not name.split()[0].endswith("a"):
        return "un"
    return "un'" if name[0] in "aeiou" else "una"


def _half(whole: str, noun: str) -> str:
    """ "mezza tazza", "un'ora e mezza"."""
    feminine = noun.endswith(("a", "e")) and noun not in ("mese", "mare", "bicchiere", "cucchiaione")
    half = "mezza" if feminine else "mezzo"
    if not whole:
        return f"{half} {noun}"
    if whole != "1":
        return f"{whole} {noun} e {half}"
    noun = (
        noun.removesuffix("e") + "a"
        if noun.endswith("e") and feminine
        else noun.removesuffix("i") + "o" * noun.endswith("i")
    )
    article = ("un'" if noun[0] in "aeiouàèéìòù" else "una ") if feminine else "un "
    return f"{article}{noun} e {half}"


def _plural(name: str) -> str:
    return name[:-1] + "i"


ITALIAN = Language(
    code="it",
    decimal=",",
    thousands=". \u00a0\u202f\u2009",
    to="a",
    ratio="a",
    per="al",
    plus="più",
    number="numero",
    at="chiocciola",
    hashtag="hashtag",
    signs={
        "×": "per",
        "÷": "diviso",
        "±": "più o meno",
        "≤": "minore o uguale a",
        "≥": "maggiore o uguale a",
        "≠": "diverso da",
        "≈": "circa",
        "=": "uguale a",
        "+": "più",
        "→": "verso",
        "√": "radice di",
        "∞": "infinito",
        "°": "gradi",
        "−": "meno",
        "§": "paragrafo",
        "§§": "paragrafi",
        "©": "copyright",
        "‰": "per mille",
        "~": "circa",
    },
    currencies={
        "€": Currency(name=("euro", "euro"), cent=_CENTS),
        "EUR": Currency(name=("euro", "euro"), cent=_CENTS),
        "$": Currency(name=("dollaro", "dollari"), cent=("centesimo", "centesimi")),
        "US$": Currency(name=("dollaro", "dollari"), cent=("centesimo", "centesimi")),
        "£": Currency(name=("sterlina", "sterline"), cent=("penny", "pence")),
        "¥": Currency(name=("yen", "yen")),
    },
    magnitudes=alike({"mila": "mila"})
    | dict.fromkeys(("milione", "milioni", "mln"), ("milione di", "milioni di"))
    | dict.fromkeys(("miliardo", "miliardi", "mld"), ("miliardo di", "miliardi di")),
    minor="{units} e {part}",
    units={
        "km/h": ("chilometro all'ora", "chilometri all'ora"),
        "m/s": ("metro al secondo", "metri al secondo"),
        **{
            sign: (name, _plural(name))
            for sign, name in {
                "km": "chilometro",
                "m": "metro",
                "cm": "centimetro",
                "mm": "millimetro",
                "kg": "chilogrammo",
                "g": "grammo",
                "mg": "milligrammo",
                "l": "litro",
                "ml": "millilitro",
                "ha": "ettaro",
                "hg": "ettogrammo",
                "q": "quintale",
                "dl": "decilitro",
                "cl": "centilitro",
                "min": "minuto",
                "°": "grado",
            }.items()
        },
        "t": ("tonnellata", "tonnellate"),
        "h": ("ora", "ore"),
        "sec": ("secondo", "secondi"),
        "s": ("secondo", "secondi"),
        "kW": ("kilowatt", "kilowatt"),
        "kWh": ("kilowattora", "kilowattora"),
        "MW": ("megawatt", "megawatt"),
        "W": ("watt", "watt"),
        "V": ("volt", "volt"),
        "MB": ("megabyte", "megabyte"),
        "GB": ("gigabyte", "gigabyte"),
        "Hz": ("hertz", "hertz"),
        "MHz": ("megahertz", "megahertz"),
        "°F": ("grado Fahrenheit", "gradi Fahrenheit"),
        "cm²": ("centimetro quadrato", "centimetri quadrati"),
        "cm³": ("centimetro cubo", "centimetri cubi"),
        "m/s²": ("metro al secondo quadrato", "metri al secondo quadrato"),
        "m²": ("metro quadrato", "metri quadrati"),
        "km²": ("chilometro quadrato", "chilometri quadrati"),
        "m³": ("metro cubo", "metri cubi"),
        "°C": ("grado Celsius", "gradi Celsius"),
        "%": ("per cento", "per cento"),
    },
    months=tuple(_MONTHS.split()),
    short_months={},
    before_number={
        "pag": "pagina",
        "pagg": "pagine",
        "p": "pagina",
        "pp": "pagine",
        "nn": "numeri",
        "t": "tomo",
        "v": "verso",
        "vv": "versi",
        "sec": "secolo",
        "Fig": "figura",
        "Cap": "capitolo",
        "max": "massimo",
        "n": "numero",
        "vol": "volume",
        "cap": "capitolo",
        "fig": "figura",
        "art": "articolo",
        "tel": "telefono",
        "Tel": "telefono",
        "ca": "circa",
    },
    before_name={
        "S": "San",
        "Sig": "Signor",
        "sig": "signor",
        "Dott": "Dottor",
        "dott": "dottor",
        "Prof": "Professor",
        "Ing": "Ingegner",
        "Avv": "Avvocato",
        "On": "Onorevole",
        "Mons": "Monsignor",
        "dr": "dottor",
        "Dr": "Dottor",
        "sigg": "signori",
        "prof": "professor",
        "ing": "ingegner",
        "avv": "avvocato",
        "on": "onorevole",
        "mons": "monsignor",
    },
    anywhere={
        "ecc.": "eccetera",
        "etc.": "eccetera",
        "es.": "esempio",
        "p.es.": "per esempio",
        "p. es.": "per esempio",
        "sec.": "secolo",
        "S.r.l.": "società a responsabilità limitata",
        "p.zza": "piazza",
        "c.so": "corso",
        "v.le": "viale",
        "sig.ra": "signora",
        "sig.na": "signorina",
        "dott.ssa": "dottoressa",
        "prof.ssa": "professoressa",
        "Prof.ssa": "Professoressa",
        "a. C.": "avanti Cristo",
        "d. C.": "dopo Cristo",
        "mln": "milioni",
        "mld": "miliardi",
        "ca.": "circa",
        "cfr.": "confronta",
        "Sig.ra": "Signora",
        "Sig.na": "Signorina",
        "Dott.ssa": "Dottoressa",
        "a.C.": "avanti Cristo",
        "d.C.": "dopo Cristo",
        "S.p.A.": "società per azioni",
    },
    fractions={(1, 2): "un mezzo", (1, 3): "un terzo", (2, 3): "due terzi", (1, 4): "un quarto", (3, 4): "tre quarti"},
    mixed="{} e {}",
    year=lambda _number: None,
    clock=_clock,
    clock_rest="",
    date=_date,
    roman_cues=("Capitolo", "Parte", "Libro", "Atto", "Scena", "Tomo", "Volume", "Sezione", "capitolo", "secolo"),
    monarchs=frozenset(_MONARCHS.split()),
    regnal=_regnal,
    numeral=_numeral,
    one=_one,
    half=_half,
)

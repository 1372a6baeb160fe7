"""Italian."""

from narrate.text.languages.base import Currency, Language, spelled

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
    return f"{hour} e {minute}" if minute else f"{hour}"


def _date(day: int, month: int, year: int, _before: str) -> str:
    return f"{'primo' if day == 1 else day} {ITALIAN.months[month - 1]}" + (f" {year}" if year else "")


def _regnal(name: str, number: int, _before: str) -> str:
    return spelled(number, "it", f"spellout-ordinal-{'feminine' if name in _QUEENS else 'masculine'}")


def _plural(name: str) -> str:
    return name[:-1] + "i"


ITALIAN = Language(
    code="it",
    decimal=",",
    thousands=". \u00a0\u202f\u2009",
    to="a",
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
        "§": "paragrafo",
        "©": "copyright",
        "‰": "per mille",
        "~": "circa",
    },
    currencies={
        "€": Currency(name=("euro", "euro"), cent=_CENTS),
        "EUR": Currency(name=("euro", "euro"), cent=_CENTS),
        "$": Currency(name=("dollaro", "dollari"), cent=("centesimo", "centesimi")),
        "£": Currency(name=("sterlina", "sterline"), cent=("penny", "pence")),
        "¥": Currency(name=("yen", "yen")),
    },
    magnitudes={
        "milione": "milione di",
        "milioni": "milioni di",
        "miliardo": "miliardo di",
        "miliardi": "miliardi di",
        "mila": "mila",
        "mln": "milioni di",
        "mld": "miliardi di",
    },
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
                "°": "grado",
            }.items()
        },
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
        "Sig": "Signor",
        "sig": "signor",
        "Dott": "Dottor",
        "dott": "dottor",
        "Prof": "Professor",
        "Ing": "Ingegner",
        "Avv": "Avvocato",
        "On": "Onorevole",
        "Mons": "Monsignor",
    },
    anywhere={
        "ecc.": "eccetera",
        "etc.": "eccetera",
        "es.": "esempio",
        "p.es.": "per esempio",
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
)

"""French."""

from narrate.text.languages.base import Currency, Language, alike, spelled

_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
_CENTS = ("centime", "centimes")

_MONARCHS = (
    "Alexandre Benoît Catherine Charles Clément Élisabeth Elizabeth Édouard Ferdinand François Frédéric George "
    "Georges Grégoire Guillaume Henri Innocent Ivan Jacques Jean Léon Léopold Louis Napoléon Nicolas Paul "
    "Philippe Pie Pierre Richard Urbain Victor"
)


def _clock(hour: int, minute: int, _rest: str) -> str:
    hours = "une heure" if hour == 1 else f"{hour} heure{'s' * (hour > 1)}"
    return f"{hours} {minute}" if minute else hours


def _date(day: int, month: int, year: int, _before: str) -> str:
    return f"{'premier' if day == 1 else day} {FRENCH.months[month - 1]}" + (f" {year}" if year else "")


def _regnal(_name: str, number: int, _before: str) -> str:
    return "premier" if number == 1 else str(number)


_FEMININE_WORDS = (
    "livre tonne minute seconde heure tasse cuillère cuillerée journée douzaine bouteille page année dose tranche "
    "gousse pomme orange mesure botte tablette assiette finale"
)
_FEMININE = frozenset(_FEMININE_WORDS.split())


def _half(whole: str, noun: str) -> str:
    """ "une demi tasse", "1 heure et demie"."""
    feminine = noun.removesuffix("s") in _FEMININE
    if whole:
        return f"{'une' if whole == '1' and feminine else whole} {noun} et demi{'e' if feminine else ''}"
    return f"{'une' if feminine else 'un'} demi {noun}"


def ordinal(number: int, ending: str) -> str:
    """ "2e", "1re", "3ème" in words."""
    if number == 2 and ending.startswith("nd"):
        return f"seco{ending}"
    feminine = number == 1 and ending in ("re", "res", "ère", "ere")
    return spelled(number, "fr", f"spellout-ordinal-{'feminine' if feminine else 'masculine'}")


FRENCH = Language(
    code="fr",
    decimal=",",
    thousands=" \u00a0\u202f\u2009.",
    to="à",
    ratio="pour",
    per="par",
    plus="plus",
    number="numéro",
    at="arobase",
    hashtag="hashtag",
    signs={
        "×": "fois",
        "÷": "divisé par",
        "±": "plus ou moins",
        "≤": "inférieur ou égal à",
        "≠": "différent de",
        "≥": "supérieur ou égal à",
        "≈": "environ",
        "=": "égale",
        "+": "plus",
        "→": "vers",
        "√": "racine de",
        "∞": "infini",
        "°": "degrés",
        "−": "moins",
        "§": "paragraphe",
        "§§": "paragraphes",
        "©": "copyright",
        "‰": "pour mille",
        "~": "environ",
    },
    currencies={
        "€": Currency(name=("euro", "euros"), cent=_CENTS),
        "EUR": Currency(name=("euro", "euros"), cent=_CENTS),
        "$": Currency(name=("dollar", "dollars"), cent=("cent", "cents")),
        "£": Currency(name=("livre", "livres"), cent=("penny", "pence")),
        "¥": Currency(name=("yen", "yens")),
        "US$": Currency(name=("dollar américain", "dollars américains"), cent=("cent", "cents")),
        "CHF": Currency(name=("franc suisse", "francs suisses"), cent=_CENTS),
    },
    magnitudes=alike({"k": "mille", "mille": "mille"})
    | dict.fromkeys(("million", "millions", "M"), ("million d'", "millions d'"))
    | dict.fromkeys(("milliard", "milliards", "Md", "Mds", "Mrd"), ("milliard d'", "milliards d'")),
    minor="{units} {part}",
    units={
        "km/h": ("kilomètre heure", "kilomètres heure"),
        "m/s": ("mètre par seconde", "mètres par seconde"),
        **{
            sign: (name, f"{name}s")
            for sign, name in {
                "km": "kilomètre",
                "m": "mètre",
                "cm": "centimètre",
                "mm": "millimètre",
                "kg": "kilogramme",
                "g": "gramme",
                "mg": "milligramme",
                "l": "litre",
                "ml": "millilitre",
                "ha": "hectare",
                "°": "degré",
                "kW": "kilowatt",
                "kWh": "kilowattheure",
                "MW": "mégawatt",
                "W": "watt",
                "V": "volt",
                "t": "tonne",
                "s": "seconde",
                "µm": "micromètre",
                "nm": "nanomètre",
                "cl": "centilitre",
                "dl": "décilitre",
                "ko": "kilooctet",
                "To": "téraoctet",
                "dB": "décibel",
                "Mo": "mégaoctet",
                "Go": "gigaoctet",
            }.items()
        },
        "m/s²": ("mètre par seconde carrée", "mètres par seconde carrée"),
        "cm²": ("centimètre carré", "centimètres carrés"),
        "cm³": ("centimètre cube", "centimètres cubes"),
        "hPa": ("hectopascal", "hectopascals"),
        "MHz": ("mégahertz", "mégahertz"),
        "GHz": ("gigahertz", "gigahertz"),
        "min": ("minute", "minutes"),
        "m²": ("mètre carré", "mètres carrés"),
        "km²": ("kilomètre carré", "kilomètres carrés"),
        "m³": ("mètre cube", "mètres cubes"),
        "°C": ("degré Celsius", "degrés Celsius"),
        "°F": ("degré Fahrenheit", "degrés Fahrenheit"),
        "Hz": ("hertz", "hertz"),
        "%": ("pour cent", "pour cent"),
    },
    months=tuple(_MONTHS.split()),
    short_months={"janv": 1, "févr": 2, "avr": 4, "juil": 7, "sept": 9, "oct": 10, "nov": 11, "déc": 12},
    before_number={
        "p": "page",
        "pp": "pages",
        "n": "numéro",
        "vol": "volume",
        "chap": "chapitre",
        "art": "article",
        "fig": "figure",
        "ch": "chapitre",
        "env": "environ",
        "tél": "téléphone",
        "Tél": "téléphone",
        "t": "tome",
        "min": "minimum",
        "max": "maximum",
        "al": "alinéa",
    },
    before_name={"M": "Monsieur", "MM": "Messieurs", "Dr": "Docteur", "Pr": "Professeur", "av": "avenue"},
    anywhere={
        "p. ex.": "par exemple",
        "p.ex.": "par exemple",
        "c.-à-d.": "c'est-à-dire",
        "etc.": "et cetera",
        "cf.": "confer",
        "Mme": "Madame",
        "Mmes": "Mesdames",
        "Mlle": "Mademoiselle",
        "Mgr": "Monseigneur",
        "av. J.-C.": "avant Jésus-Christ",
        "apr. J.-C.": "après Jésus-Christ",
        "ap. J.-C.": "après Jésus-Christ",
        "av. de": "avenue de",
        "av. du": "avenue du",
        "coll.": "collection",
        "trad.": "traduction",
        "n°": "numéro",
        "N°": "numéro",
        "env.": "environ",
        "c-à-d": "c'est-à-dire",
        "ibid.": "ibidem",
        "éd.": "édition",
        "bd": "boulevard",
        "Bd": "Boulevard",
        "St": "Saint",
        "Ste": "Sainte",
        "Dr": "Docteur",
    },
    fractions={(1, 2): "un demi", (1, 3): "un tiers", (2, 3): "deux tiers", (1, 4): "un quart", (3, 4): "trois quarts"},
    mixed="{} et {}",
    year=lambda _number: None,
    clock=_clock,
    clock_rest="",
    date=_date,
    roman_cues=("Chapitre", "Partie", "Livre", "Acte", "Scène", "Tome", "Volume", "Section", "chapitre", "tome"),
    monarchs=frozenset(_MONARCHS.split()),
    regnal=_regnal,
    one=lambda name: "une" if name.split()[0] in _FEMININE else "un",
    half=_half,
)

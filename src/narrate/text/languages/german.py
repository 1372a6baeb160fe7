"""German, whose ordinals bend by case: they are said where the word before makes the case sure."""

import re

from narrate.text.languages.base import Currency, Language, alike, spelled

_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
_WEAK = re.compile(
    r"\b(?:am|vom|zum|beim|im|dem|den|des|ab|bis|seit|nach|vor|zur|einer|dieser|(?:in|an|auf|mit|von)\sder)\s$", re.I
)
_NOMINATIVE = re.compile(r"\b(?:der|die|das)\s$", re.I)
_WOMEN_WORDS = "Elisabeth Katharina Maria Margarethe Margrethe Victoria Viktoria Beatrix Isabella Johanna Anna"
_WOMEN = frozenset(_WOMEN_WORDS.split())
_DATIVE = re.compile(r"\b(?:von|mit|bei|zu|unter|nach|aus|seit|gegenüber|zum|vom|beim)\s(?:\w+\s)?$", re.I)
_ACCUSATIVE = re.compile(r"\b(?:für|gegen|durch|ohne|um)\s(?:\w+\s)?$", re.I)
_CENTS = ("Cent", "Cent")

_MONARCHS = (
    "Albrecht Alexander Benedikt Christian Elisabeth Ferdinand Franz Friedrich Georg Gregor Gustav Heinrich "
    "Innozenz Iwan Jakob Johannes Joseph Karl Katharina Konrad Leo Leopold Ludwig Margrethe Maria Maximilian "
    "Napoleon Nikolaus Otto Paul Peter Philipp Pius Rudolf Viktor Wilhelm"
)


_KINGS = frozenset(_MONARCHS.split())

_LETTERS = (
    "USA EU UN AG EZB UKW FAZ IG TU ARD BIP EDV KI EKG IHK AOK AKW EG OB ICE IC ÖPNV ÖVP FPÖ SPÖ EM ISS UBS ETH ABS "
    "IAA IWF UG"
)
_FEMININE = re.compile(
    r"\s(?:\w+(?:ung|heit|keit|schaft|tion|tät|ik|age|ion|ur)|(?!Name|Kaiser|Kunde|Junge|Wille|Buchstabe)\w+e|Hand|"
    r"Nacht|Welt|Zahl|Wahl|Stadt|Fassung|Tochter|Frau|Klasse|Bundesliga|Liga|Kraft|Schicht|Person|Spur|Mal[sz]eit)\b"
)
_NEUTER = re.compile(
    r"\s(?:\w*(?:[Jj]ahrhundert|[Jj]ahr|[Kk]apitel|[Ss]emester|[Kk]ind|[Bb]uch|[Bb]ein|[Hh]aus|[Tt]or|[Ss]piel|[Ll]eben)|"
    r"Mal|Kilo|Pfund|Dutzend|Glas|Kilogramm|Gramm|Prozent|Brötchen|Ei)\b"
)
NUMBERED = (
    r"Jahrhundert\w{0,2}|Jh\.|Jahr|Jahrestag|Lebensjahr|Geburtstag\w?|Kapitel\w?|Auflage|Weltkrieg\w?|Stock|Etage|Klasse|"
    "FC|Bundesliga|Liga|Minute|Halbjahr|Quartal|Halbzeit|Mannschaft|Hälfte|Symphonie|Sinfonie|Advent|"
    "Generation|Grades?|Weihnachtstag|Tag|Woche|Monat|Stunde|Mal|Platz|Band|Teil|Akt|Runde|Preis|Reihe|Republik|Semester"
)
"""Words, as a pattern, before which a number with a full stop is an ordinal whatever stands before it."""

ARTICLE = re.compile(
    r"\b(?:d(?:er|ie|as|en|em|es)|am|vom|zum|beim|im|ins|zur|(?:ein|kein|mein|dein|sein|ihr|unser)(?:e|en|em|er|"
    r"es)?|diese[mnrs]?|jede[mnrs]?)\s$",
    re.I,
)
"""What stands before an ordinal."""

_OWN_E = re.compile(r"\b(?:eine|keine|meine|deine|seine|ihre|unsere|eure)\s$", re.I)


def ordinal(number: int, before: str, after: str = "") -> str:
    """The ordinal as the words before it, and the noun behind it, bend it.

    "im 19.", "der 2. Weltkrieg", but "der 2. Auflage", which is no nominative; "mein 40. Geburtstag", "sein 2. Buch",
    and with no article as with a masculine noun ("Montag, 3. März") where nothing says otherwise ("2. Auflage").
    """
    if _WEAK.search(before):
        return spelled(number, "de", "spellout-ordinal-n")
    feminine = _FEMININE.match(after)
    if _NOMINATIVE.search(before):
        bent = "-n" if feminine and before.rstrip().lower().endswith("der") else ""
    elif feminine or _OWN_E.search(before):
        bent = ""
    else:
        bent = "-s" if _NEUTER.match(after) else "-r"
    return spelled(number, "de", f"spellout-ordinal{bent}")


def _numeral(number: int, before: str, after: str) -> str | None:
    return ordinal(number, before, after) if re.match(rf"\s(?:{NUMBERED})\b", after) else None


def _one(name: str) -> str:
    return "eine" if name.endswith("e") or name in ("Million", "Billion") else "ein"


def _half(whole: str, noun: str) -> str | None:
    if whole:
        return f"{spelled(int(whole), 'de', 'spellout-numbering').removesuffix('s')}einhalb {noun}"
    if not noun[0].isupper():
        return None
    ending = "e" if _FEMININE.match(f" {noun}") else "es" if _NEUTER.match(f" {noun}") else "er"
    return f"ein{'e' if ending == 'e' else ''} halb{ending} {noun}"


def _year(number: int) -> str | None:
    return spelled(number, "de", "spellout-numbering-year") if 1100 <= number < 2000 else None


def _clock(hour: int, minute: int, _rest: str) -> str:
    return f"{hour if hour != 1 else 'ein'} Uhr {minute}" if minute else f"{hour if hour != 1 else 'ein'} Uhr"


def _date(day: int, month: int, year: int, before: str) -> str:
    said = ordinal(day, before)
    tail = f" {_year(year) or year}" if year else ""
    return f"{said} {GERMAN.months[month - 1]}{tail}"


def _regnal(name: str, number: int, before: str) -> str:
    """ "Ludwig der Vierzehnte", "von … dem Vierzehnten", "gegen … den Vierzehnten", "Ludwigs des Vierzehnten"."""
    genitive = name not in _KINGS
    woman = name.removesuffix("s") in _WOMEN if genitive else name in _WOMEN
    dative, accusative = _DATIVE.search(before), _ACCUSATIVE.search(before)
    if genitive:
        article = "der" if woman else "des"
    elif dative:
        article = "der" if woman else "dem"
    elif accusative:
        article = "die" if woman else "den"
    else:
        article = "die" if woman else "der"
    weak = genitive or dative or (accusative and not woman)
    return f"{article} {spelled(number, 'de', 'spellout-ordinal-n' if weak else 'spellout-ordinal').capitalize()}"


GERMAN = Language(
    code="de",
    decimal=",",
    thousands=". \u00a0\u202f\u2009",
    to="bis",
    ratio="zu",
    per="pro",
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
        "−": "minus",
        "§": "Paragraf",
        "§§": "Paragrafen",
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
    magnitudes=alike({"Tausend": "Tausend", "Tsd.": "Tausend"})
    | dict.fromkeys(("Million", "Millionen", "Mio.", "Mill."), ("Million", "Millionen"))
    | dict.fromkeys(("Milliarde", "Milliarden", "Mrd."), ("Milliarde", "Milliarden"))
    | dict.fromkeys(("Billion", "Billionen", "Bio."), ("Billion", "Billionen")),
    minor="{units} {part}",
    units={
        "km/h": ("Kilometer pro Stunde", "Kilometer pro Stunde"),
        "m/s": ("Meter pro Sekunde", "Meter pro Sekunde"),
        "kWh": ("Kilowattstunde", "Kilowattstunden"),
        "MWh": ("Megawattstunde", "Megawattstunden"),
        "t": ("Tonne", "Tonnen"),
        "s": ("Sekunde", "Sekunden"),
        "Std.": ("Stunde", "Stunden"),
        "Min.": ("Minute", "Minuten"),
        "Sek.": ("Sekunde", "Sekunden"),
        **{
            sign: (name, name)
            for sign, name in {
                "km": "Kilometer",
                "m": "Meter",
                "m/s²": "Meter pro Sekunde zum Quadrat",
                "cm²": "Quadratzentimeter",
                "cm³": "Kubikzentimeter",
                "dl": "Deziliter",
                "µm": "Mikrometer",
                "nm": "Nanometer",
                "V": "Volt",
                "W": "Watt",
                "MW": "Megawatt",
                "hPa": "Hektopascal",
                "kB": "Kilobyte",
                "KB": "Kilobyte",
                "TB": "Terabyte",
                "EL": "Esslöffel",
                "TL": "Teelöffel",
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
        "Ca": "circa",
        "Anm": "Anmerkung",
        "max": "maximal",
        "Max": "maximal",
        "mind": "mindestens",
        "Mind": "mindestens",
        "Aufl": "Auflage",
        "Tab": "Tabelle",
        "Hs": "Halbsatz",
        "Z": "Zeile",
        "Rn": "Randnummer",
    },
    before_name={"Dr": "Doktor", "Prof": "Professor", "Hr": "Herr", "Fr": "Frau", "St": "Sankt", "Hl": "Heiliger"},
    anywhere={
        "z. B.": "zum Beispiel",
        "Z. B.": "Zum Beispiel",
        "Z.B.": "Zum Beispiel",
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
        "u.U.": "unter Umständen",
        "z.T.": "zum Teil",
        "Dr. h. c.": "Doktor honoris causa",
        "a. D.": "außer Dienst",
        "a. a. O.": "am angegebenen Ort",
        "m. E.": "meines Erachtens",
        "i. A.": "im Auftrag",
        "i. V.": "in Vertretung",
        "z. Hd.": "zu Händen",
        "et al.": "und andere",
        "bzgl.": "bezüglich",
        "exkl.": "exklusive",
        "MwSt.": "Mehrwertsteuer",
        "ugs.": "umgangssprachlich",
        "lat.": "lateinisch",
        "griech.": "griechisch",
        "engl.": "englisch",
        "frz.": "französisch",
        "i. d. R.": "in der Regel",
        "i.d.R.": "in der Regel",
        "s. o.": "siehe oben",
        "s. u.": "siehe unten",
        "o. Ä.": "oder Ähnliches",
        "o.Ä.": "oder Ähnliches",
        "u. Ä.": "und Ähnliches",
        "u.Ä.": "und Ähnliches",
        "u. a. m.": "und anderes mehr",
        "u. v. m.": "und vieles mehr",
        "u.v.m.": "und vieles mehr",
        "uvm.": "und vieles mehr",
        "usf.": "und so fort",
        "z. Zt.": "zurzeit",
        "z. Z.": "zurzeit",
        "d. i.": "das ist",
        "d. J.": "des Jahres",
        "geb.": "geboren",
        "gest.": "gestorben",
        "ehem.": "ehemals",
        "insb.": "insbesondere",
        "zzgl.": "zuzüglich",
        "abzgl.": "abzüglich",
        "Jh.": "Jahrhundert",
        "Jhs.": "Jahrhunderts",
        "Str.": "Straße",
        "Hrsg.": "Herausgeber",
        "Tsd.": "Tausend",
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
    monarchs=_KINGS | frozenset(f"{name}s" for name in _KINGS),
    regnal=_regnal,
    numeral=_numeral,
    one=_one,
    half=_half,
    letters=frozenset(_LETTERS.split()),
)

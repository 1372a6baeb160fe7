"""English."""

from narrate.text.languages.base import Currency, Language, spelled

_MONTHS = "January February March April May June July August September October November December"  # fmt: skip
_SHORT = {"Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "Jun": 6, "Jul": 7, "Aug": 8, "Sep": 9, "Sept": 9, "Oct": 10}
_CENTS = ("cent", "cents")

_MONARCHS = (
    "Adrian Albert Alexander Alfonso Amenhotep Baldwin Benedict Boniface Catherine Charles Christian Clement "
    "Constantine Cyrus Darius David Edward Elizabeth Emmanuel Ferdinand Francis Frederick Frederik George Gregory "
    "Gustav Haakon Harald Henry Innocent Ivan James John Juan Julius Leo Leopold Louis Ludwig Margrethe Mary "
    "Mehmed Murad Napoleon Nicholas Olav Otto Paul Pedro Peter Philip Philippe Pius Ptolemy Ramesses Ramses "
    "Richard Robert Rudolf Selim Sixtus Suleiman Thutmose Umberto Urban Victor Wilhelm William Xerxes"
)


def _year(number: int) -> str | None:
    """ "nineteen oh-five"; the first years of a thousand are read as the number that they are."""
    if not 1000 < number < 2100 or number // 10 in (100, 200) or number == 2000:
        return None
    return spelled(number, "en", "spellout-numbering-year")


def _clock(hour: int, minute: int, rest: str) -> str | None:
    half = " ".join(rest.replace(".", "").replace(" ", "").lower())
    if minute:
        return f"{hour} {'oh ' if minute < 10 else ''}{minute} {half}".rstrip()
    if half:
        return f"{hour} {half}"
    if not hour:
        return None
    return f"{hour} o'clock" if hour <= 12 else f"{hour} hundred"


def _date(day: int, month: int, year: int, before: str) -> str:
    ordinal = spelled(day, "en", "spellout-ordinal")
    name = ENGLISH.months[month - 1]
    tail = f", {_year(year) or year}" if year else ""
    if before == "month first":
        return f"{name} {ordinal}{tail}"
    the = "" if before.lower().endswith("the ") else "the "
    return f"{the}{ordinal} of {name}{tail}"


def _regnal(_name: str, number: int, _before: str) -> str:
    return f"the {spelled(number, 'en', 'spellout-ordinal').capitalize()}"


ENGLISH = Language(
    code="en",
    decimal=".",
    thousands=",",
    to="to",
    plus="plus",
    number="number",
    at="at",
    hashtag="hashtag",
    signs={
        "×": "times",
        "÷": "divided by",
        "±": "plus or minus",
        "≤": "is at most",
        "≥": "is at least",
        "≠": "is not equal to",
        "≈": "is about",
        "=": "equals",
        "+": "plus",
        "→": "to",
        "←": "from",
        "⇒": "therefore",
        "↔": "to and from",
        "√": "the square root of",
        "∞": "infinity",
        "∈": "in",
        "∑": "the sum of",
        "°": "degrees",
        "§": "section",
        "¶": "paragraph",
        "©": "copyright",
        "‰": "per thousand",
        "¢": "cents",
        "~": "about",
    },
    currencies={
        "$": Currency(name=("dollar", "dollars"), cent=_CENTS),
        "US$": Currency(name=("US dollar", "US dollars"), cent=_CENTS),
        "A$": Currency(name=("Australian dollar", "Australian dollars"), cent=_CENTS),
        "C$": Currency(name=("Canadian dollar", "Canadian dollars"), cent=_CENTS),
        "£": Currency(name=("pound", "pounds"), cent=("penny", "pence")),
        "€": Currency(name=("euro", "euros"), cent=_CENTS),
        "¥": Currency(name=("yen", "yen")),
        "₹": Currency(name=("rupee", "rupees"), cent=("paisa", "paise")),
        "₽": Currency(name=("rouble", "roubles")),
        "₩": Currency(name=("won", "won")),
        "EUR": Currency(name=("euro", "euros"), cent=_CENTS),
        "USD": Currency(name=("US dollar", "US dollars"), cent=_CENTS),
        "GBP": Currency(name=("pound", "pounds"), cent=("penny", "pence")),
        "CHF": Currency(name=("Swiss franc", "Swiss francs")),
        "JPY": Currency(name=("yen", "yen")),
    },
    magnitudes={
        **{word: word for word in ("hundred", "thousand", "million", "billion", "trillion")},
        "k": "thousand",
        "K": "thousand",
        "m": "million",
        "M": "million",
        "mn": "million",
        "bn": "billion",
        "B": "billion",
        "tn": "trillion",
    },
    minor="{units} and {cents}",
    singular_after=r"\b(?:an?|per|every|each)\s$",
    units={
        "km/h": ("kilometre an hour", "kilometres an hour"),
        "mph": ("mile an hour", "miles an hour"),
        "m/s": ("metre a second", "metres a second"),
        "km": ("kilometre", "kilometres"),
        "m": ("metre", "metres"),
        "cm": ("centimetre", "centimetres"),
        "mm": ("millimetre", "millimetres"),
        "km²": ("square kilometre", "square kilometres"),
        "m²": ("square metre", "square metres"),
        "cm²": ("square centimetre", "square centimetres"),
        "m³": ("cubic metre", "cubic metres"),
        "cm³": ("cubic centimetre", "cubic centimetres"),
        "kg": ("kilogram", "kilograms"),
        "g": ("gram", "grams"),
        "mg": ("milligram", "milligrams"),
        "lb": ("pound", "pounds"),
        "lbs": ("pound", "pounds"),
        "oz": ("ounce", "ounces"),
        "ft": ("foot", "feet"),
        "sq ft": ("square foot", "square feet"),
        "yd": ("yard", "yards"),
        "mi": ("mile", "miles"),
        "l": ("litre", "litres"),
        "L": ("litre", "litres"),
        "ml": ("millilitre", "millilitres"),
        "ha": ("hectare", "hectares"),
        "°C": ("degree Celsius", "degrees Celsius"),
        "°F": ("degree Fahrenheit", "degrees Fahrenheit"),
        "°": ("degree", "degrees"),
        "kHz": ("kilohertz", "kilohertz"),
        "MHz": ("megahertz", "megahertz"),
        "GHz": ("gigahertz", "gigahertz"),
        "Hz": ("hertz", "hertz"),
        "kW": ("kilowatt", "kilowatts"),
        "MW": ("megawatt", "megawatts"),
        "kWh": ("kilowatt hour", "kilowatt hours"),
        "dB": ("decibel", "decibels"),
        "KB": ("kilobyte", "kilobytes"),
        "MB": ("megabyte", "megabytes"),
        "GB": ("gigabyte", "gigabytes"),
        "TB": ("terabyte", "terabytes"),
        "ms": ("millisecond", "milliseconds"),
        "hrs": ("hour", "hours"),
        "hr": ("hour", "hours"),
        "mins": ("minute", "minutes"),
        "secs": ("second", "seconds"),
        "%": ("percent", "percent"),
    },
    months=tuple(_MONTHS.split()),
    short_months=_SHORT | {"Nov": 11, "Dec": 12},
    before_number={
        "No": "number",
        "no": "number",
        "Nos": "numbers",
        "nos": "numbers",
        "Fig": "figure",
        "fig": "figure",
        "Figs": "figures",
        "figs": "figures",
        "p": "page",
        "pp": "pages",
        "Vol": "volume",
        "vol": "volume",
        "vols": "volumes",
        "ch": "chapter",
        "Ch": "chapter",
        "chap": "chapter",
        "sec": "section",
        "Sec": "section",
        "art": "article",
        "Art": "article",
        "approx": "approximately",
        "Approx": "approximately",
        "c": "circa",
        "ca": "circa",
        "v": "verse",
        "vv": "verses",
        "Eq": "equation",
        "eq": "equation",
        "Tel": "telephone",
        "tel": "telephone",
        "Cor": "Corinthians",
        "Matt": "Matthew",
        "Ps": "Psalm",
        "Apt": "apartment",
        "Op": "opus",
        "op": "opus",
    },
    before_name={
        "Dr": "Doctor",
        "Drs": "Doctors",
        "Mr": "Mister",
        "Mrs": "Missus",
        "Ms": "Ms",
        "Prof": "Professor",
        "Rev": "Reverend",
        "Fr": "Father",
        "Gen": "General",
        "Col": "Colonel",
        "Maj": "Major",
        "Capt": "Captain",
        "Cpt": "Captain",
        "Lt": "Lieutenant",
        "Sgt": "Sergeant",
        "Cpl": "Corporal",
        "Adm": "Admiral",
        "Cmdr": "Commander",
        "Sen": "Senator",
        "Gov": "Governor",
        "Rep": "Representative",
        "Pres": "President",
        "Hon": "Honourable",
        "Mt": "Mount",
        "Ft": "Fort",
        "Messrs": "Messieurs",
    },
    anywhere={
        "e.g.": "for example",
        "i.e.": "that is",
        "viz.": "namely",
        "vs.": "versus",
        "cf.": "compare",
        "etc.": "et cetera",
        "&c.": "et cetera",
        "et al.": "and others",
        "ibid.": "ibidem",
        "Jr.": "Junior",
        "Sr.": "Senior",
        "Esq.": "Esquire",
        "Inc.": "Incorporated",
        "Ltd.": "Limited",
        "Corp.": "Corporation",
        "Ave.": "Avenue",
        "Blvd.": "Boulevard",
        "dept.": "department",
        "Dept.": "Department",
        "govt.": "government",
        "Ph.D.": "P h D",
        "w/": "with",
        "w/o": "without",
        "c/o": "care of",
        "s/he": "she or he",
        "he/she": "he or she",
        "she/he": "she or he",
        "his/her": "his or her",
        "him/her": "him or her",
        "and/or": "and or",
        "24/7": "24 7",
        "9/11": "9 11",
        "C#": "C sharp",
        "F#": "F sharp",
    },
    fractions={
        (1, 2): "one half",
        (1, 3): "one third",
        (2, 3): "two thirds",
        (1, 4): "one quarter",
        (3, 4): "three quarters",
        (1, 5): "one fifth",
        (2, 5): "two fifths",
        (3, 5): "three fifths",
        (4, 5): "four fifths",
        (1, 6): "one sixth",
        (5, 6): "five sixths",
        (1, 8): "one eighth",
        (3, 8): "three eighths",
        (5, 8): "five eighths",
        (7, 8): "seven eighths",
        (1, 10): "one tenth",
    },
    mixed="{} and {}",
    year=_year,
    clock=_clock,
    clock_rest=r"[ap]\.?\s?m\b\.?|[AP]\.?M\b\.?",
    date=_date,
    day_first=None,
    year_cues=(
        r"in|since|by|until|till|from|during|before|after|around|circa|c\.|ca\.|year|spring|summer|autumn|fall|winter|"
        r"early|late|mid|between|january|february|march|april|may|june|july|august|september|october|november|"
        r"december|ad|anno|of|and|to|christmas|easter|born|died|b\.|d\.|©"
    ),
    year_stops=(
        r"pages?|pp?\.|nos?\.|numbers?|lines?|rooms?|flight|chapter|ch\.|section|verse|figs?\.|figure|table|vol\.|"
        r"volume|lot|psalm|hymn|route|highway|channel|suite|apartment|apt\.|box|model|extension|bus|train|platform|"
        r"article|rule|item|step|episode|mile|nearly|almost|roughly|approximately|only|than|least|most|some|another|"
        r"number|about|over|under|up to|exactly|all|these|those|equals|is|are|of the|an?"
    ),
    plural_after=(
        r"(?:people|men|women|children|feet|more|miles?|dollars?|(?!(?:was|is|has|as|this|its|his|yes|us|perhaps|"
        r"always|thus|plus|across|towards|besides|unless|whereas|sometimes|afterwards|does|says|thousands|hundreds|"
        r"millions|series|news|s)\b)[a-z]{2,20}s)\b"
    ),
    roman_cues=(
        *("Chapter", "Part", "Book", "Act", "Scene", "Volume", "Section", "Canto", "Appendix", "Article", "Phase"),
        *("Type", "Class", "Level", "Stage", "World War", "Super Bowl", "Title", "Figure", "Table", "Plate"),
    ),
    monarchs=frozenset(_MONARCHS.split()),
    regnal=_regnal,
)

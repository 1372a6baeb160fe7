"""Spanish."""

import re

from narrate.text.languages.base import Currency, Language, alike, spelled

_MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
_CENTS = ("céntimo", "céntimos")
_QUEENS_WORDS = "Isabel María Juana Catalina Margarita Victoria"
_QUEENS = frozenset(_QUEENS_WORDS.split())

_MONARCHS = (
    "Alejandro Alfonso Benedicto Carlos Catalina Clemente Eduardo Enrique Felipe Fernando Francisco Gregorio "
    "Guillermo Inocencio Isabel Jaime Jorge Juan León Luis Napoleón Nicolás Pablo Pedro Pío Sancho"
)


def _clock(hour: int, minute: int, rest: str) -> str | None:
    horas = "hora" if hour == 1 else "horas"
    said = "una" if hour == 1 else str(hour)
    if not minute:
        return f"{said} {horas}" if rest else None
    return f"{said} y {minute}" + (f" {horas}" if rest and rest != "h" else "")


def _date(day: int, month: int, year: int, _before: str) -> str:
    first = "primero" if day == 1 else str(day)
    return f"{first} de {SPANISH.months[month - 1]}" + (f" de {year}" if year else "")


def _regnal(name: str, number: int, _before: str) -> str:
    """Ordinals up to ten: Alfonso décimo, but Alfonso trece."""
    gender = "feminine" if name in _QUEENS else "masculine"
    return spelled(number, "es", f"spellout-ordinal-{gender}") if number <= 10 else str(number)


_COUNTED = re.compile(
    r"\s(?:(Guerra|República|Edición|Dinastía|Legislatura|Cumbre|Internacional|edición|dinastía)|"
    r"(?:Congreso|Concilio|Festival|Aniversario|aniversario|Plan|Premio|Encuentro|Foro))\b"
)


def _numeral(number: int, _before: str, after: str) -> str | None:
    """ "segunda Guerra Mundial"; above ten the number itself: "21 Congreso"."""
    found = _COUNTED.match(after)
    if not found:
        return None
    if number > 10:
        return str(number)
    return spelled(number, "es", f"spellout-ordinal-{'feminine' if found[1] else 'masculine-adjective'}")


def _half(whole: str, noun: str) -> str:
    """ "media taza", "una hora y media"."""
    feminine = noun.removesuffix("s").endswith("a")
    if not whole:
        return f"medi{'a' if feminine else 'o'} {noun}"
    number = ("una" if feminine else "un") if whole == "1" else whole
    return f"{number} {noun.removesuffix('s') if whole == '1' else noun} y medi{'a' if feminine else 'o'}"


SPANISH = Language(
    code="es",
    decimal=",",
    thousands=". \u00a0\u202f\u2009",
    to="a",
    ratio="a",
    per="por",
    plus="más",
    number="número",
    at="arroba",
    hashtag="almohadilla",
    signs={
        "×": "por",
        "÷": "dividido entre",
        "±": "más menos",
        "≤": "menor o igual que",
        "≥": "mayor o igual que",
        "≠": "distinto de",
        "≈": "aproximadamente",
        "=": "igual a",
        "+": "más",
        "→": "a",
        "√": "raíz de",
        "∞": "infinito",
        "°": "grados",
        "−": "menos",
        "§": "sección",
        "§§": "secciones",
        "©": "copyright",
        "‰": "por mil",
        "~": "unos",
    },
    currencies={
        "€": Currency(name=("euro", "euros"), cent=_CENTS),
        "EUR": Currency(name=("euro", "euros"), cent=_CENTS),
        "$": Currency(name=("dólar", "dólares"), cent=("centavo", "centavos")),
        "US$": Currency(name=("dólar", "dólares"), cent=("centavo", "centavos")),
        "USD": Currency(name=("dólar", "dólares"), cent=("centavo", "centavos")),
        "£": Currency(name=("libra", "libras"), cent=("penique", "peniques")),
        "¥": Currency(name=("yen", "yenes")),
    },
    magnitudes=alike({"mil": "mil"})
    | dict.fromkeys(("millón", "millones", "M", "mill.", "mln"), ("millón de", "millones de"))
    | dict.fromkeys(("billón", "billones"), ("billón de", "billones de")),
    minor="{units} con {part}",
    units={
        "km/h": ("kilómetro por hora", "kilómetros por hora"),
        "m/s": ("metro por segundo", "metros por segundo"),
        **{
            sign: (name, f"{name}s")
            for sign, name in {
                "km": "kilómetro",
                "m": "metro",
                "cm": "centímetro",
                "mm": "milímetro",
                "kg": "kilogramo",
                "g": "gramo",
                "mg": "miligramo",
                "l": "litro",
                "ml": "mililitro",
                "ha": "hectárea",
                "kW": "kilovatio",
                "MW": "megavatio",
                "W": "vatio",
                "V": "voltio",
                "t": "tonelada",
                "cl": "centilitro",
                "dl": "decilitro",
                "MB": "megabyte",
                "GB": "gigabyte",
                "min": "minuto",
                "s": "segundo",
                "°": "grado",
            }.items()
        },
        "kWh": ("kilovatio hora", "kilovatios hora"),
        "m/s²": ("metro por segundo al cuadrado", "metros por segundo al cuadrado"),
        "cm²": ("centímetro cuadrado", "centímetros cuadrados"),
        "cm³": ("centímetro cúbico", "centímetros cúbicos"),
        "Hz": ("hercio", "hercios"),
        "MHz": ("megahercio", "megahercios"),
        "°F": ("grado Fahrenheit", "grados Fahrenheit"),
        "h": ("hora", "horas"),
        "m²": ("metro cuadrado", "metros cuadrados"),
        "km²": ("kilómetro cuadrado", "kilómetros cuadrados"),
        "m³": ("metro cúbico", "metros cúbicos"),
        "°C": ("grado Celsius", "grados Celsius"),
        "%": ("por ciento", "por ciento"),
    },
    months=tuple(_MONTHS.split()),
    short_months={},
    before_number={
        "núm": "número",
        "s": "siglo",
        "pág": "página",
        "págs": "páginas",
        "p": "página",
        "vol": "volumen",
        "cap": "capítulo",
        "fig": "figura",
        "art": "artículo",
        "tel": "teléfono",
        "Tel": "teléfono",
        "aprox": "aproximadamente",
        "t": "tomo",
        "ss": "siglos",
        "máx": "máximo",
        "mín": "mínimo",
    },
    before_name={
        "Sr": "Señor",
        "Sra": "Señora",
        "Srta": "Señorita",
        "Dr": "Doctor",
        "Dra": "Doctora",
        "D": "Don",
        "Dña": "Doña",
        "Prof": "Profesor",
        "Gral": "General",
        "Sto": "Santo",
        "Sta": "Santa",
        "Lic": "Licenciado",
        "Fr": "Fray",
    },
    anywhere={
        "p. ej.": "por ejemplo",
        "p.ej.": "por ejemplo",
        "etc.": "etcétera",
        "EE. UU.": "Estados Unidos",
        "EE.UU.": "Estados Unidos",
        "Ud.": "usted",
        "Uds.": "ustedes",
        "Vd.": "usted",
        "a. C.": "antes de Cristo",
        "d. C.": "después de Cristo",
        "n.º": "número",
        "N.º": "número",
        "Avda.": "Avenida",
        "a.C.": "antes de Cristo",
        "d.C.": "después de Cristo",
        "Vds.": "ustedes",
        "cf.": "compárese",
        "ibíd.": "ibídem",
        "S. A.": "sociedad anónima",
        "S.A.": "sociedad anónima",
        "c/": "calle",
        "C/": "Calle",
        "Pza.": "Plaza",
        "Pl.": "Plaza",
        "D.ª": "Doña",
        "a. de C.": "antes de Cristo",
        "d. de C.": "después de Cristo",
        "CC. OO.": "Comisiones Obreras",
        "FF. AA.": "Fuerzas Armadas",
        "RR. HH.": "recursos humanos",
        "JJ. OO.": "Juegos Olímpicos",
    },
    fractions={
        (1, 2): "un medio",
        (1, 3): "un tercio",
        (2, 3): "dos tercios",
        (1, 4): "un cuarto",
        (3, 4): "tres cuartos",
    },
    mixed="{} y {}",
    year=lambda _number: None,
    clock=_clock,
    clock_rest=r"horas?\b|hs?\b|h\b",
    date=_date,
    roman_cues=("Capítulo", "Parte", "Libro", "Acto", "Escena", "Tomo", "Volumen", "Sección", "siglo", "Siglo"),
    monarchs=frozenset(_MONARCHS.split()),
    regnal=_regnal,
    numeral=_numeral,
    one=lambda name: "una" if name.split()[0].endswith("a") else "un",
    half=_half,
)

"""The words in which formulas are spoken, by language. Data."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class MathWords:
    """One language's words. Those with braces are filled with `str.format`.

    `signs` say operators and relations; `accents` what stands above or below a letter.
    """

    signs: Mapping[str, str]
    accents: Mapping[str, str]
    squared: str
    cubed: str
    power: str
    prime: str
    sub: str
    over: str
    fraction: str
    root: str
    cube_root: str
    nth_root: str
    end: str
    limits: str
    lower: str
    below: str
    above: str
    row: str
    capital: str


_SIGNS = "+ - − ± × · ⋅ ∗ / ÷ = ≠ ≈ ≡ ∼ < > ≤ ≥ ≪ ≫ ∝ ∞ ∑ ∏ ∫ ∂ ∇ √ ∈ ∉ ⊂ ⊆ ∪ ∩ ∅ ∀ ∃ ¬ ∧ ∨ → ⇒ ⇔ ↦ ∘ ! ( ) [ ] { } | ‖ … ⋯ % ° ℏ".split()


def _signs(*words: str) -> dict[str, str]:
    return dict(zip(_SIGNS, words, strict=True)) | {
        "⟶": words[_SIGNS.index("→")],
        "≔": words[_SIGNS.index("=")],
        "∣": words[_SIGNS.index("|")],
    }


_ENGLISH = MathWords(
    signs=_signs(
        *"plus|minus|minus|plus or minus|times|times|times|times|over|divided by|equals|is not equal to".split("|"),
        *"is about|is identical to|is similar to|is less than|is greater than|is at most|is at least".split("|"),
        *"is much less than|is much greater than|is proportional to|infinity|the sum|the product|the integral".split("|"),
        *"partial|nabla|root|in|not in|is a subset of|is a subset of or equal to|union|intersection".split("|"),
        *"the empty set|for all|there is|not|and|or|to|implies|if and only if|maps to|after|factorial".split("|"),
        *"open bracket|close bracket|open bracket|close bracket|open brace|close brace|bar|double bar".split("|"),
        *"and so on|and so on|percent|degrees|h bar".split("|"),
    ),
    accents={"¯": "bar", "‾": "bar", "^": "hat", "~": "tilde", "→": "vector", "⃗": "vector", "˙": "dot", "¨": "double dot"},
    squared="squared",
    cubed="cubed",
    power="to the power of {}",
    prime="prime",
    sub="sub {}",
    over="{} over {}",
    fraction="the fraction {} over {}",
    root="the square root of {}",
    cube_root="the cube root of {}",
    nth_root="the root of order {} of {}",
    end="{}, end,",
    limits="{} from {} to {} of",
    lower="{} over {} of",
    below="{} below {}",
    above="{} above {}",
    row="row {}: {}",
    capital="capital {}",
)
_GERMAN = MathWords(
    signs=_signs(
        *"plus|minus|minus|plus oder minus|mal|mal|mal|mal|durch|geteilt durch|gleich|ungleich|ungefähr gleich".split("|"),
        *"identisch mit|ähnlich|kleiner als|größer als|höchstens|mindestens|viel kleiner als|viel größer als".split("|"),
        *"proportional zu|unendlich|die Summe|das Produkt|das Integral|partiell|Nabla|Wurzel|aus|nicht aus".split("|"),
        *"Teilmenge von|Teilmenge von oder gleich|vereinigt mit|geschnitten mit|die leere Menge|für alle".split("|"),
        *"es gibt|nicht|und|oder|nach|daraus folgt|genau dann, wenn|wird abgebildet auf|nach|Fakultät".split("|"),
        *"Klammer auf|Klammer zu|Klammer auf|Klammer zu|Klammer auf|Klammer zu|Strich|Doppelstrich".split("|"),
        *"und so weiter|und so weiter|Prozent|Grad|h quer".split("|"),
    ),
    accents={"¯": "quer", "‾": "quer", "^": "Dach", "~": "Tilde", "→": "Vektor", "⃗": "Vektor", "˙": "Punkt", "¨": "zwei Punkte"},
    squared="zum Quadrat",
    cubed="hoch 3",
    power="hoch {}",
    prime="Strich",
    sub="Index {}",
    over="{} durch {}",
    fraction="der Bruch {} durch {}",
    root="Wurzel aus {}",
    cube_root="dritte Wurzel aus {}",
    nth_root="Wurzel der Ordnung {} aus {}",
    end="{}, Ende,",
    limits="{} von {} bis {} von",
    lower="{} über {} von",
    below="{} unter {}",
    above="{} über {}",
    row="Zeile {}: {}",
    capital="groß {}",
)
_FRENCH = MathWords(
    signs=_signs(
        *"plus|moins|moins|plus ou moins|fois|fois|fois|fois|sur|divisé par|égale|différent de|environ égal à".split("|"),
        *"identique à|semblable à|inférieur à|supérieur à|inférieur ou égal à|supérieur ou égal à".split("|"),
        *"très inférieur à|très supérieur à|proportionnel à|l'infini|la somme|le produit|l'intégrale|d rond".split("|"),
        *"nabla|racine|appartient à|n'appartient pas à|inclus dans|inclus ou égal à|union|inter".split("|"),
        *"l'ensemble vide|pour tout|il existe|non|et|ou|vers|implique|équivaut à|donne|rond|factorielle".split("|"),
        *"parenthèse ouvrante|parenthèse fermante|crochet ouvrant|crochet fermant".split("|"),
        *"accolade ouvrante|accolade fermante|barre|double barre".split("|"),
        *"et ainsi de suite|et ainsi de suite|pour cent|degrés|h barre".split("|"),
    ),
    accents={"¯": "barre", "‾": "barre", "^": "chapeau", "~": "tilde", "→": "vecteur", "⃗": "vecteur", "˙": "point", "¨": "deux points"},
    squared="au carré",
    cubed="au cube",
    power="puissance {}",
    prime="prime",
    sub="indice {}",
    over="{} sur {}",
    fraction="la fraction {} sur {}",
    root="racine carrée de {}",
    cube_root="racine cubique de {}",
    nth_root="racine d'ordre {} de {}",
    end="{}, fin,",
    limits="{} de {} à {} de",
    lower="{} sur {} de",
    below="{} sous {}",
    above="{} au-dessus de {}",
    row="ligne {} : {}",
    capital="{} majuscule",
)
_SPANISH = MathWords(
    signs=_signs(
        *"más|menos|menos|más menos|por|por|por|por|entre|dividido entre|igual a|distinto de|aproximadamente".split("|"),
        *"idéntico a|semejante a|menor que|mayor que|menor o igual que|mayor o igual que".split("|"),
        *"mucho menor que|mucho mayor que|proporcional a|infinito|la suma|el producto|la integral|parcial".split("|"),
        *"nabla|raíz|pertenece a|no pertenece a|incluido en|incluido o igual a|unión|intersección".split("|"),
        *"el conjunto vacío|para todo|existe|no|y|o|tiende a|implica|si y solo si|va a|compuesto con|factorial".split("|"),
        *"abre paréntesis|cierra paréntesis|abre corchete|cierra corchete|abre llave|cierra llave".split("|"),
        *"barra|doble barra|y así sucesivamente|y así sucesivamente|por ciento|grados|h barra".split("|"),
    ),
    accents={"¯": "barra", "‾": "barra", "^": "gorro", "~": "tilde", "→": "vector", "⃗": "vector", "˙": "punto", "¨": "dos puntos"},
    squared="al cuadrado",
    cubed="al cubo",
    power="elevado a {}",
    prime="prima",
    sub="sub {}",
    over="{} sobre {}",
    fraction="la fracción {} sobre {}",
    root="raíz cuadrada de {}",
    cube_root="raíz cúbica de {}",
    nth_root="raíz de orden {} de {}",
    end="{}, fin,",
    limits="{} desde {} hasta {} de",
    lower="{} sobre {} de",
    below="{} bajo {}",
    above="{} sobre {}",
    row="fila {}: {}",
    capital="{} mayúscula",
)
_ITALIAN = MathWords(
    signs=_signs(
        *"più|meno|meno|più o meno|per|per|per|per|fratto|diviso|uguale a|diverso da|circa uguale a".split("|"),
        *"identico a|simile a|minore di|maggiore di|minore o uguale a|maggiore o uguale a".split("|"),
        *"molto minore di|molto maggiore di|proporzionale a|infinito|la somma|il prodotto|l'integrale|parziale".split("|"),
        *"nabla|radice|appartiene a|non appartiene a|contenuto in|contenuto o uguale a|unione|intersezione".split("|"),
        *"l'insieme vuoto|per ogni|esiste|non|e|o|tende a|implica|se e solo se|va in|composto con|fattoriale".split("|"),
        *"aperta parentesi|chiusa parentesi|aperta parentesi|chiusa parentesi|aperta graffa|chiusa graffa".split("|"),
        *"barra|doppia barra|e così via|e così via|per cento|gradi|acca tagliato".split("|"),
    ),
    accents={"¯": "barra", "‾": "barra", "^": "cappello", "~": "tilde", "→": "vettore", "⃗": "vettore", "˙": "punto", "¨": "due punti"},
    squared="al quadrato",
    cubed="al cubo",
    power="alla {}",
    prime="primo",
    sub="con {}",
    over="{} fratto {}",
    fraction="la frazione {} fratto {}",
    root="radice quadrata di {}",
    cube_root="radice cubica di {}",
    nth_root="radice di ordine {} di {}",
    end="{}, fine,",
    limits="{} da {} a {} di",
    lower="{} su {} di",
    below="{} sotto {}",
    above="{} sopra {}",
    row="riga {}: {}",
    capital="{} maiuscola",
)
_BY_LANGUAGE = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH, "it": _ITALIAN}


def math_words_for(language: str) -> MathWords:
    """The words of a BCP 47 language, by its primary tag; English where there are none."""
    return _BY_LANGUAGE.get(language.split("-")[0].lower(), _ENGLISH)

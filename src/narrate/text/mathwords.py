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


_SIGNS = """
    + | plus | plus | plus | más | più
    - | minus | minus | moins | menos | meno
    − | minus | minus | moins | menos | meno
    ± | plus or minus | plus oder minus | plus ou moins | más menos | più o meno
    × | times | mal | fois | por | per
    · | times | mal | fois | por | per
    ⋅ | times | mal | fois | por | per
    ∗ | times | mal | fois | por | per
    / | over | durch | sur | entre | fratto
    ÷ | divided by | geteilt durch | divisé par | dividido entre | diviso
    = | equals | gleich | égale | igual a | uguale a
    ≠ | is not equal to | ungleich | différent de | distinto de | diverso da
    ≈ | is about | ungefähr gleich | environ égal à | aproximadamente | circa uguale a
    ≡ | is identical to | identisch mit | identique à | idéntico a | identico a
    ∼ | is similar to | ähnlich | semblable à | semejante a | simile a
    < | is less than | kleiner als | inférieur à | menor que | minore di
    > | is greater than | größer als | supérieur à | mayor que | maggiore di
    ≤ | is at most | kleiner gleich | inférieur ou égal à | menor o igual que | minore o uguale a
    ≥ | is at least | größer gleich | supérieur ou égal à | mayor o igual que | maggiore o uguale a
    ≪ | is much less than | viel kleiner als | très inférieur à | mucho menor que | molto minore di
    ≫ | is much greater than | viel größer als | très supérieur à | mucho mayor que | molto maggiore di
    ∝ | is proportional to | proportional zu | proportionnel à | proporcional a | proporzionale a
    ∞ | infinity | unendlich | l'infini | infinito | infinito
    ∑ | the sum | die Summe | la somme | la suma | la somma
    ∏ | the product | das Produkt | le produit | el producto | il prodotto
    ∫ | the integral | das Integral | l'intégrale | la integral | l'integrale
    ∂ | partial | partiell | d rond | parcial | parziale
    ∇ | nabla | Nabla | nabla | nabla | nabla
    √ | root | Wurzel | racine | raíz | radice
    ∈ | in | aus | appartient à | pertenece a | appartiene a
    ∉ | not in | nicht aus | n'appartient pas à | no pertenece a | non appartiene a
    ⊂ | is a subset of | Teilmenge von | inclus dans | incluido en | contenuto in
    ⊆ | is a subset of or is | Teilmenge von oder gleich | inclus ou égal à | incluido o igual a | contenuto o uguale a
    ∪ | union | vereinigt mit | union | unión | unione
    ∩ | intersection | geschnitten mit | inter | intersección | intersezione
    ∅ | the empty set | die leere Menge | l'ensemble vide | el conjunto vacío | l'insieme vuoto
    ∀ | for all | für alle | pour tout | para todo | per ogni
    ∃ | there is | es gibt | il existe | existe | esiste
    ¬ | not | nicht | non | no | non
    ∧ | and | und | et | y | e
    ∨ | or | oder | ou | o | o
    → | to | nach | vers | tiende a | tende a
    ⇒ | implies | daraus folgt | implique | implica | implica
    ⇔ | if and only if | genau dann, wenn | équivaut à | si y solo si | se e solo se
    ↦ | maps to | wird abgebildet auf | donne | va a | va in
    ∘ | after | nach | rond | compuesto con | composto con
    ! | factorial | Fakultät | factorielle | factorial | fattoriale
    ( | open bracket | Klammer auf | parenthèse ouvrante | abre paréntesis | aperta parentesi
    ) | close bracket | Klammer zu | parenthèse fermante | cierra paréntesis | chiusa parentesi
    [ | open bracket | Klammer auf | crochet ouvrant | abre corchete | aperta parentesi
    ] | close bracket | Klammer zu | crochet fermant | cierra corchete | chiusa parentesi
    { | open brace | Klammer auf | accolade ouvrante | abre llave | aperta graffa
    } | close brace | Klammer zu | accolade fermante | cierra llave | chiusa graffa
    ∣ | bar | Strich | barre | barra | barra
    ‖ | double bar | Doppelstrich | double barre | doble barra | doppia barra
    … | and so on | und so weiter | et ainsi de suite | y así sucesivamente | e così via
    ⋯ | and so on | und so weiter | et ainsi de suite | y así sucesivamente | e così via
    % | percent | Prozent | pour cent | por ciento | per cento
    ° | degrees | Grad | degrés | grados | gradi
    ℏ | h bar | h quer | h barre | h barra | acca tagliato
    ⋆ | star | Stern | étoile | estrella | stella
"""
"""A sign and its words in English, German, French, Spanish and Italian."""

_ACCENTS = """
    ¯ ‾ _ | bar | quer | barre | barra | barra
    ^ ˆ | hat | Dach | chapeau | gorro | cappello
    ~ ˜ | tilde | Tilde | tilde | tilde | tilde
    → ⃗ | vector | Vektor | vecteur | vector | vettore
    ˙ . | dot | Punkt | point | punto | punto
    ¨ | double dot | zwei Punkte | deux points | dos puntos | due punti
"""
_ALIKE = {"⟶": "→", "⟹": "⇒", "≔": "=", "|": "∣", "∥": "‖", "•": "·"}


def _column(table: str, number: int) -> dict[str, str]:
    rows = [[cell.strip() for cell in line.split(" | ")] for line in table.strip().splitlines()]
    return {sign: row[number] for row in rows for sign in row[0].split()}


def _signs(number: int) -> dict[str, str]:
    words = _column(_SIGNS, number)
    return words | {sign: words[like] for sign, like in _ALIKE.items()}


def _accents(number: int) -> dict[str, str]:
    return _column(_ACCENTS, number)


_ENGLISH = MathWords(
    signs=_signs(1),
    accents=_accents(1),
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
    signs=_signs(2),
    accents=_accents(2),
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
    signs=_signs(3),
    accents=_accents(3),
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
    signs=_signs(4),
    accents=_accents(4),
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
    signs=_signs(5),
    accents=_accents(5),
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

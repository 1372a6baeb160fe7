"""A formula in, words out: MathML by the rules below, TeX by way of latex2mathml, which writes it as MathML. Pure.

No library that speaks MathML comes as a wheel (MathCAT is Rust without one, speech-rule-engine is JavaScript). So
these rules say what school formulas need; what they don't know is said as it is written.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from narrate.script import without_signs
from narrate.text.mathwords import MathWords, math_words_for

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_LONGEST = 20_000
_GROUPS = frozenset({"math", "mrow", "mstyle", "mpadded", "menclose", "merror", "mtd", "a", "maction"})
_SILENT = frozenset({"mphantom", "mspace", "annotation", "annotation-xml", "none", "mprescripts", "maligngroup"})
_BIG = frozenset("∑∏∫∮∐⋃⋂") | {"lim", "max", "min", "sup", "inf"}
_INVISIBLE = str.maketrans(dict.fromkeys("\u2061\u2062\u2063\u2064\u200b\ufeff", " "))
_PRIMES = {"′": 1, "'": 1, "″": 2, "‴": 3}


@lru_cache(maxsize=512)
def said_formula(source: str, language: str) -> str:
    """What is said for a formula in MathML (`<math …>`) or TeX; "" when there is nothing in it that can be said."""
    if not source or len(source) > _LONGEST:
        return ""
    mathml = source if source.lstrip().startswith("<") else _from_tex(source)
    try:
        from defusedxml.ElementTree import fromstring

        root = fromstring(mathml)
        said = _Speaker(math_words_for(language)).all(root)
    except (ValueError, SyntaxError, RecursionError):
        said = source.replace("\\", " ") if mathml is not source or "<" not in source else ""
    return " ".join(without_signs(said).replace(" ,", ",").replace(",,", ",").split()).strip(" ,")


def _from_tex(source: str) -> str:
    try:
        from latex2mathml.converter import convert

        return str(convert(source))
    except Exception:  # it raises many kinds for what it does not understand, IndexError and KeyError among them
        return source


class _Speaker:
    def __init__(self, words: MathWords) -> None:
        self._words = words

    def all(self, element: "Element") -> str:
        """The children of an element, one after the other."""
        return " ".join(filter(None, (self.one(child) for child in _children(element)))) or self._text(element)

    def one(self, element: "Element") -> str:
        name = _name(element)
        if name in _SILENT:
            return ""
        if name in _GROUPS:
            return self.all(element)
        parts = _children(element)
        match name:
            case "semantics":
                return self.one(parts[0]) if parts else ""
            case "mfrac" if len(parts) == 2:
                return self._fraction(*parts)
            case "msup" if len(parts) == 2:
                return f"{self.one(parts[0])} {self._power(parts[1])}"
            case "msub" if len(parts) == 2:
                return self._lower(*parts)
            case "msubsup" | "munderover" if len(parts) == 3:
                return self._both(*parts)
            case "munder" if len(parts) == 2:
                return self._lower(*parts)
            case "mover" if len(parts) == 2:
                return self._accented(*parts)
            case "msqrt":
                return self._closed(self._words.root.format(self.all(element)), parts)
            case "mroot" if len(parts) == 2:
                return self._root(*parts)
            case "mtable":
                return ", ".join(self._rows(parts))
            case "mfenced":
                opening, closing = element.get("open", "("), element.get("close", ")")
                inner = ", ".join(map(self.one, parts))
                return f"{self._signs(opening)} {inner} {self._signs(closing)}"
            case _ if parts:
                return self.all(element)
            case _:
                return self._text(element)

    def _text(self, element: "Element") -> str:
        text = " ".join((element.text or "").translate(_INVISIBLE).split())
        if _name(element) in ("mtext", "ms"):
            return text
        return self._signs(unicodedata.normalize("NFKC", text) if text not in self._words.signs else text)

    def _signs(self, text: str) -> str:
        """Each sign by its name; letters, digits and names of functions as they are."""
        if text in self._words.signs:
            return self._words.signs[text]
        return "".join(map(self._sign, text))

    def _sign(self, sign: str) -> str:
        if word := self._words.signs.get(sign):
            return f" {word} "
        name = unicodedata.name(sign, "")
        if name.startswith("GREEK "):
            letter = name.rpartition("LETTER ")[2].partition(" WITH")[0].lower().removeprefix("final ")
            letter = letter.replace("lamda", "lambda").removesuffix(" symbol").removeprefix("greek ")
            return f" {self._words.capital.format(letter)} " if sign.isupper() else f" {letter} "
        return sign

    def _fraction(self, top: "Element", bottom: "Element") -> str:
        parts = self.one(top), self.one(bottom)
        if _is_simple(top) and _is_simple(bottom):
            return self._words.over.format(*parts)
        return self._words.end.format(self._words.fraction.format(*parts))

    def _power(self, exponent: "Element") -> str:
        written = "".join(exponent.itertext()).strip()
        if count := _PRIMES.get(written):
            return " ".join([self._words.prime] * count)
        if written == "2":
            return self._words.squared
        if written == "3":
            return self._words.cubed
        said = self._words.power.format(self.one(exponent))
        return said if _is_simple(exponent) else self._words.end.format(said)

    def _lower(self, base: "Element", below: "Element") -> str:
        said = self.one(base)
        if _is_big(base):
            return self._words.lower.format(said, self.one(below))
        return f"{said} {self._words.sub.format(self.one(below))}"

    def _both(self, base: "Element", below: "Element", above: "Element") -> str:
        if _is_big(base):
            return self._words.limits.format(self.one(base), self.one(below), self.one(above))
        return f"{self._lower(base, below)} {self._power(above)}"

    def _accented(self, base: "Element", above: "Element") -> str:
        accent = self._words.accents.get("".join(above.itertext()).strip())
        return f"{self.one(base)} {accent}" if accent else self._words.above.format(self.one(above), self.one(base))

    def _root(self, base: "Element", order: "Element") -> str:
        if "".join(order.itertext()).strip() == "3":
            return self._closed(self._words.cube_root.format(self.one(base)), [base])
        return self._closed(self._words.nth_root.format(self.one(order), self.one(base)), [base])

    def _closed(self, said: str, parts: "Sequence[Element]") -> str:
        """With a word for its end where it is not plain where it ends."""
        return said if len(parts) == 1 and _is_simple(parts[0]) else self._words.end.format(said)

    def _rows(self, rows: "Sequence[Element]") -> Iterator[str]:
        for number, row in enumerate(rows, start=1):
            yield self._words.row.format(number, ", ".join(self.one(cell) for cell in _children(row)))


def _children(element: "Element") -> "list[Element]":
    return [child for child in element if isinstance(child.tag, str)]


def _name(element: "Element") -> str:
    return str(element.tag).rpartition("}")[2]


def _is_simple(element: "Element") -> bool:
    """Whether an element is one number or one letter, or a group of one."""
    parts = _children(element)
    return _is_simple(parts[0]) if len(parts) == 1 and _name(element) in _GROUPS else not parts


def _is_big(element: "Element") -> bool:
    return "".join(element.itertext()).strip() in _BIG

"""Word's formulas (Office Math) in, MathML out, for what a person can say of them: fractions, roots, indices. Pure.

Anything else keeps its parts in order: nothing that can be read is lost.
"""

import html
import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element

MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|\S")


def mathml(formula: Element, *, displayed: bool = False) -> str:
    """A whole `<math>` element for an `m:oMath`; `displayed` where it stands on a line of its own."""
    display = ' display="block"' if displayed else ""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML"{display}>{_children(formula)}</math>'


def _children(element: Element | None) -> str:
    return "".join(map(_node, element)) if element is not None else ""


def _part(element: Element, name: str) -> str:
    return f"<mrow>{_children(element.find(MATH + name))}</mrow>"


def _parts(tag: str, element: Element, names: Sequence[str]) -> str:
    return f"<{tag}>{''.join(_part(element, name) for name in names)}</{tag}>"


def _value(element: Element, path: str, default: str) -> str:
    found = element.find("/".join(MATH + name for name in path.split("/")))
    return found.get(MATH + "val", default) if found is not None else default


def _node(element: Element) -> str:
    match element.tag.removeprefix(MATH):
        case "r":
            return "".join(map(_token, _TOKEN.findall("".join(t.text or "" for t in element.iter(MATH + "t")))))
        case "f":
            return _parts("mfrac", element, ("num", "den"))
        case "sSup":
            return _parts("msup", element, ("e", "sup"))
        case "sSub":
            return _parts("msub", element, ("e", "sub"))
        case "sSubSup":
            return _parts("msubsup", element, ("e", "sub", "sup"))
        case "rad":
            degree = _children(element.find(MATH + "deg"))
            return _parts("mroot", element, ("e", "deg")) if degree else _parts("msqrt", element, ("e",))
        case "nary":
            sign = html.escape(_value(element, "naryPr/chr", "∫"))
            limits = _part(element, "sub") + _part(element, "sup")
            return f"<munderover><mo>{sign}</mo>{limits}</munderover>{_part(element, 'e')}"
        case "d":
            opening, closing = (html.escape(_value(element, f"dPr/{end}", sign)) for end, sign in _FENCES)
            inner = "<mo>,</mo>".join(f"<mrow>{_children(each)}</mrow>" for each in element.findall(MATH + "e"))
            return f"<mrow><mo>{opening}</mo>{inner}<mo>{closing}</mo></mrow>"
        case "func":
            return _part(element, "fName") + _part(element, "e")
        case name if name.endswith("Pr"):
            return ""
        case _:
            return f"<mrow>{_children(element)}</mrow>"


_FENCES = (("begChr", "("), ("endChr", ")"))


def _token(text: str) -> str:
    tag = "mn" if text[0].isdigit() else "mi" if text[0].isalpha() else "mo"
    return f"<{tag}>{html.escape(text)}</{tag}>"

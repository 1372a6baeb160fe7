"""Pictures and formulas: what is known of them, from their elements. Pure; no picture is ever opened."""

import re
from dataclasses import dataclass

from narrate.document import Formula, Origin
from narrate.source.divide import same_words
from narrate.source.notes import types
from narrate.source.tree import Element, attributes, content, local_name

_FILE_NAME = re.compile(r"\S{1,200}\.(?:jpe?g|png|gif|webp|svg|tiff?|bmp|avif)", re.I)
_NAMELESS = re.compile(
    r"(?:refer to|see) caption"
    r"|(?:IMG|DSCN?|DSC_?|image|img|picture|figure|photo|shape|object|graphics?|frame)?[\s_-]*\d{0,8}",
    re.I,
)
_BADGE = re.compile(
    r"//(?:img\.shields\.io|badgen\.net|badge\.fury\.io|flat\.badgen)/|/badges?[/.]|[/_-]badge\.(?:svg|png)", re.I
)
_SIGN_CLASS = re.compile(r"(?:^|[\s_-])(?:emoji|emoticon|smiley|twemoji)(?:$|[\s_-])", re.I)
_MATH_CLASS = re.compile(r"(?:^|[\s_-])(?:math|tex|latex|mwe-math-fallback-image-\w+)(?:$|[\s_-])", re.I)
_SPACES = re.compile(r" xmlns(?::\w+)?=\"[^\"]*\"")
_PREFIX = re.compile(r"(</?)\w+:(?=\w)")
_ICON_SIDE = 32.0
_LINE_SIDE = 3.0
_LONGEST_MATHML = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """What an `<img>` or a drawing comes to: a description, or words in a line, or a reason to leave it out."""

    alt: str = ""
    caption: str = ""
    inline: str = ""
    tex: str = ""
    skipped: str = ""


def picture(element: Element, attrs: dict[str, str], *, captioned: bool) -> Picture:
    """An `<img>` by its attributes. With a caption (`captioned`) an empty alt does not make it decoration."""
    alt = " ".join(attrs.get("alt", "").split())
    named = alt or " ".join(attrs.get("aria-label", "").split())
    title = " ".join(attrs.get("title", "").split())
    caption = "" if same_words(title, named) or is_no_description(title) else title
    role = types(attrs)
    if role & {"presentation", "none"}:
        return Picture(skipped="decoration: its role is presentation")
    if _BADGE.search(attrs.get("src", "")[:500]):
        return Picture(skipped="a badge: a few words that a web service draws")
    if alt and _SIGN_CLASS.search(attrs.get("class", "")):
        return Picture(inline=alt)
    if alt and _MATH_CLASS.search(attrs.get("class", "")):
        return Picture(tex=_bare_tex(alt))
    if len(alt) == 1 and alt.isalpha() and (element.tail or " ")[0].isalpha():
        return Picture(inline=alt)  # a drop cap that was drawn
    sides = _side(attrs.get("width")), _side(attrs.get("height"))
    if max(sides) <= 1:
        return Picture(skipped="decoration: a picture of one pixel")
    if min(sides) <= _LINE_SIDE and is_no_description(named) and not captioned:
        return Picture(skipped="decoration: a line that is drawn")
    if "alt" in attrs and not named and not caption and not captioned:
        return Picture(skipped="decoration: its alt is empty")
    return Picture(alt="" if is_no_description(named) else named, caption=caption)


def is_no_description(alt: str) -> bool:
    """Whether words that stand for a picture are only its file's name or its kind."""
    return bool(_FILE_NAME.fullmatch(alt) or (len(alt) < 20 and _NAMELESS.fullmatch(alt)))


def drawing(element: Element, attrs: dict[str, str], *, captioned: bool) -> Picture:
    """An `<svg>` by its title, description or label."""
    named = " ".join(attrs.get("aria-label", "").split())
    held: list[str] = []
    pictures = 0
    for node in element.iter("*"):
        name = local_name(node)
        if name in ("title", "desc") and not named and len(held) < 4:
            held.append(content(node))
        pictures += name == "image"
    named = named or ". ".join(dict.fromkeys(filter(None, held)))
    if types(attrs) & {"presentation", "none"} and not captioned:
        return Picture(skipped="decoration: its role is presentation")
    if not named and not captioned and not pictures and _is_icon(element, attrs):
        return Picture(skipped="decoration: an icon without a name")
    return Picture(alt="" if is_no_description(named) else named)


def formula(element: Element, attrs: dict[str, str], origin: Origin) -> tuple[Formula, str]:
    """A `<math>` element, and how it looks on one line."""
    from lxml import etree

    tex = " ".join(attrs.get("alttext", "").split())
    for node in element.iter("{*}annotation"):
        if "tex" in attributes(node).get("encoding", "").lower() and node.text:
            tex = " ".join(node.text.split())
    mathml = etree.tostring(element, encoding="unicode", with_tail=False)
    mathml = mathml.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "")
    if "xmlns" in mathml:
        mathml = _SPACES.sub("", _PREFIX.sub(r"\1", mathml))
    label = " ".join(attrs.get("aria-label", "").split())
    line = "".join(content(element).split()) if len(element) else content(element)
    short = mathml if len(mathml) <= _LONGEST_MATHML else ""
    tex = _bare_tex(tex)
    made = Formula(mathml=short, tex=tex or ("" if short else line), alt=label, origin=origin)
    return made, label or line or tex


def is_displayed(element: Element, attrs: dict[str, str]) -> bool:
    """Whether a formula stands on a line of its own: it says so, or nothing stands beside it in its paragraph."""
    if attrs.get("display") == "block" or attrs.get("mode") == "display":
        return True
    parent = element.getparent()
    if parent is None or attrs.get("display") == "inline" or local_name(parent) not in ("p", "div", "figure"):
        return False
    return len(parent) == 1 and not (parent.text or "").strip() and not (element.tail or "").strip(" \n\t.,;")


def _bare_tex(tex: str) -> str:
    found = re.fullmatch(r"\{\\(?:displaystyle|textstyle)\s*(.*)\}", tex)
    tex = found[1] if found else tex
    for opening, closing in (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$")):
        if len(tex) > len(opening + closing) and tex.startswith(opening) and tex.endswith(closing):
            return tex[len(opening) : -len(closing)].strip()
    return tex.strip()


def _side(value: str | None) -> float:
    found = re.match(r"\s*(\d{1,6}(?:\.\d{1,3})?)\s*(?:px)?\s*$", value or "")
    return float(found[1]) if found else 1000.0


def _is_icon(element: Element, attrs: dict[str, str]) -> bool:
    box = attrs.get("viewbox", "").replace(",", " ").split()
    sides: list[str | None] = [attrs.get("width"), attrs.get("height")]
    if not any(sides) and len(box) == 4:
        sides = list(box[2:])
    return max(map(_side, sides), default=1000.0) <= _ICON_SIDE or any(True for _ in element.iter("{*}use"))

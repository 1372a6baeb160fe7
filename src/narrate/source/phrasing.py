"""What HTML's phrasing elements mean: links, marks of notes, pictures, formulas, ruby, line breaks. Pure."""

import itertools
from dataclasses import replace

from narrate.document import Figure, Formula, MarkKind
from narrate.source import elements, figures
from narrate.source.blocks import open_aside, open_caption
from narrate.source.notes import is_way_back
from narrate.source.page import Leave, Page
from narrate.source.stream import Reference
from narrate.source.tree import Element, attributes, content, few_words, local_name


def open_phrasing(page: Page, element: Element, name: str, attrs: dict[str, str]) -> Leave | None:
    """Into an element that stands among words. What is returned is done at its end."""
    if page.place.in_note and (elements.leads_back(attrs) or elements.is_aside_number(attrs)):
        page.skip_inside = True
    elif name == "span" and page.place.figure_depth and not page.place.in_caption and elements.is_caption(name, attrs):
        page.flush()
        return open_caption(page)
    elif not page.place.in_note and (aside := elements.aside_kind(name, attrs)):
        return open_aside(page, numbered=aside != "marginnote")
    elif name == "br":
        page.breaks += 1
        page.line.flow.space()
        if page.breaks > 1:
            page.flush()
    elif name == "img":
        _picture(page, _described(page, figures.picture(element, attrs, captioned=page.place.captioned), attrs))
    elif name == "input":
        page.line.flow.words("☑ " if "checked" in attrs else "☐ ")
    elif name == "svg":
        page.skip_inside = True
        _picture(page, _described(page, figures.drawing(element, attrs, captioned=page.place.captioned), attrs))
    elif name == "math":
        _formula(page, element, attrs)
    elif name == "script":
        page.skip_inside = True
        _picture(page, figures.Picture(tex=(element.text or "").strip()), displayed="display" in attrs["type"])
    elif name in ("a", "sup"):
        return _link(page, element, name, attrs)
    elif name in ("ruby", "rt", "rp", "rtc"):
        return _ruby(page, name, element)
    elif name == "q":
        page.line.flow.words("“")
        return lambda: page.line.flow.words("”")
    elif kind := elements.mark_kind(name, attrs):
        return page.marked(kind, " ".join(attrs.get("title", "").split()) if kind is MarkKind.ABBREVIATION else "")
    return None


def _described(page: Page, picture: figures.Picture, attrs: dict[str, str]) -> figures.Picture:
    """The picture with what hidden elements say of it at length."""
    told = [page.descriptions.get(each, "") for each in elements.description_ids(attrs)]
    if not any(told) or picture.inline or picture.tex:
        return picture
    return replace(picture, alt=". ".join(filter(None, [picture.alt.rstrip(" ."), *told])), skipped="")


def _picture(page: Page, picture: figures.Picture, *, displayed: bool = False) -> None:
    if picture.inline:
        page.line.flow.words(picture.inline)
    elif picture.tex and displayed and not page.sinks[-1].merges:
        page.flush()
        page.emit(Formula(tex=picture.tex, origin=page.here()))
    elif picture.tex:
        leave = page.marked(MarkKind.FORMULA, picture.tex)
        page.line.flow.words(picture.tex)
        leave()
    elif picture.skipped:
        page.skip("figure", picture.skipped)
    else:
        page.emit_beside(Figure(alt=picture.alt, caption=picture.caption, origin=page.here()))


def _formula(page: Page, element: Element, attrs: dict[str, str]) -> None:
    page.skip_inside = True
    formula, line = figures.formula(element, attrs, page.here())
    if not (formula.alt or formula.tex or line):
        return
    if figures.is_displayed(element, attrs) and not page.sinks[-1].merges:
        page.flush()
        page.emit(formula)
        return
    leave = page.marked(MarkKind.FORMULA, formula.mathml or formula.tex)
    page.line.flow.words(line)
    leave()


def _link(page: Page, element: Element, name: str, attrs: dict[str, str]) -> Leave | None:
    inner = list(itertools.islice(element.iter("*"), 12)) if name == "sup" else []
    links = [element] if name == "a" else [node for node in inner if local_name(node) == "a" and len(inner) < 12]
    marks = [(link, *page.notes.reference(link, attributes(link), page.file)) for link in links]
    whole = name == "a" or not elements.has_more(few_words(element), [few_words(link) for link in links])
    if marks and whole and all(key for _, key, _ in marks):
        page.skip_inside = True
        for link, key, label in marks:
            page.name("a", attributes(link))
            page.line.flow.point(MarkKind.NOTE, label)
            page.line.references.append(Reference(key=key, label=label))
        return None
    if page.place.in_note and links and whole and all(is_way_back(link, attributes(link)) for link in links):
        page.skip_inside = True
        return None
    if name == "sup":
        return page.marked(MarkKind.SUPERSCRIPT)
    return page.marked(MarkKind.LINK, attrs["href"]) if attrs.get("href") else None


def _ruby(page: Page, name: str, element: Element) -> Leave | None:
    """Ruby: each base is marked with the reading that follows it. A reading without a base is read as words."""
    if name == "ruby":
        flow = page.line.flow
        page.bases.append((flow, flow.opened(MarkKind.RUBY)))

        def leave() -> None:
            flow, base = page.bases.pop()
            flow.close(base)

        return leave
    if not page.bases:
        return None
    flow, base = page.bases[-1]
    if flow is page.line.flow and not base.is_unused:
        page.skip_inside = name in ("rt", "rp")
        if name == "rt":
            base.value = content(element)
            if not flow.close(base):
                flow.extend_last(MarkKind.RUBY, base.value)
            page.bases[-1] = (flow, flow.opened(MarkKind.RUBY))
    return None

"""DOCX in, a Document out: mammoth turns it into HTML by the meaning of its styles, the HTML reader does the rest.

Touches no file. Pictures are never unpacked: only their alternative text matters. Parts that unpack to more than any
book, or that declare entities, are refused before anything is parsed.
"""

import html
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

from narrate.document import Document, Metadata, is_language_tag
from narrate.errors import SourceError
from narrate.source.archive import Archive
from narrate.source.docx_language import as_html, marked
from narrate.source.html import read_html_text
from narrate.source.limits import DOCX_BYTES, DOCX_PART_BYTES, XML_DEPTH, XML_TAG_LENGTH
from narrate.source.lines import Headings
from narrate.source.name import plain, readable, shown
from narrate.source.omml import MATH, mathml

_ODD = "no word processor writes such a file: get it elsewhere"
_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STYLES = """
p[style-name='Title'] => h1.docx-title:fresh
p[style-name='Subtitle'] => p.subtitle:fresh
p[style-name='Heading 7'] => h6:fresh
p[style-name='heading 7'] => h6:fresh
p[style-name='Heading 8'] => h6:fresh
p[style-name='heading 8'] => h6:fresh
p[style-name='Heading 9'] => h6:fresh
p[style-name='heading 9'] => h6:fresh
p[style-name='caption'] => p.docx-caption:fresh
p[style-name='Caption'] => p.docx-caption:fresh
p[style-name='Image Caption'] => p.docx-caption:fresh
p[style-name='Table Caption'] => p.docx-caption:fresh
p[style-name='Figure'] => p.docx-caption:fresh
p[style-name='Illustration'] => p.docx-caption:fresh
p[style-name='Table'] => p.docx-caption:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Quotations'] => blockquote > p:fresh
p[style-name='Epigraph'] => blockquote > p:fresh
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Preformatted Text'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='Code'] => pre:separator('\\n')
p[style-name='toc 1'] => nav > p:fresh
p[style-name='toc 2'] => nav > p:fresh
p[style-name='toc 3'] => nav > p:fresh
p[style-name='TOC Heading'] => nav > p:fresh
r[style-name='HTML Code'] => code
r[style-name='Verbatim Char'] => code
r[style-name='Source Text'] => code
r[style-name='Emphasis'] => em
"""
_HEADING = re.compile(r'<h([1-6])( class="docx-title")?>(.*?)</h\1>', re.DOTALL)
_TYPED = re.compile(r"<p>(<strong>)?([^<>]{1,100})(?(1)</strong>)</p>")
_TYPED_TITLE = re.compile(r"\A<p><strong>([^<>]{1,100})</strong></p>")
_CORE = ("title", "creator", "language")
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BLIP = "{http://schemas.openxmlformats.org/drawingml/2006/main}blip"
_DRAWING_PROPERTIES = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
_DC = "{http://purl.org/dc/elements/1.1/}"
_MAIN = "word/document.xml"
_RULE = "{urn:schemas-microsoft-com:office:office}hr"
_BEYOND_MAMMOTH = (
    *(b"officeDocument/2006/math", b"drawingml/2006/chart", b"drawingml/2006/diagram"),
    b"schemas-microsoft-com:office:office",
)
_PLACE = "\ue000{}\ue001"
_PLACES = re.compile("\ue000(\\d{1,6})\ue001")
_CAPTION = r'<p class="docx-caption">((?:(?!</?p\b).)*)</p>'
_FIGURE = re.compile(rf"<p>((?:<img [^>]*/>\s*)+)</p>\s*{_CAPTION}")
_TABLE = re.compile(rf"{_CAPTION}\s*<table>")
_IGNORED = re.compile(r"An unrecognised element was ignored: (?:\{[^}]*\})?([\w:.-]+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Properties:
    title: str = ""
    author: str = ""
    language: str = ""


def read_docx(path: Path, data: bytes) -> Document:
    """The Document that a DOCX file holds. Raises SourceError when it is damaged, encrypted or hostile."""
    name = shown(path.name)
    if data.startswith(_OLD):
        hint = "open it in Word or LibreOffice and save it as .docx, without a password"
        raise SourceError(f"{name}: an encrypted or an old Word document", hint=hint)
    try:
        parts = _parts(name, data)
        properties = _properties(parts)
        properties = replace(properties, language=_marked(parts, properties.language))
        fragments = _set_apart(parts)
        markup, warnings = _converted(parts)
    except SourceError:
        raise
    except RecursionError as error:
        raise SourceError(f"{name}: elements nested too deeply", hint=_ODD) from error
    except Exception as error:  # a parser of such a format fails in every way that Python can
        missing = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        reason = " ".join(missing.split())[:120] or type(error).__name__
        hint = "open it in Word or LibreOffice and save it again"
        raise SourceError(f"{name}: a damaged DOCX file: {reason}", hint=hint) from error
    markup = _PLACES.sub(lambda found: fragments[int(found[1])] if int(found[1]) < len(fragments) else "", markup)
    markup = as_html(markup)
    document = read_html_text(_page(markup, properties), name=name, origin_href=_MAIN)
    return replace(document, metadata=_metadata(document, properties, path), warnings=(*document.warnings, *warnings))


def _parts(name: str, data: bytes) -> dict[str, bytes]:
    """The XML parts by name, unpacked and found harmless; nothing else is ever looked at."""
    archive = Archive(data, name)
    parts: dict[str, bytes] = {}
    size = 0
    for path in archive.paths:
        if not path.endswith((".xml", ".rels")):
            continue
        part = archive.read(path, DOCX_PART_BYTES)
        if part is None:
            raise zipfile.BadZipFile(f"{path[:80]} is not whole")
        size += len(part)
        if size > DOCX_BYTES:
            raise SourceError(f"{name}: unpacks to more than {DOCX_BYTES >> 20} MB of text", hint="divide it")
        if _has_long_tag(part):
            reason = f"{path[:80]} has a tag of more than {XML_TAG_LENGTH >> 10} KB; not read, to be safe"
            raise SourceError(f"{name}: {reason}", hint="open it in Word or LibreOffice and save it again")
        _check(name, path, part)
        parts[path] = part
    return parts


def _check(name: str, path: str, part: bytes) -> None:
    """Refuse what takes mammoth's parser minutes or more: entities, and elements nested by the thousand."""
    depth = 0

    def opened(_name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth > XML_DEPTH:
            raise SourceError(f"{name}: {path[:80]} has elements nested too deeply; not read, to be safe", hint=_ODD)

    def closed(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def declared(*_: object) -> None:
        raise SourceError(f"{name}: {path[:80]} declares entities; not read, to be safe", hint=_ODD)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.StartDoctypeDeclHandler = declared
    try:
        parser.Parse(part, True)
    except expat.ExpatError as error:
        raise ValueError(f"{path[:80]}: {error}") from error


def _has_long_tag(part: bytes) -> bool:
    """Whether a tag, a comment or an instruction is so long that expat before 2.6 would take minutes over it: it begins
    each anew with every 16 KB that it is given."""
    if any(len(piece) - start > XML_TAG_LENGTH for piece in part.split(b">") if (start := piece.find(b"<")) >= 0):
        return True
    for opening, closing in ((b"<!--", b"-->"), (b"<?", b"?>")):
        at = part.find(opening)
        while at >= 0:
            end = part.find(closing, at + len(opening))
            if (len(part) if end < 0 else end) - at > XML_TAG_LENGTH:
                return True
            at = part.find(opening, end) if end >= 0 else -1
    return False


def _properties(parts: dict[str, bytes]) -> _Properties:
    """What the file says of itself, and the language that its styles are in."""
    title = author = language = ""
    if core := parts.get("docProps/core.xml"):
        root = ElementTree.fromstring(core)
        title, author, language = (" ".join((root.findtext(_DC + key) or "").split()) for key in _CORE)
    if not language and (styles := parts.get("word/styles.xml")):
        tag = ElementTree.fromstring(styles).find(f"{_WORD}docDefaults//{_WORD}lang")
        language = tag.get(_WORD + "val", "") if tag is not None else ""
    return _Properties(title=title, author=author, language=language if is_language_tag(language) else "")


def _marked(parts: dict[str, bytes], language: str) -> str:
    """Put signs around words in other languages; the document's own, by most of its words."""
    main = parts.get(_MAIN, b"")
    if b"<w:lang" not in main:
        return language
    root = ElementTree.fromstring(main)
    language = marked(root, language)
    parts[_MAIN] = ElementTree.tostring(root)
    return language


def _set_apart(parts: dict[str, bytes]) -> list[str]:
    """Put a sign in the place of what mammoth would pass over without a word: formulas, charts, diagrams, rules.

    Returns the HTML of each, which is put in the sign's place when mammoth is done.
    """
    main = parts.get(_MAIN, b"")
    if not any(sign in main for sign in _BEYOND_MAMMOTH):
        return []
    fragments: list[str] = []
    root = ElementTree.fromstring(main)
    for parent in list(root.iter()):
        for at, child in enumerate(list(parent) if parent.tag != MATH + "oMathPara" else ()):
            fragment = _fragment(child)
            if not fragment:
                continue
            run = ElementTree.Element(_WORD + "r")
            ElementTree.SubElement(run, _WORD + "t").text = _PLACE.format(len(fragments))
            inside_run = parent.tag == _WORD + "r"
            parent[at] = run[0] if inside_run else run
            fragments.append(fragment)
    parts[_MAIN] = ElementTree.tostring(root)
    return fragments


def _fragment(element: ElementTree.Element) -> str:
    if element.tag == MATH + "oMath":
        return mathml(element)
    if element.tag == MATH + "oMathPara":
        return "".join(mathml(each, displayed=True) for each in element.iter(MATH + "oMath"))
    if element.tag == _WORD + "pict":
        return "<hr />" if any(shape.get(_RULE) in ("t", "true", "1") for shape in element.iter()) else ""
    if element.tag != _WORD + "drawing":
        return ""
    if next(element.iter(_BLIP), None) is not None or next(element.iter(_WORD + "txbxContent"), None) is not None:
        return ""
    properties = next(element.iter(_DRAWING_PROPERTIES), None)
    alt = properties.get("descr", "") or properties.get("title", "") if properties is not None else ""
    return f'<img alt="{html.escape(alt)}" />' if alt else "<img />"


def _converted(parts: dict[str, bytes]) -> tuple[str, list[str]]:
    """The body as HTML, and remarks about what is not in it."""
    import mammoth

    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    package.seek(0)
    pictures = mammoth.images.img_element(lambda _: {})
    result = mammoth.convert_to_html(package, style_map=_STYLES, convert_image=pictures)
    ignored = Counter(found[1] for message in result.messages if (found := _IGNORED.match(message.message)))
    warnings = [f"{count} {name} element{'s' * (count > 1)} of Word's left out" for name, count in ignored.items()]
    return str(result.value), warnings


def _page(markup: str, properties: _Properties) -> str:
    """A whole page: captions with their pictures and tables, one heading of level 1 where the document has a title."""
    markup = _FIGURE.sub(r"<figure>\1<figcaption>\2</figcaption></figure>", markup)
    markup = _TABLE.sub(r"<table><caption>\1</caption>", markup)
    if not _HEADING.search(markup):
        markup = _with_typed_headings(markup)
    lower = int('<h1 class="docx-title">' in markup)
    markup = _HEADING.sub(lambda found: _heading(found, lower), markup)
    title = f"<title>{html.escape(properties.title)}</title>" if properties.title else ""
    language = f' lang="{properties.language}"' if properties.language else ""
    return f"<!DOCTYPE html><html{language}><head>{title}</head><body>{markup}</body></html>"


def _with_typed_headings(markup: str) -> str:
    """Headings that were only typed ("Chapter One", bold or not), in a document that has none by its styles; with them
    a bold first line is the title."""
    headings = Headings()

    def heading(found: re.Match[str]) -> str:
        known = headings.find((html.unescape(found[2]),), ())
        return f"<h{known.level}>{found[2]}</h{known.level}>" if known else found[0]

    headed = _TYPED.sub(heading, markup)
    return _TYPED_TITLE.sub(r'<h1 class="docx-title">\1</h1>', headed) if headed != markup else markup


def _heading(found: re.Match[str], lower: int) -> str:
    level = 1 if found[2] else min(int(found[1]) + lower, 6)
    return f"<h{level}>{found[3]}</h{level}>"


def _metadata(document: Document, properties: _Properties, path: Path) -> Metadata:
    found = document.metadata
    title = properties.title or (found.title if found.title != shown(path.name) else "")
    return replace(found, title=plain(title or readable(path)), author=plain(properties.author) or found.author)

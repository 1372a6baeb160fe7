"""Small DOCX files for tests, out of the few parts that matter, so that a test shows what Word would have written.

`para("Rain.", style="Heading1")` is a paragraph; what a body is made of may also be raw WordprocessingML.
"""

import io
import zipfile
from html import escape

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMESPACES = (
    f'xmlns:w="{_W}" xmlns:r="{_R}" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
)
_STYLES = {
    "Title": "Title",
    "Heading1": "heading 1",
    "Heading2": "heading 2",
    "Heading3": "heading 3",
    "Caption": "caption",
    "Quote": "Quote",
    "Contents1": "toc 1",
    "Preformatted": "HTML Preformatted",
}
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/><Default Extension="png" ContentType="image/png"/></Types>'
)
_RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_RELATIONSHIP = f'<Relationship Id="{{}}" Type="{_R}/{{}}" Target="{{}}"/>'
_BULLETS = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>'
    '<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
)


def para(*runs: str, style: str = "", item_of: int = 0) -> str:
    """A paragraph of words (or of runs that are XML already); `item_of` 1 is a list of bullets, 2 one of numbers."""
    properties = f'<w:pStyle w:val="{style}"/>' if style else ""
    if item_of:
        properties += f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{item_of}"/></w:numPr>'
    inner = "".join(each if each.startswith("<") else run(each) for each in runs)
    return f"<w:p><w:pPr>{properties}</w:pPr>{inner}</w:p>"


def run(text: str, properties: str = "") -> str:
    """Words, with what Word says of their form: `<w:i/>`."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def mark(number: int, kind: str = "footnote") -> str:
    """The mark of a note."""
    return f'<w:r><w:{kind}Reference w:id="{number}"/></w:r>'


def picture(alt: str | None) -> str:
    """A picture with alternative text, or without any."""
    descr = f' descr="{escape(alt)}"' if alt is not None else ""
    return (
        f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="Picture 1"{descr}/><a:graphic><a:graphicData><pic:pic>'
        '<pic:blipFill><a:blip r:embed="rPicture"/></pic:blipFill></pic:pic></a:graphicData></a:graphic></wp:inline>'
        "</w:drawing></w:r>"
    )


def table(*rows: tuple[str, ...], header: bool = False) -> str:
    """A table; its first row is marked as a header when `header` says so."""
    text = ""
    for number, cells in enumerate(rows):
        properties = "<w:trPr><w:tblHeader/></w:trPr>" if header and not number else ""
        text += f"<w:tr>{properties}{''.join(f'<w:tc>{para(cell)}</w:tc>' for cell in cells)}</w:tr>"
    return f"<w:tbl>{text}</w:tbl>"


def docx(
    *body: str,
    notes: dict[int, str] | None = None,
    endnotes: dict[int, str] | None = None,
    core: str = "",
    language: str = "",
    parts: dict[str, bytes] | None = None,
) -> bytes:
    """A whole file; `core` is what docProps/core.xml holds, `parts` are added or replace others."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in _STYLES.items()
    )
    defaults = (
        f'<w:docDefaults><w:rPrDefault><w:rPr><w:lang w:val="{language}"/></w:rPr></w:rPrDefault></w:docDefaults>'
    )
    related = [("rPicture", "image", "media/image1.png"), ("rStyles", "styles", "styles.xml")]
    related += [("rNumbering", "numbering", "numbering.xml")]
    written = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _RELATIONSHIPS.format(_RELATIONSHIP.format("r1", "officeDocument", "word/document.xml")),
        "word/document.xml": f"<w:document {_NAMESPACES}><w:body>{''.join(body)}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {_NAMESPACES}>{defaults if language else ''}{styles}</w:styles>",
        "word/numbering.xml": f"<w:numbering {_NAMESPACES}>{_BULLETS}</w:numbering>",
        "word/media/image1.png": "no picture at all",
    }
    for kind, found in (("footnote", notes), ("endnote", endnotes)):
        if found:
            inner = "".join(f'<w:{kind} w:id="{number}">{para(text)}</w:{kind}>' for number, text in found.items())
            written[f"word/{kind}s.xml"] = f"<w:{kind}s {_NAMESPACES}>{inner}</w:{kind}s>"
            related.append((f"r{kind}", f"{kind}s", f"{kind}s.xml"))
    if core:
        written["docProps/core.xml"] = (
            f'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/">{core}</cp:coreProperties>'
        )
    written["word/_rels/document.xml.rels"] = _RELATIONSHIPS.format("".join(_RELATIONSHIP.format(*r) for r in related))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in ({k: v.encode() for k, v in written.items()} | (parts or {})).items():
            archive.writestr(name, data)
    return out.getvalue()

"""The package of an EPUB: what its container, its OPF, its navigation and its NCX say. Pure.

Paths are from the archive's root. What is missing or wrong becomes a warning where the book can be read without it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from narrate.errors import SourceError
from narrate.source.archive import Archive
from narrate.source.limits import CONTENTS_ENTRIES, MARKUP_BYTES, SPINE_FILES
from narrate.source.notes import types, within
from narrate.source.tree import Element, attributes, content, local_name, parse_html, parse_xml

_CONTAINER = "META-INF/container.xml"
_OBFUSCATION = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_RIGHTS = {
    "META-INF/rights.xml": "Adobe ADEPT",
    "META-INF/license.lcpl": "Readium LCP",
    "META-INF/sinf.xml": "Apple FairPlay",
}
_TEXT_TYPES = frozenset({"application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/x-dtbook+xml"})
_TEXT_SUFFIXES = (".xhtml", ".html", ".htm", ".xht")
_SVG = "image/svg+xml"
_DEEPEST = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class ContentsEntry:
    """An entry of the table of contents: its title, where it points (`path#id`, `path#`), and how deep it stands."""

    title: str
    key: str
    depth: int


@dataclass(kw_only=True, slots=True)
class Package:
    """What an EPUB says of itself.

    `pictures` are the files of the spine that are JPEGs and the like. `roles` gives files their landmarks ("cover",
    "titlepage", "toc").
    """

    title: str = ""
    authors: list[str] = field(default_factory=list)
    language: str = ""
    date: str = ""
    cover: str = ""
    spine: list[str] = field(default_factory=list)
    pictures: set[str] = field(default_factory=set)
    contents: list[ContentsEntry] = field(default_factory=list)
    contents_file: str = ""
    roles: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Item:
    path: str
    media_type: str
    properties: frozenset[str]
    fallback: str


def read_package(archive: Archive, name: str) -> Package:
    """The package of the book in `archive`. Raises SourceError when it is protected, or is no EPUB."""
    _refuse_protected(archive, name)
    path = _opf_path(archive, name)
    data = archive.read(path, MARKUP_BYTES)
    if data is None:
        raise SourceError(f"{name}: its package, {path}, cannot be read", hint="the file is damaged: get it again")
    return _Opf(archive, path, parse_xml(data, f"{name}: {path}")).read()


def _refuse_protected(archive: Archive, name: str) -> None:
    """Raise SourceError for a book that is encrypted, other than in its fonts."""
    maker = next((maker for path, maker in _RIGHTS.items() if archive.found(path)), "")
    data = archive.read("META-INF/encryption.xml", MARKUP_BYTES)
    if data and not maker:
        for element in parse_xml(data, f"{name}: encryption.xml").iter("*"):
            algorithm = attributes(element).get("algorithm", "")
            if local_name(element) == "encryptionmethod" and algorithm not in _OBFUSCATION:
                maker = "encryption"
    if maker:
        raise SourceError(
            f"{name}: protected by DRM ({maker}), so its text cannot be read",
            hint="ask where you got it for a copy without DRM",
        )


def _opf_path(archive: Archive, name: str) -> str:
    data = archive.read(_CONTAINER, MARKUP_BYTES)
    if data is not None:
        for element in parse_xml(data, f"{name}: {_CONTAINER}").iter("*"):
            path = attributes(element).get("full-path", "")
            if local_name(element) == "rootfile" and (found := archive.found(within(path, ""))):
                return found
    lost = [path for path in archive.paths if path.lower().endswith(".opf")]
    if not lost:
        raise SourceError(f"{name}: a ZIP archive, but no EPUB: no package in it", hint="check what the file is")
    return lost[0]


class _Opf:
    """Reads one OPF, and the table of contents that it names."""

    def __init__(self, archive: Archive, path: str, root: Element) -> None:
        self._archive = archive
        self._path = path
        self._root = root
        self._items: dict[str, _Item] = {}
        self._package = Package()

    def read(self) -> Package:
        elements = list(self._root.iter("*"))
        named: dict[str, list[Element]] = {}
        for element in elements:
            named.setdefault(local_name(element), []).append(element)
        for element in named.get("item", []):
            self._item(attributes(element))
        self._metadata(named)
        self._spine(named)
        for element in named.get("reference", []):
            attrs = attributes(element)
            if path := self._file(attrs.get("href", "")):
                self._package.roles.setdefault(path, attrs.get("type", "").lower().replace("title-page", "titlepage"))
        self._contents(named)
        return self._package

    def _item(self, attrs: dict[str, str]) -> None:
        self._items[attrs.get("id", "")] = _Item(
            path=within(attrs.get("href", "").partition("#")[0], self._path),
            media_type=attrs.get("media-type", "").lower(),
            properties=frozenset(attrs.get("properties", "").split()),
            fallback=attrs.get("fallback", ""),
        )

    def _file(self, href: str) -> str:
        """The file that a link of the OPF points to; "" when it is not in the archive."""
        return self._archive.found(within(href.partition("#")[0], self._path)) if href else ""

    def _metadata(self, named: dict[str, list[Element]]) -> None:
        package = self._package
        titles = [text for element in named.get("title", []) if (text := content(element))]
        package.title = titles[0] if titles else ""
        refined: dict[str, set[str]] = {}
        for element in named.get("meta", []):
            if (attrs := attributes(element)).get("property") == "role":
                refined.setdefault(attrs.get("refines", "").removeprefix("#"), set()).add(content(element))
        for element in named.get("creator", []):
            attrs = attributes(element)
            roles = {value for name, value in attrs.items() if name.endswith("role")}
            roles |= refined.get(attrs.get("id", ""), set())
            if (author := content(element)) and (not roles or "aut" in roles) and author not in package.authors:
                package.authors.append(author)
        package.language = next((text for e in named.get("language", []) if (text := content(e))), "")
        package.date = next((text for e in named.get("date", []) if (text := content(e))), "")
        package.cover = self._cover(named)

    def _cover(self, named: dict[str, list[Element]]) -> str:
        for item in self._items.values():
            if "cover-image" in item.properties:
                return self._archive.found(item.path)
        for element in named.get("meta", []):
            attrs = attributes(element)
            item_of = self._items.get(attrs.get("content", ""))
            if attrs.get("name", "").lower() == "cover" and item_of and item_of.media_type.startswith("image/"):
                return self._archive.found(item_of.path)
        return ""

    def _spine(self, named: dict[str, list[Element]]) -> None:
        package = self._package
        seen: set[str] = set()
        references = named.get("itemref", [])
        wanted = [attributes(element).get("idref", "") for element in references]
        if not any(each in self._items for each in wanted):
            wanted = [key for key, item in self._items.items() if _is_text(item)]
            package.warnings.append("the book does not say in which order its files are read: read as they are listed")
        for key in wanted:
            item = self._readable(key)
            path = self._archive.found(item.path) if item else ""
            if not path:
                missing = item.path if item else key
                package.warnings.append(f"{missing[:120]}: part of the book's order, but not in the archive as text")
            elif path in seen:
                package.warnings.append(f"{path[:120]}: twice in the book's order, read once")
            else:
                seen.add(path)
                package.spine.append(path)
                if item and item.media_type.startswith("image/") and item.media_type != _SVG:
                    package.pictures.add(path)
        if len(package.spine) > SPINE_FILES:
            raise SourceError(f"{self._path}: more than {SPINE_FILES} text files", hint="no book has as many")

    def _readable(self, key: str) -> _Item | None:
        """The item, or the first of its fallbacks that is text; else a picture, which is then the whole page."""
        first = item = self._items.get(key)
        for _ in range(_DEEPEST):  # fallbacks may go round in a ring
            if item is None or _is_text(item):
                break
            item = self._items.get(item.fallback)
        if item and _is_text(item):
            return item
        return first if first and first.media_type.startswith("image/") else None

    def _contents(self, named: dict[str, list[Element]]) -> None:
        nav = next((item.path for item in self._items.values() if "nav" in item.properties), "")
        if nav and (data := self._archive.read(nav, MARKUP_BYTES)):
            self._package.contents_file = self._archive.found(nav)
            self._nav(data)
        if not self._package.contents:
            self._ncx(named)

    def _nav(self, data: bytes) -> None:
        path = self._package.contents_file
        root, _ = parse_html(data.decode("utf-8", "replace"), path)
        navs = [element for element in root.iter("*") if local_name(element) == "nav"]
        roles = [types(attributes(nav)) for nav in navs]
        # The first of each kind: a file may hold thousands in each other.
        contents = next((nav for nav, role in zip(navs, roles, strict=True) if role & {"toc", "doc-toc"}), None)
        landmarks = next((nav for nav, role in zip(navs, roles, strict=True) if "landmarks" in role), None)
        if contents is None and len(navs) == 1 and not roles[0]:
            contents = navs[0]
        if contents is not None:
            self._package.contents = [entry for entry, _ in self._links(contents, path)]
        if landmarks is not None:
            for entry, kind in self._links(landmarks, path):
                self._package.roles.setdefault(entry.key.partition("#")[0], kind)

    def _links(self, nav: Element, path: str) -> Iterator[tuple[ContentsEntry, str]]:
        """The entries of a `<nav>`, and each one's `epub:type`."""
        count = 0
        for element, depth in _deep(nav, "ol", _is_label):
            title = content(element)
            attrs = attributes(element)
            is_link = local_name(element) == "a"
            key = self._key(attrs.get("href", ""), path) if is_link else ""
            if not title or (is_link and not key):
                continue
            yield ContentsEntry(title=title, key=key, depth=min(depth, _DEEPEST)), " ".join(sorted(types(attrs)))
            count += 1
            if count >= CONTENTS_ENTRIES:
                self._package.warnings.append(f"the table of contents is followed for {CONTENTS_ENTRIES} entries")
                return

    def _key(self, href: str, file: str) -> str:
        path, _, fragment = href.strip().partition("#")
        if "://" in path:
            return ""
        found = self._archive.found(within(path, file) if path else file)
        return f"{found}#{fragment}" if found else ""

    def _ncx(self, named: dict[str, list[Element]]) -> None:
        ids = [attributes(element).get("toc", "") for element in named.get("spine", [])]
        listed = [item.path for key, item in self._items.items() if key in ids or item.media_type.endswith("ncx+xml")]
        path = next(filter(None, map(self._archive.found, listed)), "")
        data = self._archive.read(path, MARKUP_BYTES) if path else None
        if data is None:
            return
        for point, depth in _deep(parse_xml(data, path), "navpoint", lambda each: local_name(each) == "navpoint"):
            label, source = point.find("{*}navLabel"), point.find("{*}content")
            title = content(label) if label is not None else ""
            key = self._key(attributes(source).get("src", ""), path) if source is not None else ""
            if title and key:
                self._package.contents.append(ContentsEntry(title=title, key=key, depth=min(depth, _DEEPEST)))
            if len(self._package.contents) >= CONTENTS_ENTRIES:
                return


def _is_text(item: _Item) -> bool:
    return item.media_type in _TEXT_TYPES or item.path.lower().endswith(_TEXT_SUFFIXES)


def _deep(root: Element, name: str, is_wanted: Callable[[Element], bool]) -> Iterator[tuple[Element, int]]:
    """The wanted elements that stand in no other of them but those called `name`, in order, and in how many of these
    each stands, itself included."""
    from lxml import etree

    depth = 0
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        if local_name(element) == name:
            depth += 1 if event == "start" else -1
        if event == "start" and is_wanted(element):
            yield element, depth
            if local_name(element) != name:
                walker.skip_subtree()


def _is_label(element: Element) -> bool:
    """Whether an element is the label of an entry: a link, or a span in its place."""
    if local_name(element) == "a":
        return True
    parent = element.getparent()
    return local_name(element) == "span" and parent is not None and local_name(parent) == "li"

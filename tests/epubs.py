"""Folders and tables of files packed as EPUBs, with the two files that are always the same."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

CONTAINER = """<?xml version="1.0"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>
"""
FIXED = {"mimetype": "application/epub+zip", "META-INF/container.xml": CONTAINER}


def packed(folder: Path, target: Path) -> Path:
    """The folder as an EPUB."""
    files = {
        str(path.relative_to(folder).as_posix()): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    return written(target, files)


def written(target: Path, files: Mapping[str, str | bytes]) -> Path:
    """An EPUB of these files, and of mimetype and container where they are not given."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted((FIXED | dict(files)).items(), key=lambda item: item[0] != "mimetype"):
            archive.writestr(name, data)
    return target


def opf(*spine: str, metadata: str = "", manifest: str = "", guide: str = "", nav: bool = False) -> str:
    """A package whose book reads the files `spine` in that order."""
    items = "".join(
        f'<item id="i{n}" href="{path}" media-type="application/xhtml+xml"/>' for n, path in enumerate(spine)
    )
    order = "".join(f'<itemref idref="i{n}"/>' for n in range(len(spine)))
    nav_item = '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>' if nav else ""
    return f"""<?xml version="1.0"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<metadata><dc:title>The Quay</dc:title><dc:language>en</dc:language>{metadata}</metadata>
<manifest>{items}{nav_item}{manifest}</manifest><spine>{order}</spine><guide>{guide}</guide></package>"""


def page(body: str, attributes: str = "") -> str:
    """An XHTML file with that body."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f"<head><title>x</title></head><body{attributes}>{body}</body></html>"
    )

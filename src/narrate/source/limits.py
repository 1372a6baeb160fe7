"""How much of what a source may hold before it is refused, so that no file can take the machine down.

A real book is far below every one of these; what is above is an attack or a mistake. Each is told in one line.
"""

SOURCE_BYTES = 1 << 30
"""The file itself."""

MARKUP_BYTES = 64 << 20
"""One HTML, XHTML, OPF or NCX file, unpacked. *War and Peace* has 3.5 MB."""

ARCHIVE_TEXT_BYTES = 256 << 20
"""All text of one archive together, unpacked. Pictures, fonts and films are never unpacked."""

ARCHIVE_FILES = 20_000
"""Entries in an archive."""

COMPRESSION_RATIO = 200
"""Unpacked size for packed size of one file of more than a megabyte. Prose packs 3 to 10 times, zeros 1000 times."""

COVER_BYTES = 32 << 20
"""The picture of a cover, still packed as JPEG or PNG; its declared width and height are checked before it is drawn."""

NESTING = 2000
"""Elements in elements, which libxml2 sets. Deeper ones are read without their formatting, or refused."""

SPINE_FILES = 10_000
"""Text files of one EPUB."""

CONTENTS_ENTRIES = 20_000
"""Entries of a table of contents that are followed."""

TABLE_COLUMNS = 200
"""Columns of a table: what one cell may span, or many in one row take together."""

TABLE_CELLS = 200_000
"""Cells of a table after those that span several were repeated; after that, spans are left empty."""

STREAM_BYTES = 256 << 20
"""What comes from standard input, or from an address."""

FETCH_S = 60.0
"""Seconds for a whole fetch: resolving the name, redirects, every byte."""

REDIRECTS = 5
"""Redirects that a fetch follows."""

DOCX_PART_BYTES = 48 << 20
"""One XML part of a DOCX file, unpacked. A novel's main part has some 10 MB."""

DOCX_BYTES = 96 << 20
"""All XML parts of a DOCX file together, unpacked. Pictures are never unpacked."""

XML_DEPTH = 400
"""Elements in elements of a DOCX file's XML. Word's own stay below 60."""

XML_TAG_LENGTH = 65_536
"""Bytes of one tag of a DOCX file's XML."""

PDF_PAGES = 20_000
"""Pages of a PDF."""

PDF_CHARACTERS = 100_000_000
"""Characters of a PDF."""

PDF_SECONDS = 300.0
"""For reading the pages of a PDF; a thousand pages take some twenty."""

PDF_STREAM_BYTES = 32 << 20
"""What a page's program, or a font's table, may unpack to. Pictures are not unpacked."""

PDF_OPERATIONS = 1_000_000
"""Operators and operands of one page."""

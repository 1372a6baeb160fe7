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

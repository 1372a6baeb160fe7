"""HTML in, a Document out: the one reader by way of which every format but plain text is read."""

from narrate.document import Document


def read_html_text(html: str, *, name: str, origin_href: str = "", main_content: bool = False) -> Document:
    """The Document that `html` says.

    `name` stands in messages. `origin_href` begins every block's `origin.href` (its id follows, after a "#"); without
    it blocks carry the line where they stand. `main_content` leaves out the menus, comments and advertisements of a
    saved web page. Raises SourceError when there is no text in it.
    """
    raise NotImplementedError((html, name, origin_href, main_content))

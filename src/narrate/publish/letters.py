"""An author's letters, as every file that shows them can hold them. Pure."""

import re

_UNFIT = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """`text` with a space for everything that ends a line, or that XML 1.0 (clause 2.2) and UTF-8 cannot hold.

    Every other character stays in its place, also those that nobody sees: the joiners of Persian, of Hindi, of emoji.
    """
    return _UNFIT.sub(" ", text)

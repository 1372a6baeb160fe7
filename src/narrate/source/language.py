"""Which language a document is in that does not say so: told from its words.

Nearly everything that says nothing is English, which a count of its commonest words tells in a millisecond. For the
rest py3langid (97 languages; BSD; its model takes 0.2 s to load) reads the same words. Touches nothing.
"""

import re
from collections.abc import Iterator
from itertools import islice

from narrate.document import Document

_WORD = re.compile(r"[^\W\d_]+")
_WORDS = 1500
_FEWEST = 50
"""Fewer words than these tell too little: twenty English ones full of abbreviations were taken for Walloon."""

_COMMONEST = """
a an and are as at be but by for from had has have he her his i in is it my not of on or our she that the their they
this to was we were which with you
"""
_ENGLISH = frozenset(_COMMONEST.split())
_ENGLISH_SHARE = 0.2
"""Prose in English has between a third and a half of these words, lists in it a fifth; no other language a tenth."""


def language_of(document: Document) -> str:
    """The BCP 47 tag of the language that most of the document is in; "" where that cannot be told."""
    words = list(islice(_words(document), _WORDS))
    if len(words) < _FEWEST:
        return ""
    if sum(word in _ENGLISH for word in words) >= _ENGLISH_SHARE * len(words):
        return "en"
    from py3langid import classify

    language, _ = classify(" ".join(words))
    return str(language)


def _words(document: Document) -> Iterator[str]:
    for chapter in document.chapters:
        for block in chapter.blocks:
            for match in _WORD.finditer(getattr(block, "text", "")):
                yield match[0].lower()

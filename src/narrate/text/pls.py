"""W3C Pronunciation Lexicon Specification 1.0, read: the bytes of a `.pls` file in, entries out. Touches no file.

Of `<lexeme>` its `<grapheme>`s, and the preferred (else the first) `<phoneme>` or `<alias>`. Alphabets: `ipa`, and
`x-espeak` for espeak-ng's own names. Document types and entities are refused.
"""

from typing import TYPE_CHECKING

from narrate.errors import ConfigError
from narrate.text.lexicon import Entry, problem

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

LARGEST = 8 << 20
_NAMESPACE = "{http://www.w3.org/2005/01/pronunciation-lexicon}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_ALPHABETS = {"ipa": "/{}/", "x-espeak": "[[{}]]"}


def read_pls(data: bytes, *, name: str) -> tuple[Entry, ...]:
    """The entries of a lexicon, in order; `name` is the file's, for messages.

    Raises ConfigError for what is no such lexicon, is larger than 8 MB, declares entities, or says a word by an
    alphabet or by signs that are not known.
    """
    if len(data) > LARGEST:
        raise ConfigError(f"{name}: a lexicon of more than {LARGEST >> 20} MB")
    root = _parsed(data, name)
    if root.tag.removeprefix(_NAMESPACE) != "lexicon":
        raise ConfigError(f"{name}: not a pronunciation lexicon: it begins with <{root.tag.rpartition('}')[2]}>")
    language = root.get(f"{_XML}lang", "")
    alphabet = root.get("alphabet", "ipa")
    return tuple(
        entry
        for lexeme in root
        if _name(lexeme) == "lexeme"
        for entry in _entries(lexeme, lexeme.get(f"{_XML}lang", language), alphabet, name)
    )


def _parsed(data: bytes, name: str) -> "Element":
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise ConfigError(f"{name}: declares a document type or entities", hint="remove its <!DOCTYPE …>") from error
    except (ParseError, LookupError, ValueError) as error:
        raise ConfigError(f"{name}: not valid XML: {error}") from error
    return root


def _name(element: "Element") -> str:
    return str(element.tag).removeprefix(_NAMESPACE)


def _text(element: "Element") -> str:
    return " ".join("".join(element.itertext()).split())


def _entries(lexeme: "Element", language: str, alphabet: str, name: str) -> list[Entry]:
    words = [_text(each) for each in lexeme if _name(each) == "grapheme" and _text(each)]
    ways = [each for each in lexeme if _name(each) in ("phoneme", "alias") and _text(each)]
    if not words or not ways:
        return []
    way = next((each for each in ways if each.get("prefer") == "true"), ways[0])
    say = _text(way)
    if _name(way) == "phoneme":
        written = way.get("alphabet", alphabet)
        if written not in _ALPHABETS:
            known = ", ".join(_ALPHABETS)
            raise ConfigError(f"{name}: “{words[0]}”: the alphabet {written!r} is not known", hint=f"known: {known}")
        say = _ALPHABETS[written].format(say)
    if wrong := problem(say):
        raise ConfigError(f"{name}: “{words[0]}”: “{say[:40]}” {wrong}")
    return [Entry(word=word, say=say, language=language) for word in words]

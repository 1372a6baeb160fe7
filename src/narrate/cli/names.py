"""`narrate names`: the names and odd words of a book, so that a person knows what to put into the lexicon."""

from typing import TYPE_CHECKING

from narrate.cli import options
from narrate.cli.output import print_json, shortened, table

if TYPE_CHECKING:
    from narrate.text.names import Name


def names(source: options.Source, language: options.Language = None, json: options.Json = False) -> None:
    """List the names and odd words of a document, how often and where, and what the lexicon says of them."""
    from narrate.preview import rehearsal

    flags = options.flags(source, language=language)
    found = list(rehearsal.names(options.request(source, options.DEFAULT_OUT, flags, None)))
    if json:
        print_json(
            [
                {
                    "word": each.name.word,
                    "kind": str(each.name.kind),
                    "count": each.name.count,
                    "chapter": each.name.chapter,
                    "line": each.name.first.line,
                    "href": each.name.first.href,
                    "sentence": each.name.first.text,
                    "say": each.say,
                }
                for each in found
            ]
        )
        return
    rows = [
        [
            each.name.word,
            str(each.name.count),
            _place(each.name),
            str(each.name.kind),
            each.say,
            shortened(each.name.first.text, 60),
        ]
        for each in found
    ]
    print(table(["word", "count", "first", "why", "said", "in"], rows, right=(1,)))


def _place(name: "Name") -> str:
    return ", ".join(filter(None, (f"chapter {name.chapter}", shortened(name.first.place, 40))))

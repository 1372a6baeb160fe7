"""`narrate names`: the names and odd words of a book, so that a person knows what to put into the lexicon."""

from narrate.cli import options
from narrate.cli.output import print_json, shortened, table


def names(source: options.Source, language: options.Language = None, json: options.Json = False) -> None:
    """List the names and odd words of a document, how often and where, and what the lexicon says of them."""
    from narrate import rehearsal

    found = list(rehearsal.names(source, flags=options.flags(source, language=language)))
    if json:
        print_json(
            [
                {
                    "word": each.name.word,
                    "kind": str(each.name.kind),
                    "count": each.name.count,
                    "chapter": each.name.chapter,
                    "line": each.name.line,
                    "sentence": each.name.sentence,
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
            f"chapter {each.name.chapter}" + (f", line {each.name.line}" if each.name.line else ""),
            str(each.name.kind),
            each.say,
            shortened(each.name.sentence, 60),
        ]
        for each in found
    ]
    print(table(["word", "count", "first", "why", "said", "in"], rows, right=(1,)))

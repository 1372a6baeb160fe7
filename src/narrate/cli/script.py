"""`narrate script`: any document as Markdown that can be edited, and that builds to the same audiobook."""

import sys

from narrate.cli import options
from narrate.cli.streams import printable, remark


def script(
    source: options.Source,
    out: options.Out = options.DEFAULT_OUT,
    voice: options.Voice = None,
    language: options.Language = None,
) -> None:
    """Write a document as Markdown on stdout: chapters, descriptions, interludes, notes, to be edited and built."""
    from narrate import record, scripting
    from narrate import source as sources
    from narrate.project import chosen
    from narrate.release import release_folder

    document = sources.read(source)
    asked = options.request(source, out, options.flags(source, voice=voice, language=language), None)
    front = scripting.front(document, source, asked.flags, defaults=asked.defaults)
    before = record.read(asked.out / release_folder(front.metadata))
    choices = chosen(document.chapters, before.choices) if before else {}
    sys.stdout.write(front.text)
    for piece in scripting.chapters(document, {number: each.voice for number, each in choices.items() if each.voice}):
        sys.stdout.write(f"\n{piece}")
    others = [number for number, each in choices.items() if each.rate_wpm or each.pitch is not None]
    if others:
        numbers = ", ".join(map(str, others))
        remark(
            f"narrate: rate and pitch chosen for chapter {numbers} are remembered beside the book, not in the script"
        )
    for warning in (*document.warnings, *front.warnings):
        remark(f"warning: {printable(warning)}")

"""scripting: a Document in, the Markdown of a script out, which builds to the same audiobook and can be edited.

The other direction is `source.scripted`. `chapters` and `front` are the two parts of a script's file.
"""

from narrate.scripting.blocks import chapters
from narrate.scripting.front import Front, front

__all__ = ["Front", "chapters", "front"]

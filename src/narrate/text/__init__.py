"""text: a Document's chapter in, its Script out. What is said, in which words, and with which silences between.

Imports the nouns alone and touches no file. `to_script` takes one chapter at a time.
"""

from narrate.text.cues import to_script
from narrate.text.estimate import estimate_s

__all__ = ["estimate_s", "to_script"]

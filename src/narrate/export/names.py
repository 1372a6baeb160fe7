"""File names for the displays of car stereos: FAT's rules, plain letters where there are any, and not too long."""

import unicodedata

from narrate.release import safe_name

_LONGEST = 60
_PLAIN = str.maketrans(
    {"‘": "'", "’": "'", "“": "", "”": "", "„": "", "‹": "", "›": "", "«": "", "»": "", "–": "-", "—": "-", "…": "",
     "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D",
     "&": "and", "+": " ", ";": ",", "=": "-", "[": "(", "]": ")"}
)  # fmt: skip


def plain_name(title: str) -> str:
    """`title` as a name without an extension, of up to 60 characters: Latin letters without their accents, which many
    stereos show as boxes; other scripts stay as they are. Never empty."""
    text = unicodedata.normalize("NFKD", title.translate(_PLAIN))
    keeps = _carries_marks(text)
    plain = "".join(char for char in text if keeps or not unicodedata.combining(char))
    # Again, since what FAT forbids becomes typographer's signs there.
    name = " ".join(safe_name(unicodedata.normalize("NFC", plain)).translate(_PLAIN).split())
    if len(name) > _LONGEST:
        name = name[:_LONGEST].rsplit(" ", 1)[0] if " " in name[:_LONGEST] else name[:_LONGEST]
    return name.rstrip(" .-,") or "Untitled"


def _carries_marks(text: str) -> bool:
    """Whether marks carry the meaning: in every script but Latin."""
    return not any("LATIN" in unicodedata.name(char, "") for char in text)

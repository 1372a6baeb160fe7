"""Where the files that come with the program are, installed or in a checkout."""

from pathlib import Path

_PACKAGED = Path(__file__).parent / "audio"
_CHECKOUT = Path(__file__).parents[2] / "audio"


def audio_dir() -> Path:
    """The folder of interlude beds and their `manifest.toml`."""
    return _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT

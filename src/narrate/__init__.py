"""narrate: long reads in, audio-described audiobooks for the road out."""

__version__ = "0.1.0"

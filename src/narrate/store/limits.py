"""How much the store may hold on this machine. In: the environment, or a person's word for a size. Out: bytes."""

import os
import re

from narrate.errors import ConfigError

DEFAULT_LIMIT = 4_000_000_000
"""Bytes that the store may hold between builds: the takes of about fifteen hours of speech."""


def limit_bytes() -> int:
    """`NARRATE_STORE_LIMIT` ("2G", "500M"), else DEFAULT_LIMIT. Raises ConfigError when it is no size."""
    named = os.environ.get("NARRATE_STORE_LIMIT")
    return size_bytes(named, where="NARRATE_STORE_LIMIT") if named else DEFAULT_LIMIT


def size_bytes(text: str, *, where: str) -> int:
    """The bytes that "500M", "2G" or "1000000" mean, in powers of ten. Raises ConfigError naming `where`."""
    matched = re.fullmatch(r"\s*(\d{1,15})(?:[.,](\d{1,3}))?\s*([kMGT]?)B?\s*", text, re.IGNORECASE)
    if not matched:
        raise ConfigError(f"{where}: not a size: {text!r}", hint='say "500M" or "2G"')
    whole, fraction, unit = matched[1], matched[2] or "", matched[3].upper()
    return round(float(f"{whole}.{fraction or 0}") * {"": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}[unit])

"""How an entry is known to be whole and in its place: a magic line, the SHA-256 of its name and data, the data."""

import hashlib

_MAGIC = b"narrate store 2\n"

HEAD_BYTES = len(_MAGIC) + hashlib.sha256().digest_size


def seal(kind: str, name: str, data: bytes) -> bytes:
    """What stands before `data` in the entry `name`: HEAD_BYTES bytes."""
    digest = hashlib.sha256(f"{kind}/{name}\n".encode())
    digest.update(data)
    return _MAGIC + digest.digest()


def unsealed(kind: str, name: str, entry: bytes) -> bytes | None:
    """The data of `entry`; None when it is damaged, cut short, or another's."""
    data = entry[HEAD_BYTES:]
    return data if entry[:HEAD_BYTES] == seal(kind, name, data) else None

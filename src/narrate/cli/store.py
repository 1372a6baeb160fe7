"""`narrate store`: what is kept between builds, how large and how old it is; and making room."""

import time
from typing import Annotated

import typer

from narrate.cli import options
from narrate.cli.output import print_json, table
from narrate.errors import ConfigError

Prune = Annotated[bool, typer.Option("--prune", help="Remove what was used longest ago, down to the limit.")]
Limit = Annotated[
    str | None,
    typer.Option(
        "--limit", metavar="SIZE", help="With --prune: how much may stay, e.g. 500M, 2G, 0 (NARRATE_STORE_LIMIT)."
    ),
]


def store(
    store: options.StoreDir = None, prune: Prune = False, limit: Limit = None, json: options.Json = False
) -> None:
    """Show the store of spoken sentences and encoded stretches, or make room in it."""
    from narrate.store import FolderStore, default_root, limit_bytes, size_bytes

    if isinstance(store, str):
        raise ConfigError(
            f"{store}: only a folder's entries are counted here", hint="this machine's copies: no --store"
        )
    kept = FolderStore(store or default_root())
    most = size_bytes(limit, where="--limit") if limit is not None else limit_bytes()
    freed = kept.evict(most) if prune else 0
    kinds: dict[str, list[float]] = {}
    for entry in kept.entries():
        count, size, oldest, newest = kinds.setdefault(entry.kind, [0, 0, entry.used_at, entry.used_at])
        kinds[entry.kind] = [count + 1, size + entry.size, min(oldest, entry.used_at), max(newest, entry.used_at)]
    total = sum(each[1] for each in kinds.values())
    now = time.time()
    if json:
        print_json(
            {
                "folder": str(kept.root),
                "bytes": int(total),
                "limit": most,
                "freed": freed,
                "kinds": {
                    kind: {
                        "entries": int(count),
                        "bytes": int(size),
                        "oldest_s": round(now - oldest),
                        "newest_s": round(now - newest),
                    }
                    for kind, (count, size, oldest, newest) in sorted(kinds.items())
                },
            }
        )
        return
    print(kept.root)
    rows = [
        [kind, str(int(count)), megabytes(size), age(now - oldest), age(now - newest)]
        for kind, (count, size, oldest, newest) in sorted(kinds.items())
    ]
    print(table(["what", "entries", "size", "longest unused", "last used"], rows, right=(1, 2, 3, 4)))
    print(f"in all {megabytes(total)} of {megabytes(most)}" + (f"; {megabytes(freed)} removed" if prune else ""))


def megabytes(size: float) -> str:
    """`1,234.5 MB`, in powers of ten."""
    return f"{size / 1e6:,.1f} MB"


def age(duration_s: float) -> str:
    """`5 min`, `3 h`, `12 days`."""
    if duration_s < 3600:
        return f"{max(0, round(duration_s / 60))} min"
    return f"{round(duration_s / 3600)} h" if duration_s < 2 * 86400 else f"{round(duration_s / 86400)} days"

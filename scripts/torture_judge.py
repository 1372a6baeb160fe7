"""What a trial of `torture` left behind, judged: whole books only, nothing left over, nobody running, clear ends.

Every function gives its faults as lines; none means that all is well. Nothing here changes a file.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

Contents = Mapping[str, str]
"""The files of a published book: SHA-256 by path inside it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """How a build ended. `killed`: by us, on purpose; `hung`: not within its deadline."""

    code: int
    wall_s: float
    err: str
    killed: bool = False
    hung: bool = False


def contents(folder: Path) -> Contents:
    """Every file below `folder`."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def judge_book(folder: Path, allowed: Mapping[str, Contents], *, must_exist: bool) -> list[str]:
    """The book in `folder` must be one of the `allowed`, to the byte, never a mix; and be there if it was before."""
    if not folder.is_dir():
        return ["the earlier book is gone"] if must_exist else []
    found = contents(folder)
    if found in allowed.values():
        return []
    faults = []
    for name, book in allowed.items():
        same = sum(found.get(file) == digest for file, digest in book.items())
        differing = sorted(file for file in book.keys() | found.keys() if book.get(file) != found.get(file))
        faults.append(f"the {name} book in {same} of {len(book)} files, other in {', '.join(differing)}")
    return [f"the book is none of those it may be: {'; '.join(faults)}", *judge_whole(folder)]


def judge_whole(folder: Path) -> list[str]:
    """What build.json and publication.json list must be there, of the recorded size, and every MP3 must decode."""
    try:
        sizes = json.loads((folder / "build.json").read_text("utf-8"))["files"]
        manifest = json.loads((folder / "publication.json").read_text("utf-8"))
        listed = len(manifest["readingOrder"]) + len(manifest["resources"])
    except (OSError, ValueError, KeyError) as error:
        return [f"unreadable: {error}"]
    faults = [] if listed == len(sizes) - 1 else [f"publication.json lists {listed} files, build.json {len(sizes)}"]
    for name, size in sizes.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            faults.append(f"{name}: missing, or not of the recorded size")
        elif path.suffix == ".mp3":
            faults += _judge_mp3(path)
    return faults


def _judge_mp3(path: Path) -> list[str]:
    from narrate.process import ffmpeg_path

    command = [ffmpeg_path(), "-nostdin", "-v", "error", "-xerror", "-i", str(path), "-map", "0:a", "-f", "null", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return [f"{path.name}: does not decode: {done.stderr.strip()[:200]}"] if done.returncode or done.stderr else []


def leftovers(*, out: Path, store: Path, scratch: Path) -> list[str]:
    """Staging folders, locks and temporary files: whatever is hidden in `out` and `store`, and all in `scratch`."""
    found = [path for root in (out, store) for path in root.rglob(".*")]
    found += scratch.iterdir() if scratch.is_dir() else []
    return [f"left over: {path.relative_to(out.parent)}" for path in sorted(found)]


def judge_end(end: End, *, may_fail: bool) -> list[str]:
    """A build ends in time; a failing one says one line, with an exit code of its kind, and no traceback."""
    if end.hung:
        return [f"did not end within {end.wall_s:.0f} s"]
    if end.killed and end.code < 0:
        return []
    faults = []
    lines = end.err.strip().splitlines()
    if "Traceback" in end.err:
        faults.append(f"a traceback: {lines[-1][:200]}")
    elif not end.code and lines:
        faults.append(f"succeeded, and yet said {lines[:3]!r}")
    elif end.code < 0:
        faults.append(f"died of signal {-end.code}")
    elif end.code and (len(lines) != 1 or not lines[0].startswith("narrate: ") or end.code not in range(1, 11)):
        faults.append(f"exit {end.code}, saying {lines[:3]!r}")
    elif end.code and not may_fail:
        faults.append(f"failed where nothing was in its way: exit {end.code}: {lines[-1][:200]}")
    return faults


def running(mark: str) -> list[int]:
    """The living processes that were started with `mark` somewhere in their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and os.fsencode(mark) in (folder / "environ").read_bytes():
                found.append(int(folder.name))
    return found

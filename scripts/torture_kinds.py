"""The ways in which `torture` disturbs a build.

A Trial comes in; builds are started, disturbed and awaited, and their ends noted in it.
"""

import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from torture_builds import (
    FIRST,
    OTHER_TITLE,
    TITLE,
    Build,
    Desk,
    Trial,
    ffmpegs,
    speakers,
    workers,
)
from torture_judge import judge_book


def kill_all(trial: Trial) -> None:
    """The whole process group at once, as a power cut would; sometimes again in the next build."""
    for _ in range(trial.chance.randint(1, 2)):
        build = trial.start()
        trial.wait(build)
        build.signal(signal.SIGKILL, group=True)
        trial.ends.append(build.end(killed=True))


def kill_parent(trial: Trial) -> None:
    """Only the process that was started: what it started must follow."""
    build = trial.start()
    trial.wait(build)
    build.signal(signal.SIGKILL)
    trial.ends.append(build.end(killed=True))


def _kill_some(trial: Trial, find: Callable[[Build], list[int]], *, most: int) -> None:
    build = trial.start()
    for _ in range(trial.chance.randint(1, most)):
        trial.wait(build, share=0.5)  # late in a build there is none left to be found
        pid = trial.catch(build, find)
        if pid is not None:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
    trial.ends.append(build.end())


def kill_worker(trial: Trial) -> None:
    """A worker or two, as the kernel does when memory is short; fewer than a task has tries, so it must not fail."""
    trial.may_fail = False
    _kill_some(trial, workers, most=2)


def kill_encoder(trial: Trial) -> None:
    """Up to three ffmpegs."""
    _kill_some(trial, ffmpegs, most=3)


def kill_speaker(trial: Trial) -> None:
    """A child that speaks a sentence, or two; there are three attempts at each, so it must not fail."""
    trial.may_fail = False
    _kill_some(trial, speakers, most=2)


def stop_worker(trial: Trial) -> None:
    """A worker stands still for a while, as on a machine that swaps."""
    trial.may_fail = False
    build = trial.start()
    trial.wait(build)
    pid = trial.catch(build, workers)
    if pid is not None:
        with suppress(OSError):
            os.kill(pid, signal.SIGSTOP)
        time.sleep(trial.chance.uniform(0.1, 2))
        with suppress(OSError):
            os.kill(pid, signal.SIGCONT)
    trial.ends.append(build.end())


def damage_before(trial: Trial) -> None:
    """Entries of the store are damaged between two builds."""
    trial.may_fail = False
    if trial.scenario is FIRST:
        trial.books.old(trial.desk, with_book=False)
    entries = _entries(trial.desk.store)
    for path in trial.chance.sample(entries, trial.chance.randint(1, len(entries))):
        _damage(path, entries, trial.chance)
    trial.ends.append(trial.start().end())


def damage_during(trial: Trial) -> None:
    """Entries of the store are damaged while a build writes and reads them."""
    trial.may_fail = False
    build = trial.start()
    for _ in range(trial.chance.randint(1, 30)):
        if not build.lives:
            break
        time.sleep(trial.chance.uniform(0, 2 * trial.books.usual_s[trial.scenario.name] / 30))
        if entries := _entries(trial.desk.store):
            _damage(trial.chance.choice(entries), entries, trial.chance)
    trial.ends.append(build.end())


def _entries(store: Path) -> list[Path]:
    with suppress(OSError):
        return sorted(path for path in store.rglob("*") if path.is_file() and not path.name.startswith("."))
    return []


def _damage(path: Path, entries: Sequence[Path], chance: random.Random) -> None:
    with suppress(OSError):
        data = path.read_bytes()
        match chance.randrange(7):
            case 0 if data:
                at, bit = chance.randrange(len(data)), 1 << chance.randrange(8)
                path.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
            case 1:
                path.write_bytes(data[: chance.randint(0, len(data))])
            case 2:
                path.write_bytes(chance.randbytes(chance.randint(0, 5000)))
            case 3:  # whole, but another one's
                path.write_bytes(chance.choice(entries).read_bytes())
            case 4:
                path.unlink()
            case 5:
                path.with_name(f"{path.name}.foreign").write_bytes(b"not ours")
            case 6:
                path.unlink()
                path.mkdir()


def two_builds(trial: Trial) -> None:
    """Two builds of one book at once: of the same text, or of two texts that differ in different chapters."""
    trial.may_fail = False
    second = trial.chance.choice([trial.scenario.result, "newer"])
    trial.allowed.add(second)
    trial.desk.write(trial.books.texts[second], "second.md")
    builds = [trial.start()]
    if trial.chance.random() < 0.7:
        time.sleep(trial.chance.uniform(0, 0.3))
    else:
        trial.wait(builds[0])
    builds.append(trial.desk.start("build", source="second.md"))
    victim = None
    if trial.chance.random() < 0.3:
        victim = trial.chance.choice(builds)
        trial.wait(victim)
        victim.signal(signal.SIGKILL, group=True)
    trial.ends += [build.end(killed=build is victim) for build in builds]


def two_books(trial: Trial) -> None:
    """Two books on one store at once."""
    trial.may_fail = False
    trial.desk.write(trial.books.texts["other"], "other.md")
    builds = [trial.start(), trial.desk.start("build", source="other.md")]
    trial.ends += [build.end() for build in builds]
    trial.faults += judge_book(trial.desk.out / OTHER_TITLE, {"other": trial.books["other"]}, must_exist=True)


def folder_vanishes(trial: Trial) -> None:
    """`--out` or `--store` is renamed away in the middle, and comes back after the build has ended."""
    folder = trial.chance.choice([trial.desk.out, trial.desk.store])
    trial.notes.append(folder.name)
    away = folder.with_name(f"{folder.name}.away")
    build = trial.start()
    trial.wait(build)
    folder.rename(away)
    trial.ends.append(build.end())
    if (folder / TITLE).is_dir():
        shutil.rmtree(away)
    else:
        shutil.rmtree(folder, ignore_errors=True)
        away.rename(folder)


def disk_full(trial: Trial) -> None:
    """`--out` or `--store` is a small disk, which fills: a build needs about the most that it has room for."""
    folder = trial.chance.choice([trial.desk.out, trial.desk.store])
    trial.notes.append(folder.name)
    used = sum(path.stat().st_size + 4096 for path in folder.rglob("*"))
    first, later = {"out": (7_000_000, 4_000_000), "store": (16_000_000, 600_000)}[folder.name]
    room = first if trial.scenario is FIRST else later
    _remount(folder, f"size={used + trial.chance.randrange(room)}")
    trial.ends.append(trial.start().end())
    _remount(folder, "size=512m")


def read_only(trial: Trial) -> None:
    """`--out` or `--store` can only be read, from the beginning or from somewhere on."""
    folder = trial.chance.choice([trial.desk.out, trial.desk.store])
    trial.notes.append(folder.name)
    if trial.chance.random() < 0.4:
        _remount(folder, "ro")
        build = trial.start()
    else:
        build = trial.start()
        trial.wait(build)
        while build.lives and not _remount(folder, "ro", check=False):
            time.sleep(0.005)  # while a file in it is open for writing
    trial.ends.append(build.end())
    _remount(folder, "rw")


@contextmanager
def small_disks(desk: Desk) -> Iterator[None]:
    """`out`, `store` and TMPDIR of the desk are file systems in memory, each of its own."""
    mounted = []
    try:
        for folder in (desk.out, desk.store, desk.scratch):
            subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512m", "tmpfs", folder], check=True)
            mounted.append(folder)
        yield
    finally:
        asked = {signal.SIGINT, signal.SIGTERM}
        signal.pthread_sigmask(signal.SIG_BLOCK, asked)  # what asks us to end waits until nothing is mounted
        subprocess.run(["umount", "--lazy", *mounted], check=False)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, asked)


def _remount(folder: Path, option: str, *, check: bool = True) -> bool:
    command = ["mount", "-o", f"remount,{option}", str(folder)]
    return subprocess.run(command, capture_output=True, check=check).returncode == 0


def can_mount(folder: Path) -> bool:
    """Whether file systems can be mounted here."""
    with suppress(OSError, subprocess.CalledProcessError), tempfile.TemporaryDirectory(dir=folder) as name:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", name], check=True, capture_output=True)
        subprocess.run(["umount", name], check=True, capture_output=True)
        return True
    return False


KINDS: dict[str, Callable[[Trial], None]] = {
    "kill everything": kill_all,
    "kill the parent": kill_parent,
    "kill workers": kill_worker,
    "kill encoders": kill_encoder,
    "kill speakers": kill_speaker,
    "stop a worker": stop_worker,
    "damage between builds": damage_before,
    "damage during a build": damage_during,
    "two builds of a book": two_builds,
    "two books, one store": two_books,
    "folder vanishes": folder_vanishes,
    "disk full": disk_full,
    "disk read-only": read_only,
}
MOUNTED = ("disk full", "disk read-only")

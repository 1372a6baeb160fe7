"""A shelf to listen to, built once a session with the real engine; and what serves it to a browser."""

import contextlib
import functools
import http.client
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from running import shared

from narrate.serve import server

ROAD = """\
---
title: The Long Way
author: A. Passenger
language: en-GB
---

# The Long Way

## Out

The engine starts at once. It hums, and the lamps come on. We roll past the mill.

![Two red lights over black water.](lights.png)

> Handbrake off, first gear.

The captain counts the lights aloud.[^1] Then there are three.

* * *

After midnight the road is quite flat.

[^1]: He has done so since 1987.

## Across

Rain falls on the road. Nobody speaks for a mile or two. Then somebody laughs, and the windows are opened.

## Home

We are home. The road is still there.
"""

SHORT = """\
---
title: A Short Drive
author: B. Driver
language: en-GB
---

# A Short Drive

One sentence before the break, and then another one. The road bends to the left.
"""


def built_shelf(factory: pytest.TempPathFactory) -> Path:
    """Two books in a folder, built by the first who asks for them."""
    with shared(factory, "listening") as folder:
        shelf = folder / "shelf"
        if not shelf.exists():
            _build(folder, shelf)
        return shelf


def _build(folder: Path, shelf: Path) -> None:
    for name, text in (("road.md", ROAD), ("short.md", SHORT)):
        source = folder / name
        source.write_text(text)
        build_book(source, shelf, folder / "store")


def build_book(source: Path, shelf: Path, store: Path) -> None:
    """Build `source` into `shelf` by the real command."""
    command = [sys.executable, "-m", "narrate", "build", source, "--out", shelf, "--quiet"]
    environment = os.environ | {"NARRATE_STORE": str(store)}
    subprocess.run(command, check=True, timeout=120, env=environment, stdout=subprocess.DEVNULL)


@dataclass(frozen=True, kw_only=True)
class Host:
    """Where a shelf is served: its address, ending in `/`, and the process, if it is one of its own."""

    url: str
    process: subprocess.Popen[str] | None = None


@contextlib.contextmanager
def narrate_serve(shelf: Path, data: Path, *options: str) -> Iterator[Host]:
    """The real command, on a free port, with its positions below `data`."""
    command = [sys.executable, "-m", "narrate", "serve", str(shelf), "--port", "0", *options]
    environment = os.environ | {"XDG_DATA_HOME": str(data)}
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    )
    try:
        assert process.stdout
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), url
        yield Host(url=url, process=process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@contextlib.contextmanager
def running(made: uvicorn.Server) -> Iterator[Host]:
    """A server in a thread of this process."""
    listening = server.listen("127.0.0.1", 0)
    thread = threading.Thread(target=functools.partial(made.run, sockets=[listening]))
    thread.start()
    end = time.monotonic() + 20
    while not made.started:
        assert time.monotonic() < end, "the server did not start"
        time.sleep(0.01)
    try:
        yield Host(url=f"http://127.0.0.1:{listening.getsockname()[1]}/")
    finally:
        made.should_exit = True
        thread.join(20)
        listening.close()
        assert not thread.is_alive()


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    url: str, path: str = "", *, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """One request, its path sent exactly as it is."""
    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname or "", at.port, timeout=20)
    try:
        given = {"Host": at.netloc} | (headers or {})
        connection.putrequest(method, path or at.path, skip_host=True, skip_accept_encoding=True)
        for name, value in given.items():
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.getheaders()},
            body=answer.read(),
        )
    finally:
        connection.close()

"""Files over SFTP, from a real sshd on loopback: they come whole, from several threads, through a lost connection."""

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import psutil
import pytest

from narrate.errors import OutputError
from narrate.remote import Remote

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

pytestmark = pytest.mark.skipif(SSHD is None, reason="no sshd: apt install openssh-server")


class Host:
    """An sshd that lets this user in, by a key, and what it calls itself."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.folder = folder
        self.home = folder / "home" / ".ssh"
        self.home.mkdir(parents=True)
        for path in (folder / "host", self.home / "id_ed25519"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
        settings = f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {self.home}/id_ed25519.pub
StrictModes no
PermitRootLogin yes
UsePAM no
PidFile none
Subsystem sftp internal-sftp
"""
        (folder / "sshd_config").write_text(settings)
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(exist_ok=True)  # where Debian's sshd wants to be at home
        self.start()

    @property
    def address(self) -> str:
        return f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}{self.folder}/there"

    def start(self) -> None:
        assert SSHD
        self.process = subprocess.Popen([SSHD, "-D", "-f", str(self.folder / "sshd_config")], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError("sshd does not answer")

    def stop(self) -> None:
        """With all connections that there are."""
        for each in (*psutil.Process(self.process.pid).children(recursive=True), self.process):
            each.send_signal(signal.SIGKILL)
        self.process.wait()

    def introduce(self) -> None:
        kind, key, *_ = (self.folder / "host.pub").read_text().split()
        (self.home / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    host = Host(tmp_path)
    yield host
    host.stop()


def test_files_go_over_sftp_and_come_back_whole_also_when_the_connection_is_lost(host: Host, tmp_path: Path) -> None:
    host.introduce()
    there = Remote(host.address)
    there.write_all({"a/one": b"1" * 100_000, "a/b/two": b"2"})
    assert there.read_all(["a/one", "a/none"]) == {"a/one": b"1" * 100_000}
    host.stop()
    host.start()
    (tmp_path / "file").write_bytes(b"3" * 300_000)
    there.upload(tmp_path / "file", "a/three")
    assert there.sizes("a") == {"one": 100_000, "b/two": 1, "three": 300_000}
    there.upload(tmp_path / "file", "a/one")
    there.remove(["a/b/two", "a/none"])
    assert there.sizes("a") == {"one": 300_000, "three": 300_000}
    assert there.sizes("nowhere") == {}
    assert not there.exists("a/b/two")


def test_several_threads_get_each_its_own_answer_in_turn(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    host.introduce()
    there = Remote(host.address)
    there.write_all({str(number): str(number).encode() * 1000 for number in range(20)})
    asking, at_once = Lock(), []
    cat = there._system.cat

    def watched(*words: Any, **more: Any) -> Any:
        if not asking.acquire(blocking=False):
            at_once.append(words)
            return cat(*words, **more)
        try:
            return cat(*words, **more)
        finally:
            asking.release()

    monkeypatch.setattr(there._system, "cat", watched)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(there.read, map(str, range(20)), timeout=60))
    assert found == [str(number).encode() * 1000 for number in range(20)]
    assert not at_once


def test_a_host_that_nobody_has_introduced_is_refused(host: Host) -> None:
    with pytest.raises(OutputError, match=r"is not in .*known_hosts") as caught:
        Remote(host.address)
    assert "ssh-keyscan" in caught.value.hint

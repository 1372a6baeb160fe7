"""An https address in, the bytes behind it out: one document, within a time and a size, from a public address only.

The name is resolved once, every address that it has must be a public one, and the connection is made to one of just
these: what a name says a second time does not matter. Redirects are new addresses and are looked at as the first was.
Proxies are not used: they would resolve the name themselves.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from narrate import __version__
from narrate.errors import SourceError
from narrate.source.limits import FETCH_S, REDIRECTS, STREAM_BYTES
from narrate.source.name import shown

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65536
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_ACCEPT = "text/html, application/epub+zip, application/pdf, text/markdown, text/plain, */*;q=0.1"
_HINT = "save the page in a browser, and give narrate the file"

Dial = Callable[[str, int, float], socket.socket]
"""(host, port, seconds) → a connected socket, encrypted. Raises SourceError or OSError."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetched:
    """What was found: the address at the end of all redirects, its media type and charset ("" when not told)."""

    address: str
    media_type: str
    charset: str
    data: bytes


def fetch(
    address: str, *, timeout_s: float = FETCH_S, most_bytes: int = STREAM_BYTES, dial: Dial | None = None
) -> Fetched:
    """The document at `address`. `dial` connects; a test may have another one.

    Raises SourceError when the address is not https, not public, does not answer with a document within `timeout_s`
    seconds, or with more than `most_bytes`.
    """
    task = _Fetch(address, most_bytes, time.monotonic() + timeout_s, dial or _dial)
    # A thread, since neither resolving a name nor a server that sends a byte a second can be stopped otherwise.
    thread = threading.Thread(target=task.run, daemon=True, name="fetch")
    thread.start()
    thread.join(timeout_s)
    if thread.is_alive():
        task.abandon()
        raise SourceError(f"{_shown(address)}: no whole answer within {timeout_s:.0f} seconds", hint=_HINT)
    if isinstance(task.outcome, Fetched):
        return task.outcome
    raise task.outcome


class _Fetch:
    """One fetch: `outcome` is what came of it."""

    def __init__(self, address: str, most_bytes: int, deadline: float, dial: Dial) -> None:
        self.outcome: Fetched | SourceError = SourceError(f"{_shown(address)}: no answer", hint=_HINT)
        self._address = address
        self._most = most_bytes
        self._deadline = deadline
        self._dial = dial
        self._connection: _Connection | None = None

    def run(self) -> None:
        try:
            self.outcome = self._follow(self._address)
        except SourceError as error:
            self.outcome = error
        except ssl.SSLCertVerificationError as error:
            reason = getattr(error, "verify_message", "") or "not valid"
            self.outcome = SourceError(f"{_shown(self._address)}: its certificate is refused: {reason}", hint=_HINT)
        except (OSError, http.client.HTTPException, ValueError) as error:
            reason = " ".join(str(error).split())[:160] or type(error).__name__
            self.outcome = SourceError(f"{_shown(self._address)}: cannot be fetched: {reason}", hint=_HINT)

    def abandon(self) -> None:
        """Close the line under the thread that waits for it."""
        if self._connection:
            self._connection.hang_up()

    def _follow(self, address: str) -> Fetched:
        for _ in range(REDIRECTS + 1):
            parts = checked(address)
            self._connection = _Connection(parts.hostname or "", parts.port or 443, self._left(), self._dial)
            try:
                with self._ask(self._connection, parts) as response:
                    if response.status not in _REDIRECTS:
                        return self._received(address, response)
                    onward = response.headers.get("Location", "")
                if not onward:
                    raise SourceError(f"{_shown(address)}: redirects to nowhere", hint=_HINT)
                address = urljoin(address, onward)
            finally:
                self._connection.close()
        raise SourceError(f"{_shown(self._address)}: more than {REDIRECTS} redirects", hint=_HINT)

    def _ask(self, connection: "_Connection", parts: SplitResult) -> http.client.HTTPResponse:
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        query = f"?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?[]')}" if parts.query else ""
        headers = {"User-Agent": f"narrate/{__version__}", "Accept": _ACCEPT, "Accept-Encoding": "identity"}
        connection.request("GET", path + query, headers={**headers, "Connection": "close"})
        return connection.getresponse()

    def _received(self, address: str, response: http.client.HTTPResponse) -> Fetched:
        if response.status != 200:
            reason = "".join(char for char in response.reason if char.isprintable())[:80]
            raise SourceError(f"{_shown(address)}: the server answers {response.status} {reason}".rstrip(), hint=_HINT)
        if response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity"):
            raise SourceError(f"{_shown(address)}: sent compressed, though not asked for", hint=_HINT)
        declared = response.headers.get("Content-Length", "")
        too_large = SourceError(f"{_shown(address)}: larger than {self._most >> 20} MB", hint=_HINT)
        if declared.isdecimal() and int(declared[:20]) > self._most:
            raise too_large
        chunks: list[bytes] = []
        size = 0
        while chunk := response.read(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > self._most:
                raise too_large
            self._left()
        if declared.isdecimal() and size < int(declared[:20]):
            raise SourceError(f"{_shown(address)}: the answer ended early", hint="try again")
        media_type, charset = _content_type(response.headers.get("Content-Type", ""))
        return Fetched(address=address, media_type=media_type, charset=charset, data=b"".join(chunks))

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is up")
        return left


class _Connection(http.client.HTTPSConnection):
    """HTTP over whatever line `dial` gives."""

    def __init__(self, host: str, port: int, seconds: float, dial: Dial) -> None:
        super().__init__(host, port, timeout=seconds)
        self._dial = dial
        self._seconds = seconds

    def connect(self) -> None:
        self.sock = self._dial(self.host, self.port, self._seconds)

    def hang_up(self) -> None:
        with suppress(OSError, AttributeError):
            self.sock.shutdown(socket.SHUT_RDWR)


def checked(address: str) -> SplitResult:
    """The parts of `address`. Raises SourceError when it is no https address that may be asked."""
    if any(not char.isprintable() or char == " " for char in address):
        raise SourceError(f"{_shown(address)}: not an address: it has spaces or unprintable signs in it")
    try:
        parts = urlsplit(address)
        named = parts.hostname and (parts.port or 443)
    except ValueError:
        raise SourceError(f"{_shown(address)}: not an address", hint="e.g. https://example.org/essay") from None
    if parts.scheme.lower() != "https":
        hint = "give the file's own path" if parts.scheme.lower() == "file" else "give its https:// address, or a file"
        raise SourceError(f"{_shown(address)}: {parts.scheme}: addresses are not fetched, only https:", hint=hint)
    if not named:
        raise SourceError(f"{_shown(address)}: an address without a host", hint="e.g. https://example.org/essay")
    if parts.username is not None or parts.password is not None:
        host = _shown(parts.hostname or "")
        raise SourceError(f"{host}: an address with a user's name in it is not fetched", hint=_HINT)
    return parts


def public_addresses(host: str, port: int) -> list[str]:
    """The IP addresses of `host`. Raises SourceError when there are none, or any of them is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError) as error:
        raise SourceError(f"{_shown(host)}: no such host", hint="check the address, and the connection") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not is_public(address):
            message = f"{_shown(host)}: its address, {address}, is not a public one: it is not fetched"
            raise SourceError(message, hint=_HINT)
    return addresses


def is_public(address: str) -> bool:
    """Whether an IP address is of the public internet: not this machine, not its network, however written."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)


def _dial(host: str, port: int, seconds: float) -> socket.socket:
    deadline = time.monotonic() + seconds
    failure: OSError = OSError("no address answers")
    for address in public_addresses(host, port):
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is up")
        try:
            line = socket.create_connection((address, port), timeout=min(left, 15))
        except OSError as error:
            failure = error
            continue
        line.settimeout(left)
        try:
            return ssl.create_default_context().wrap_socket(line, server_hostname=host)
        except BaseException:
            line.close()
            raise
    raise failure


def _content_type(header: str) -> tuple[str, str]:
    message = Message()
    message["Content-Type"] = re.sub(r"[\r\n]", " ", header) or "application/octet-stream"
    charset = message.get_param("charset", "")
    return message.get_content_type().lower() if header else "", charset.lower() if isinstance(charset, str) else ""


def _shown(address: str) -> str:
    line = shown(address)
    return line if len(line) <= 120 else line[:119] + "…"

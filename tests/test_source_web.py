"""Addresses: which are fetched, from where, for how long and how much, and who reads what comes."""

import http.server
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from narrate.document import Document, Paragraph
from narrate.errors import SourceError
from narrate.source import Location, located, read, web
from narrate.source.unfiled import suffix_of
from narrate.source.web import Fetched, checked, fetch, is_public, public_addresses
from pdf_writer import from_layout

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Site:
    """A server on loopback. What it answers to a path is in `answers`; `asked` lists the paths it was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.hosts: list[str] = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.hosts.append(self.headers["Host"])
                site.answers[self.path](self)

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                pass  # a client that hangs up is what these tests are about

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def dial(self, host: str, port: int, seconds: float) -> socket.socket:  # noqa: ARG002
        """Whatever the host is called, a plain line to this server."""
        return socket.create_connection(self.server.server_address[:2], timeout=seconds)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


def page(body: bytes, media_type: str = "text/html", *, status: int = 200, **headers: str) -> Answer:
    """An answer of this body; underscores in headers stand for hyphens."""

    def answer(to: http.server.BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        if media_type:
            to.send_header("Content-Type", media_type)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            to.send_header(name.replace("_", "-"), value)
        to.end_headers()
        to.wfile.write(body)

    return answer


def onward(to: str) -> Answer:
    return page(b"", status=302, Location=to)


def test_a_document_is_fetched_with_its_type_and_charset(site: Site) -> None:
    site.answers["/essay?page=1"] = page(b"<p>It rained.", "text/html; charset=ISO-8859-1")
    found = fetch("https://example.org/essay?page=1#part", dial=site.dial)
    assert found == Fetched(
        address="https://example.org/essay?page=1#part",
        media_type="text/html",
        charset="iso-8859-1",
        data=b"<p>It rained.",
    )
    assert site.hosts == ["example.org"]


def test_letters_that_addresses_cannot_have_are_escaped(site: Site) -> None:
    site.answers["/caf%C3%A9/a%20b?q=%C3%A9"] = page(b"x")
    assert fetch("https://example.org/café/a%20b?q=é", dial=site.dial).data == b"x"


def test_redirects_are_followed_and_the_last_address_is_told(site: Site) -> None:
    site.answers |= {"/a": onward("b"), "/b": onward("https://other.example/c.pdf"), "/c.pdf": page(b"x")}
    assert fetch("https://example.org/a", dial=site.dial).address == "https://other.example/c.pdf"
    assert site.hosts == ["example.org", "example.org", "other.example"]


def test_redirects_without_end_end(site: Site) -> None:
    site.answers |= {"/a": onward("/b"), "/b": onward("/a")}
    with pytest.raises(SourceError, match="more than 5 redirects"):
        fetch("https://example.org/a", dial=site.dial)
    assert len(site.asked) == 6


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("http://example.org/", "http: addresses are not fetched"),
        ("file:///etc/passwd", "file: addresses are not fetched"),
        ("ftp://example.org/", "ftp: addresses are not fetched"),
        ("https://ada:secret@example.org/", "a user's name in it"),
        ("https://[::1", "not an address|Invalid IPv6 URL"),
    ],
)
def test_a_redirect_is_looked_at_as_the_first_address_was(site: Site, target: str, message: str) -> None:
    site.answers["/a"] = onward(target)
    for address in (target, "https://example.org/a"):
        with pytest.raises(SourceError, match=message) as caught:
            fetch(address, dial=site.dial)
        assert "\n" not in str(caught.value)
        assert "secret" not in str(caught.value)
        assert caught.value.hint


def test_a_redirect_into_the_own_network_is_refused_by_the_dial(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.answers["/a"] = onward("https://intranet.example/secret")

    def dial(host: str, port: int, seconds: float) -> socket.socket:
        if host == "intranet.example":
            with monkeypatch.context() as patch:
                patch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("10.0.0.7", 443))])
                public_addresses(host, port)
        return site.dial(host, port, seconds)

    with pytest.raises(SourceError, match=r"10\.0\.0\.7, is not a public one"):
        fetch("https://example.org/a", dial=dial)
    assert site.asked == ["/a"]


@pytest.mark.parametrize(
    "address", ["http://example.org", "https://", "https:///x", "https://exa mple.org/", "https://a\nb/"]
)
def test_what_is_no_https_address_is_refused_before_anything_is_asked(address: str) -> None:
    with pytest.raises(SourceError) as caught:
        checked(address)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("100.64.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::a00:1", "nonsense"),
    ],
)
def test_no_address_of_this_machine_or_network_is_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_public_internet_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", "2130706433", "0x7f.1"])
def test_however_loopback_is_written_it_is_refused(host: str) -> None:
    with pytest.raises(SourceError, match=r"not a public one|no such host"):
        public_addresses(host, 443)


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(2, 1, 6, "", ("93.184.215.14", 443)), (2, 1, 6, "", ("192.168.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(SourceError, match=r"192\.168\.0\.1"):
        public_addresses("example.org", 443)


def test_the_line_goes_to_the_address_that_was_looked_at_and_to_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when it is asked for first, and this machine when it is asked for again."""
    answers = [[(2, 1, 6, "", ("93.184.215.14", 443))], [(2, 1, 6, "", ("127.0.0.1", 443))]]
    dialled: list[tuple[str, int]] = []

    def connect(to: tuple[str, int], timeout: float) -> socket.socket:  # noqa: ARG001
        dialled.append(to)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers.pop(0))
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(SourceError, match="Connection refused"):
        fetch("https://rebinding.example/")
    assert dialled == [("93.184.215.14", 443)]
    assert len(answers) == 1


def test_the_certificate_is_checked_for_the_name_that_was_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped: list[tuple[str, bool, ssl.VerifyMode]] = []
    ours, theirs = socket.socketpair()

    def wrap(self: ssl.SSLContext, line: socket.socket, *, server_hostname: str) -> socket.socket:  # noqa: ARG001
        wrapped.append((server_hostname, self.check_hostname, self.verify_mode))
        raise ssl.SSLCertVerificationError("no")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("93.184.215.14", 443))])
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: ours)
    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrap)
    with pytest.raises(SourceError, match="its certificate is refused"):
        fetch("https://example.org/")
    assert wrapped == [("example.org", True, ssl.CERT_REQUIRED)]
    theirs.close()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (page(b"gone", status=404), "answers 404"),
        (page(b"", status=500), "answers 500"),
        (page(b"", status=302), "redirects to nowhere"),
        (page(b"x" * 4000), "larger than"),
        (page(b"x", Content_Length="99999999999999999999999"), "larger than"),
        (page(b"x" * 4000, Content_Length=""), "larger than"),
        (page(b"x", Content_Length="100"), "ended early"),
        (page(b"x", Content_Encoding="gzip"), "sent compressed"),
        (lambda to: to.wfile.write(b"SSH-2.0-OpenSSH\r\n"), "cannot be fetched"),
        (lambda to: to.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000), "cannot be fetched"),
        (lambda to: to.wfile.write(b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000), "cannot be fetched"),
        (lambda _: None, "cannot be fetched"),
    ],
)
def test_an_answer_that_is_no_document_is_told_in_one_line(site: Site, answer: Answer, message: str) -> None:
    site.answers["/"] = answer
    with pytest.raises(SourceError, match=message) as caught:
        fetch("https://example.org/", dial=site.dial, most_bytes=2000)
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def drip(to: http.server.BaseHTTPRequestHandler) -> None:
    """A byte of the headers every twentieth of a second, for ever."""
    to.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        to.wfile.write(b"a")
        time.sleep(0.05)


def drip_body(to: http.server.BaseHTTPRequestHandler) -> None:
    to.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        to.wfile.write(b"a")
        time.sleep(0.05)


@pytest.mark.parametrize("answer", [drip, drip_body, lambda _: time.sleep(60)], ids=["headers", "body", "silence"])
def test_a_server_that_never_ends_is_left_at_the_deadline(site: Site, answer: Answer) -> None:
    site.answers["/"] = answer
    began = time.monotonic()
    with pytest.raises(SourceError, match=r"within|cannot be fetched"):
        fetch("https://example.org/", dial=site.dial, timeout_s=0.4)
    assert time.monotonic() - began < 20


def test_a_name_that_never_resolves_is_left_at_the_deadline() -> None:
    given_up = threading.Event()

    def dial(host: str, port: int, seconds: float) -> socket.socket:  # noqa: ARG001
        assert given_up.wait(60)
        raise OSError("too late")

    with pytest.raises(SourceError, match="no whole answer within"):
        fetch("https://example.org/", dial=dial, timeout_s=0.2)
    given_up.set()


@pytest.mark.parametrize(
    ("media_type", "data", "name", "suffix"),
    [
        ("text/html", b"It rained.", "a", ".html"),
        ("application/xhtml+xml", b"", "a", ".html"),
        ("text/plain", b"# It", "a.txt", ".txt"),
        ("text/plain", b"# It", "README.md", ".md"),
        ("text/markdown", b"It", "a", ".md"),
        ("application/pdf", b"It", "a.html", ".pdf"),
        ("application/epub+zip", b"It", "a", ".epub"),
        ("application/octet-stream", b"%PDF-1.7", "a", ".pdf"),
        ("", b"<!doctype html><p>It", "a", ".html"),
    ],
)
def test_the_type_that_the_server_says_decides_who_reads(media_type: str, data: bytes, name: str, suffix: str) -> None:
    found = Fetched(address="https://example.org/a", media_type=media_type, charset="", data=data)
    assert suffix_of(found, Path(name)) == suffix


def test_a_type_that_nobody_reads_is_named() -> None:
    found = Fetched(address="https://example.org/a", media_type="image/png", charset="", data=b"")
    with pytest.raises(SourceError, match="image/png, which is not read"):
        suffix_of(found, Path("a.png"))


@pytest.fixture
def reading(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Document]:
    """Reads an address of the site."""
    monkeypatch.setattr(web, "_dial", site.dial)

    def reads(address: str) -> Document:
        source = located(address)
        assert isinstance(source, Location)
        return read(source)

    return reads


def words(document: Document) -> list[str]:
    return [block.text for chapter in document.chapters for block in chapter.blocks if isinstance(block, Paragraph)]


def test_a_page_is_read_without_its_menu_and_in_the_charset_of_its_header(
    site: Site, reading: Callable[[str], Document]
) -> None:
    prose = "".join(f"<p>Un été à la plage, numéro {n}, et la pluie ne cessait pas de tomber.</p>" for n in range(9))
    body = f"<html><body><nav><a href=/>Accueil</a></nav><article>{prose}</article><footer>Menu</footer></body></html>"
    site.answers["/un-ete"] = page(body.encode("latin-1"), "text/html; charset=latin-1")
    document = reading("https://example.org/un-ete")
    assert words(document)[0] == "Un été à la plage, numéro 0, et la pluie ne cessait pas de tomber."
    assert len(words(document)) == 9
    assert document.metadata.title == "Un ete"


def test_the_charset_of_the_header_is_above_what_the_bytes_look_like(
    site: Site, reading: Callable[[str], Document]
) -> None:
    site.answers["/"] = page("Шёл дождь.".encode("koi8-r"), "text/plain; charset=koi8-r")
    assert words(reading("https://example.org/")) == ["Шёл дождь."]


def test_a_pdf_is_read_from_an_address(site: Site, reading: Callable[[str], Document]) -> None:
    site.answers["/paper.pdf"] = page(from_layout("page\n72 700 11 It rained."), "application/pdf")
    document = reading("https://example.org/paper.pdf")
    assert words(document) == ["It rained."]
    assert document.metadata.title == "Paper"


def test_an_empty_answer_is_no_document(site: Site, reading: Callable[[str], Document]) -> None:
    site.answers["/"] = page(b"", "text/plain")
    with pytest.raises(SourceError, match="empty"):
        reading("https://example.org/")


def test_no_network_is_ours_by_mistake() -> None:
    """The ranges that everybody's router and every cloud's metadata service use."""
    for network in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "fc00::/7"):
        first = ipaddress.ip_network(network)
        assert not is_public(str(first[1]))
        assert not is_public(str(first[-2]))

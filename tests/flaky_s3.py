"""moto's S3 server in a process of its own: `flaky_s3.py PORT SHARE`. A share of its answers is 503, as many late."""

import random
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, run_simple


class Flaky:
    """A WSGI application in front of another one."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], share: float) -> None:
        self._inner = inner
        self._share = share
        self._random = random.Random(1)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        luck = self._random.random()
        if luck < self._share:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start("503 Slow Down", [("Content-Type", "application/xml")])
            return [b"<Error><Code>SlowDown</Code><Message>once in a while</Message></Error>"]
        if luck < 2 * self._share:
            time.sleep(0.3)
        return self._inner(environ, start)


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    app = Flaky(DomainDispatcherApplication(create_backend_app), float(sys.argv[2]))
    run_simple("127.0.0.1", int(sys.argv[1]), app, threaded=True, request_handler=Quiet)

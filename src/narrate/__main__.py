"""`python -m narrate` and the `narrate` command."""

import gc
import os
import sys

from narrate.cli import signals


def _spare_the_cores() -> None:
    """Nothing here is worth threads of BLAS's own, which numpy would start with; nor frequent looks for garbage."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(20_000)


def main() -> None:
    """Run the command line."""
    try:
        signals.listen()
        _spare_the_cores()
        from narrate.cli import streams

        streams.prepare()
        from narrate.cli.app import app

        app(prog_name="narrate")
    # While the program is still being loaded; afterwards `app` says more.
    except KeyboardInterrupt:
        sys.exit(signals.INTERRUPTED)
    except signals.Terminated:
        sys.exit(signals.TERMINATED)


if __name__ == "__main__":
    main()

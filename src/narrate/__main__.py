"""`python -m narrate` and the `narrate` command."""

import sys

from narrate.cli import signals


def main() -> None:
    """Run the command line."""
    try:
        signals.listen()
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

#!/usr/bin/env python3
"""docs/terminal.svg, drawn of what the program really prints: scripts/draw_terminal.py, with the .venv's Python.

The example is built, its third chapter spoken again more slowly, and planned, in an empty folder and with an empty
store. rich, which the program has for its tables, draws it; no font is fetched by whoever looks at it.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    "narrate build examples/night-drive.md --plain",
    "narrate regenerate examples/night-drive.md 3 --rate 150 --plain",
    "narrate plan examples/night-drive.md",
)
COLUMNS = 100
# rich's own format without its @font-face, which is a request to somebody else's server.
SVG = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, monospace; font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def said(command: str, folder: Path) -> str:
    """What a person would see of `command`, without the progress between chapters, which depends on the machine."""
    _, *words = command.split()
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "src"),
        "NARRATE_STORE": str(folder / "store"),
        "COLUMNS": str(COLUMNS),
    }
    done = subprocess.run(
        [sys.executable, "-m", "narrate", *words],
        cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=True, timeout=300,
    )  # fmt: skip
    lines = done.stdout.splitlines(keepends=True)
    return "".join(line for line in lines if not re.match(r"chapter \d+ of \d+, \d+%", line))


def main() -> None:
    """Run, record, draw."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    with tempfile.TemporaryDirectory(prefix="narrate-terminal-") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "examples", folder / "examples")
        for number, command in enumerate(COMMANDS):
            console.print(Text(f"\n$ {command}" if number else f"$ {command}", style="bold cyan"))
            console.print(Text(said(command, folder).rstrip("\n")))
    path = ROOT / "docs/terminal.svg"
    path.write_text(console.export_svg(title="narrate", code_format=SVG, unique_id="terminal"), encoding="utf-8")
    print(f"drawn: {path}")


if __name__ == "__main__":
    main()

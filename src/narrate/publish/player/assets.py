"""The player's own files, as they come with the program, by the names that a browser asks for."""

import hashlib
import json
from functools import cache
from pathlib import Path

from narrate.publish.player.data import DATA, FOLDER

_STATIC = Path(__file__).with_name("static")
_AT_THE_ROOT = ("index.html", "sw.js")  # a page's address, and a service worker's reach, are its folder's
FILES_SCRIPT = f"{FOLDER}/files.js"


@cache
def player_files() -> dict[str, Path]:
    """Every file of the player by its name in a listening folder; `files_script` comes to them."""
    found = {}
    for path in sorted(_STATIC.iterdir()):
        found[path.name if path.name in _AT_THE_ROOT else f"{FOLDER}/{path.name}"] = path
    return found


@cache
def files_script() -> str:
    """`files.js`: what the service worker keeps, and the version of it all, by which a browser sees that it changed."""
    digest = hashlib.blake2b(digest_size=8)
    for path in player_files().values():
        digest.update(path.read_bytes())
    kept = [name for name in player_files() if name != "sw.js"] + [FILES_SCRIPT, f"{DATA}/shelf.js"]
    files = json.dumps({"version": digest.hexdigest(), "files": kept})
    return f"self.narrateFiles = {files};\n"

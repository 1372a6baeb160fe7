"""The report as a page, in the colours of the player: what became of every book, and a way to each that can be heard.

In: a Report, and where each book's own page is, if there is a player. Out: HTML that needs nothing beside it.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape

from narrate.library.report import Entry, Outcome, Report
from narrate.publish.player.assets import player_files
from narrate.release import COVER_FILE, book_file_name
from narrate.shelf import url_of
from narrate.units import clock

_STYLE = """
body { margin: 0 auto; max-width: 70rem; padding: clamp(1rem, 4vw, 2.5rem); background: var(--bg); color: var(--ink);
  font: 100%/1.5 system-ui, sans-serif; }
h1, th a, th bdi { font-family: "Iowan Old Style", Palatino, "Noto Serif", Georgia, serif; overflow-wrap: anywhere; }
h1 { font-size: 2rem; line-height: 1.2; margin-block: 0 .5rem; }
table { border-collapse: collapse; inline-size: 100%; margin-block-start: 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .75rem; border-block-end: 1px solid var(--line); }
thead th { color: var(--muted); font-size: .875rem; font-weight: 400; white-space: nowrap; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
img { inline-size: 3rem; block-size: 3rem; border-radius: 4px; display: block; }
a { color: var(--accent); text-underline-offset: .2em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
small { font-weight: 400; }
small, .why { color: var(--muted); }
.failed, .quarantined { color: var(--description); font-weight: 600; }
@media (max-width: 44rem) {
  thead { position: absolute; clip-path: inset(50%); }
  tr { display: grid; grid-template-columns: 3.75rem auto 1fr; gap: .1rem .75rem; padding-block: .75rem;
    border-block-end: 1px solid var(--line); }
  th, td { padding: 0; border: 0; }
  td:first-child { grid-row: span 3; }
  th, td.why { grid-column: 2 / -1; }
  td.number:not(.length) { display: none; }
}
"""
_HEAD = ("", "Book", "Outcome", "Audio", "Time", "Tried again", "Why")
_NUMBERS = ("Audio", "Time", "Tried again")


def report_page(report: Report, pages: Mapping[str, str]) -> bytes:
    """The page, in UTF-8. `pages` are addresses of books in the player, by their folders; others lead to the sound."""
    counts = ", ".join(f"{report.count(each)} {each}" for each in Outcome if report.count(each))
    shelf = '<p><a href="index.html">Open the shelf</a></p>' if pages else ""
    rows = "\n".join(_row(each, pages) for each in report.entries)
    head = "".join(f'<th scope="col"{" class=number" * (each in _NUMBERS)}>{each}</th>' for each in _HEAD)
    again = f", and {report.retries} tasks were tried again" if report.retries else ""
    text = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self'">
<title>The library: {escape(counts)}</title>
<style>{_themes()}{_STYLE}</style>
</head>
<body>
<main>
<h1>{len(report.entries)} books</h1>
<p>{escape(counts)}. {clock(report.duration_s)} of audio; this run took {clock(report.wall_s)}{again}.</p>
{shelf}
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table>
</main>
</body>
</html>
"""
    return text.encode("utf-8", "xmlcharrefreplace")


def _themes() -> str:
    """The player's colours, dark or high contrast as the device asks for them: this page has no script to choose."""
    text = next(path for name, path in player_files().items() if name.endswith("/themes.css")).read_text("utf-8")
    light, dark, contrast = re.findall(r'\[data-theme="[a-z]+"\] \{(.*?)\}', text, re.DOTALL)
    at_night = f"@media (prefers-color-scheme: dark) {{ :root {{{dark}}} }}"
    return f":root {{{light}}}\n{at_night}\n@media (prefers-contrast: more) {{ :root {{{contrast}}} }}\n"


def _row(entry: Entry, pages: Mapping[str, str]) -> str:
    return "<tr>" + "".join(_cells(entry, pages)) + "</tr>"


def _cells(entry: Entry, pages: Mapping[str, str]) -> Iterator[str]:
    is_there = entry.outcome in (Outcome.BUILT, Outcome.UNCHANGED)
    cover = f'<img src="{escape(url_of(f"{entry.folder}/{COVER_FILE}"))}" alt="" loading="lazy">' if is_there else ""
    yield f"<td>{cover}</td>"
    title = f"<bdi>{escape(entry.title or entry.name)}</bdi>"
    if is_there:
        sound = url_of(f"{entry.folder}/{book_file_name(entry.title)}")
        title = f'<a href="{escape(pages.get(entry.folder, sound))}">{title}</a>'
    below = " · ".join(escape(each) for each in (entry.author, entry.name if entry.title else "") if each)
    yield f'<th scope="row">{title}<br><small>{below}</small></th>'
    yield f'<td class="{escape(str(entry.outcome).replace(" ", "-"))}">{escape(str(entry.outcome))}</td>'
    yield f'<td class="number length">{clock(entry.duration_s) if entry.duration_s else ""}</td>'
    yield f'<td class="number">{clock(entry.wall_s) if entry.wall_s else ""}</td>'
    yield f'<td class="number">{entry.retries or ""}</td>'
    yield f'<td class="why">{escape(entry.reason)}</td>'

"""The report as a page, in the colours of the player: what became of every book, and a way to each that can be heard.

In: a Report, and where each book's own page is, if there is a player. Out: HTML that needs nothing beside it.
"""

from collections.abc import Iterator, Mapping
from html import escape

from narrate.library.report import Entry, Outcome, Report
from narrate.publish.player.assets import player_files
from narrate.release import COVER_FILE, book_file_name
from narrate.shelf import url_of
from narrate.units import clock

_STYLE = """
body { margin: 0 auto; max-width: 70rem; padding: 1.5rem; background: var(--bg); color: var(--ink);
  font: 100%/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; inline-size: 100%; }
th, td { text-align: start; vertical-align: top; padding: .5rem .75rem; border-block-end: 1px solid var(--line); }
td.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
img { inline-size: 3rem; block-size: 3rem; border-radius: 4px; display: block; }
a { color: var(--accent); }
small, .why { color: var(--muted); }
.failed, .quarantined { color: var(--description); font-weight: 600; }
"""
_HEAD = ("", "Book", "Outcome", "Audio", "Time", "Tried again", "Why")


def report_page(report: Report, pages: Mapping[str, str]) -> bytes:
    """The page, in UTF-8. `pages` are addresses of books in the player, by their folders; others lead to the sound."""
    theme = next(path for name, path in player_files().items() if name.endswith("/themes.css"))
    counts = ", ".join(f"{report.count(each)} {each}" for each in Outcome if report.count(each))
    shelf = '<p><a href="index.html">Open the shelf</a></p>' if pages else ""
    rows = "\n".join(_row(each, pages) for each in report.entries)
    head = "".join(f'<th scope="col">{each}</th>' for each in _HEAD)
    text = f"""<!doctype html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self'">
<title>The library: {escape(counts)}</title>
<style>
{theme.read_text("utf-8")}{_STYLE}</style>
</head>
<body>
<main>
<h1>{len(report.entries)} books</h1>
<p>{escape(counts)}. {clock(report.duration_s)} of audio; this run took {clock(report.wall_s)}, and {report.retries}
tasks were tried again.</p>
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


def _row(entry: Entry, pages: Mapping[str, str]) -> str:
    return "<tr>" + "".join(_cells(entry, pages)) + "</tr>"


def _cells(entry: Entry, pages: Mapping[str, str]) -> Iterator[str]:
    is_there = entry.outcome in (Outcome.BUILT, Outcome.UNCHANGED)
    cover = f'<img src="{escape(url_of(f"{entry.folder}/{COVER_FILE}"))}" alt="" loading="lazy">' if is_there else ""
    yield f"<td>{cover}</td>"
    title = escape(entry.title or entry.name)
    if is_there:
        sound = url_of(f"{entry.folder}/{book_file_name(entry.title)}")
        title = f'<a href="{escape(pages.get(entry.folder, sound))}">{title}</a>'
    yield f'<th scope="row">{title}<br><small>{escape(entry.author)} {escape(entry.name)}</small></th>'
    yield f'<td class="{escape(str(entry.outcome).replace(" ", "-"))}">{escape(str(entry.outcome))}</td>'
    yield f'<td class="number">{clock(entry.duration_s) if entry.duration_s else ""}</td>'
    yield f'<td class="number">{clock(entry.wall_s) if entry.wall_s else ""}</td>'
    yield f'<td class="number">{entry.retries or ""}</td>'
    yield f'<td class="why">{escape(entry.reason)}</td>'

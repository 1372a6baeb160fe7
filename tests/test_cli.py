"""The command line in this process, on the fake engine: what it prints, how it counts, which chapters it means."""

import inspect
import io
import json
import re
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from conftest import THREE_CHAPTERS, Desk
from narrate import errors
from narrate.choosing import choose, find_chapters
from narrate.cli import options, progress, streams
from narrate.cli.app import app
from narrate.cli.output import print_json, shortened, table
from narrate.cli.signals import INTERRUPTED, TERMINATED
from narrate.document import Chapter
from narrate.errors import ChapterError, NarrateError
from narrate.plan import ChapterPlan, Choice, Plan

README = Path(__file__).parents[1] / "README.md"
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def kinds_of_error() -> list[type[NarrateError]]:
    return [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NarrateError)]


def test_every_kind_of_error_has_an_exit_code_of_its_own() -> None:
    codes = [kind.exit_code for kind in kinds_of_error()]
    assert len(codes) > 7
    assert len(set(codes)) == len(codes)
    assert not {0, 2, INTERRUPTED, TERMINATED} & set(codes), "done, usage and signals have theirs"


def test_the_readme_lists_every_exit_code_and_no_other() -> None:
    listed = [int(code) for code in re.findall(r"^\| (\d+) \| \S", README.read_text("utf-8"), re.MULTILINE)]
    used = {kind.exit_code for kind in kinds_of_error()} | {0, 2, INTERRUPTED, TERMINATED}
    assert sorted(listed) == sorted(used)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_mentions_every_option_and_argument(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"], env={"COLUMNS": "200"}).stdout
    for parameter in COMMANDS[name].params:
        assert parameter.help, parameter.name
        for option in (*parameter.opts, *parameter.secondary_opts):
            assert parameter.param_type_name == "argument" or option in shown


def test_help_of_the_program_names_every_command() -> None:
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert all(re.search(rf"^  {name} +[A-Z]", shown, re.MULTILINE) for name in COMMANDS)


@pytest.mark.parametrize("words", [[], ["library"], ["voices"]])
def test_no_list_of_commands_is_cut_short_in_80_columns(words: list[str]) -> None:
    listed = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "80"}).stdout.partition("Commands:")[2]
    assert listed
    assert "..." not in listed


# Through the whole program, instantly.


def run(desk: Desk, command: str, *words: str) -> Result:
    where = ["--out", str(desk.folder / "shelf"), "--store", str(desk.folder / "store")]
    return CliRunner().invoke(app, [command, str(desk.source), *words, *where])


@pytest.fixture
def built(desk: Desk) -> Desk:
    (desk.folder / "narrate.toml").write_text('engine = "fake"')
    desk.write(THREE_CHAPTERS)
    result = run(desk, "build", "--jobs", "1")
    assert result.exit_code == 0, result.stderr
    return desk


def test_a_build_says_the_folder_and_then_that_it_is_up_to_date(built: Desk) -> None:
    result = run(built, "build")
    assert result.stdout == f"{built.folder / 'shelf/The Long Way'}\n"
    assert result.stderr.startswith("up to date: 3 chapters, 0:")


def test_progress_goes_from_nothing_to_all(built: Desk) -> None:
    built.write(THREE_CHAPTERS.replace("home", "there"))
    lines = run(built, "build", "--jobs", "1").stderr.splitlines()
    assert lines[0] == "1 of 3 chapters to make"
    shares = [int(share) for line in lines for share in re.findall(r"(\d+)%", line)]
    assert shares == sorted(shares)
    assert lines[-2:-1] == ["chapter 3 of 3 done: Chapter 3"]


def test_plan_prints_a_table_with_what_was_chosen(built: Desk) -> None:
    assert run(built, "regenerate", "2", "--rate", "120", "--jobs", "1").exit_code == 0
    (line,) = [line for line in run(built, "plan").stdout.splitlines() if re.match(r" *2 ", line)]
    assert "120 words a minute" in line
    assert run(built, "plan").stdout.splitlines()[0] == "The Long Way"


def test_plan_s_json_tells_what_a_build_would_do(built: Desk) -> None:
    built.write(THREE_CHAPTERS.replace("home", "there"))
    plan = json.loads(run(built, "plan", "--json").stdout)
    assert [chapter["reason"] for chapter in plan["chapters"]] == ["", "", "text changed"]
    assert (plan["title"], plan["publish"]) == ("The Long Way", "run")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["9"], 9, "no chapter 9"),
        (["1", "--voice", "nobody"], 5, "“nobody”"),
        (["1", "--rate", "9"], 4, "rate must be from 80 to 450"),
        (["1", "--pitch", "101"], 4, "pitch must be from 0 to 100"),
    ],
)
def test_regenerate_refuses_what_it_cannot_do(built: Desk, words: list[str], code: int, said: str) -> None:
    result = run(built, "regenerate", *words)
    assert result.exit_code == code
    assert result.stderr.startswith(f"narrate: {'command line: ' * (code == 4)}")
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_an_interlude_is_remembered_by_where_it_is_seen_from_the_source(tmp_path: Path) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "car.wav").touch()
    (tmp_path / "linked").symlink_to("books")
    for folder in ("books", "linked"):
        source = tmp_path / folder / "book.txt"
        found = options.flags(source, interlude=tmp_path / "car.wav", rate=None, interludes=False)
        assert found == {"interludes.file": "../car.wav", "interludes.enabled": False}
        assert (source.parent / str(found["interludes.file"])).samefile(tmp_path / "car.wav")


# Which chapters a person means.

TITLES = [
    Chapter(title=title, titled=True, blocks=())
    for title in ("The Note", "What the Road Says", "Three Rules", "The Other")
]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (["2"], {2}),
        (["2-4"], {2, 3, 4}),
        (["2 – 3"], {2, 3}),
        (["1", "3-4", "1"], {1, 3, 4}),
        (["three rules"], {3}),
        (["WHAT the"], {2}),
        (["The Note", "the o"], {1, 4}),
    ],
)
def test_chapters_are_meant_by_number_range_title_or_its_beginning(wanted: list[str], numbers: set[int]) -> None:
    assert find_chapters(wanted, TITLES, source=Path("b.md")) == numbers


@pytest.mark.parametrize(
    ("wanted", "said", "hint"),
    [
        ("0", "no chapter 0", "narrate plan b.md"),
        ("5", "b.md has 4", "narrate plan b.md"),
        ("3-2", "no chapter 3-2", ""),
        ("2-99", "no chapter 2-99", ""),
        ("the", "2 chapters are called 'the': 1, 4", "give a number"),
        ("Tree Rules", "no chapter 'Tree Rules'", "did you mean 'Three Rules'?"),
        ("", "no chapter ''", ""),
        ("9" * 4000, "no chapter", ""),
    ],
)
def test_a_chapter_that_nobody_can_mean_is_an_error(wanted: str, said: str, hint: str) -> None:
    with pytest.raises(ChapterError, match=re.escape(said)) as caught:
        find_chapters([wanted], TITLES, source=Path("b.md"))
    assert hint in caught.value.hint


def test_a_choice_goes_above_the_one_before_and_reset_forgets_that(built: Desk) -> None:
    project = built.open()
    project = project.with_choices(choose(project, frozenset({1, 2}), Choice(rate_wpm=120), reset=False))
    above = choose(project, frozenset({2}), Choice(pitch=20), reset=False)
    assert [(each.number, each.choice) for each in above] == [
        (1, Choice(rate_wpm=120)),
        (2, Choice(rate_wpm=120, pitch=20)),
    ]
    assert [each.number for each in choose(project, frozenset({1}), Choice(), reset=True)] == [2]


# What is printed.


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table(["no", "title"], [["1", "A"], ["10", "Bee"]], right=(0,)) == "no  title\n 1  A\n10  Bee"


def test_columns_stand_one_below_the_other_in_any_script() -> None:
    rows = [["夜のドライブ", "1"], ["👩\u200d🚀", "2"], ["nai\u0308ve", "3"]]
    assert table(["title", "no"], rows, right=(1,)).splitlines() == [
        "title         no",
        "夜のドライブ   1",
        "👩\u200d🚀             2",
        "nai\u0308ve          3",
    ]


def test_what_is_printed_cannot_tell_the_terminal_what_to_do() -> None:
    assert streams.printable("a\x1b[31mb\x07\u202ec\nd") == "a [31mb  c d"
    assert streams.printable("می\u200cخواهم 👩\u200d🚀 é") == "می\u200cخواهم 👩\u200d🚀 é"
    assert table(["a"], [["x\ny"]]) == "a\nx y"


def test_a_long_text_is_shortened_with_an_ellipsis() -> None:
    assert [shortened("a long title", limit) for limit in (12, 8, 7)] == ["a long title", "a long…", "a long…"]


@pytest.mark.parametrize(("encoding", "printed"), [("utf-8", '"é \\ud83d"'), ("ascii", '"\\u00e9 \\ud83d"')])
def test_json_is_json_in_any_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str, printed: str) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
    print_json("é \ud83d" if encoding == "ascii" else "é")
    sys.stdout.flush()
    assert written.getvalue().decode(encoding) == (printed if encoding == "ascii" else '"é"') + "\n"


def test_a_remark_that_cannot_be_written_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stderr", Full())
    streams.remark("chapter 1 of 2")


def plan_of(*characters: int) -> Plan:
    chapters = tuple(
        ChapterPlan(
            number=number,
            title=f"Part {number}",
            characters=count,
            encodes=("mp3",),
            **dict.fromkeys(
                set(ChapterPlan.__dataclass_fields__) - {"number", "title", "characters", "encodes"},
            ),  # type: ignore[arg-type]
        )
        for number, count in enumerate(characters, start=1)
    )
    return Plan(chapters=chapters, choices=(), book_key="", publish=None, publish_reason="")  # type: ignore[arg-type]


def test_plain_progress_says_every_tenth_once(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_of(500, 500)
    lines = progress.Lines()
    lines.started(plan)
    for _ in range(2000):
        lines.advanced(plan.chapters[1], 1)
    said = [line.partition(",")[2] for line in capsys.readouterr().err.splitlines()[1:]]
    assert [share.partition(",")[0] for share in said] == [f" {tenth}0%" for tenth in range(1, 10)]


def test_a_book_of_very_many_chapters_is_not_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_of(*[1] * 101)
    lines = progress.Lines()
    lines.started(plan)
    for chapter in plan.chapters:
        lines.finished(chapter, Path("x.mp3"))
    assert capsys.readouterr().err.splitlines() == ["101 of 101 chapters to make"]


def test_quiet_progress_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    plan = plan_of(1)
    quiet = progress.listener(quiet=True, plain=False)
    quiet.started(plan)
    quiet.advanced(plan.chapters[0], 2)
    quiet.finished(plan.chapters[0], Path("x.mp3"))
    quiet.ended()
    assert capsys.readouterr() == ("", "")


def test_a_remark_is_written_in_one_piece_so_that_ctrl_c_cannot_part_it(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    class Err(io.StringIO):
        def write(self, text: str) -> int:
            written.append(text)
            return len(text)

    monkeypatch.setattr(sys, "stderr", Err())
    streams.remark("chapter 2 of 6, 13%")
    assert written == ["chapter 2 of 6, 13%\n"]

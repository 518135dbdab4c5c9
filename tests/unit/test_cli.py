"""The `fourring` command: its help, its exit codes, and what it says when something is wrong."""

import argparse
import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

from gateway import cli
from gateway.complaints import complaint
from gateway.config import ConfigError, Settings
from storage.errors import StorageError

TAKEN = "end the program that uses it, or choose another port in fourring.toml"


def command(run: Callable[[argparse.Namespace, Settings], object]) -> ModuleType:
    """Return a command's module that does what `run` does."""
    module = ModuleType("gateway.commands.rehearse", "Rehearse a command.")
    module.NAME = "rehearse"  # type: ignore[attr-defined] # a module made for the test
    module.add_arguments = lambda parser: parser.add_argument("--port", action="store_true")  # type: ignore[attr-defined] # likewise
    module.run = run  # type: ignore[attr-defined] # likewise
    return module


@pytest.fixture
def rehearse(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., int]:
    """Return a function that runs `fourring rehearse …`, which does what it is given."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setitem(cli.COMMANDS, "rehearse", "a command of this test")

    def run(does: Callable[[argparse.Namespace, Settings], object], *arguments: str) -> int:
        monkeypatch.setitem(sys.modules, "gateway.commands.rehearse", command(does))
        return cli.main([*arguments] if "rehearse" in arguments else ["rehearse", *arguments])

    return run


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`fourring COMMAND --help` exits with 0 and shows what it is for, an example and --config."""
    with pytest.raises(SystemExit) as end:
        cli.main([name, "--help"])
    shown = capsys.readouterr().out
    assert end.value.code == 0
    assert f"usage: fourring {name}" in shown
    assert f"fourring {name} " in shown.split("example", 1)[1]
    assert "--config FILE" in shown


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_a_module_of_its_own_name(name: str) -> None:
    """The table of commands and the modules agree; a module that cannot be imported is an error here."""
    module = import_module(f"gateway.commands.{name}")
    assert name == module.NAME
    assert module.__doc__
    assert callable(module.run)


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """`fourring --help` names every command and says what it is for."""
    with pytest.raises(SystemExit) as end:
        cli.main(["--help"])
    shown = capsys.readouterr().out
    assert end.value.code == 0
    assert all(f"  {name} " in shown and purpose in shown for name, purpose in cli.COMMANDS.items())


def test_help_does_not_load_what_it_does_not_need() -> None:
    """`fourring --help` imports neither settings nor any command, so it answers at once."""
    script = (
        "import sys\nfrom gateway.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('pydantic', 'sqlalchemy', 'aiohttp') if m in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stderr == "[]\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "fourring: say which command (try: fourring --help)\n"),
        (["dance"], "fourring: there is no command 'dance' (try: fourring --help)\n"),
        (["--dance"], "fourring: unrecognized arguments: --dance (try: fourring --help)\n"),
        (["--config"], "fourring: argument --config: expected one argument (try: fourring --help)\n"),
        (["doctor", "x"], "fourring doctor: unrecognized arguments: x (try: fourring doctor --help)\n"),
        (["doctor", "--js"], "fourring doctor: unrecognized arguments: --js (try: fourring doctor --help)\n"),
        (["replay"], "fourring replay: the following arguments are required: JOURNAL"),
        (["user"], "fourring user: the following arguments are required: add | list"),
        (["user", "add"], "fourring user add: the following arguments are required: WORK_NUMBER"),
        (["token", "create"], "fourring token create: the following arguments are required: NAME"),
        (["db", "downgrade"], "fourring db: argument upgrade | status: invalid choice: 'downgrade'"),
        (["token", "create", ""], "fourring token create: argument NAME: a name has at least one letter"),
        (["token", "create", "x\ny"], "fourring token create: argument NAME: a name has at least one letter"),
        (["user", "add", "1001", "--name", " "], "fourring user add: argument --name: a name has at least one letter"),
        (["call", "--caller", "中文"], "fourring call: argument --caller: letters and digits, not '中文'"),
        (["call", "--number", "1 1"], "fourring call: argument --number: digits, not '1 1'"),
        (["route"], "fourring route: say check or explain"),
        (["route", "show"], "fourring route: argument check | explain: invalid choice: 'show'"),
        (["route", "explain"], "fourring route: say of which --topic the ticket is"),
        (["route", "--explain"], "fourring route: say of which --topic the ticket is"),
        (["route", "check", "--topic", "fault"], "fourring route: check takes no ticket: say explain"),
        (["route", "check", "--explain"], "fourring route: check takes no ticket: say explain"),
        (
            ["route", "explain", "--at", "noon"],
            "fourring route: argument --at: a time like 2026-09-29T10:00, not 'noon'",
        ),
        (["route", "explain", "--area", "a", "--address", "b"], "fourring route: argument --address: not allowed with"),
        (["calendar"], "fourring calendar: the following arguments are required: list | import"),
        (["calendar", "import"], "fourring calendar import: the following arguments are required: FILE"),
        (["backup"], "fourring backup: the following arguments are required: TARGET"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be understood ends with 2 and one line that says where help is."""
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    printed = capsys.readouterr()
    assert end.value.code == 2
    assert printed.out == ""
    assert printed.err.startswith(said)
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["--config", "here.toml", "rehearse"],
        ["--config=here.toml", "rehearse"],
        ["rehearse", "--config", "here.toml"],
        ["rehearse", "--port", "--config=here.toml"],
    ],
)
def test_the_settings_file_may_be_named_before_and_after_the_command(
    arguments: list[str], rehearse: Callable[..., int], tmp_path: Path
) -> None:
    """`--config FILE` stands anywhere among the arguments."""
    (tmp_path / "here.toml").write_text("[web]\nport = 9999\n", "utf-8")
    assert rehearse(lambda _, settings: 0 if settings.web.port == 9999 else 1, *arguments) == 0


async def _four(args: argparse.Namespace, settings: Settings) -> int:
    del args, settings
    return 4


@pytest.mark.parametrize(("does", "code"), [(lambda *_: 0, 0), (lambda *_: 1, 1), (_four, 4)])
def test_a_command_decides_its_exit_code(does: Callable[..., object], code: int, rehearse: Callable[..., int]) -> None:
    """What `run` returns is the exit code, whether it is a coroutine or not."""
    assert code == rehearse(does)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (None, "no such file: check the name given with --config"),
        ("[web]\nprot = 1\n", "web.prot: is not a setting: check the spelling"),
        ("[web", "cannot be read"),
        ("[web]\nport = 70000\n", "web.port"),
    ],
)
def test_wrong_settings_are_one_line_and_exit_code_1(
    file: str | None,
    said: str,
    rehearse: Callable[..., int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Settings that cannot be used end with 1 and one line that names file and setting."""
    path = tmp_path / "wrong.toml"
    if file is not None:
        path.write_text(file, "utf-8")
    assert rehearse(lambda *_: 0, "--config", str(path)) == 1
    line = capsys.readouterr().err
    assert line.startswith(f"fourring: {path}: ")
    assert said in line
    assert line.count("\n") == 1


def _raising(problem: BaseException) -> Callable[..., object]:
    def run(*_: object) -> object:
        raise problem

    return run


def test_an_expected_error_is_one_line_without_traceback(
    rehearse: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """An error of ours is its message, on one line, and exit code 1."""
    assert rehearse(_raising(StorageError("the database is away:\nstart it"))) == 1
    assert capsys.readouterr().err == "fourring: the database is away: start it\n"


def test_an_unexpected_error_is_one_line_that_names_the_file_with_the_details(
    rehearse: Callable[..., int], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """An error in the program shows no traceback; a file that only its user reads has it."""
    assert rehearse(_raising(ZeroDivisionError("by zero"))) == 1
    line = capsys.readouterr().err
    details = Path(line.removesuffix("\n").rpartition(" ")[2])
    assert line == f"fourring: internal error (ZeroDivisionError): details in {details}\n"
    assert details.parent == tmp_path
    assert details.stat().st_mode & 0o777 == 0o600
    assert "ZeroDivisionError: by zero" in details.read_text("utf-8")


def test_with_fourring_debug_an_error_shows_its_traceback(
    rehearse: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """FOURRING_DEBUG=1 lets every error through as it is."""
    monkeypatch.setenv("FOURRING_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        rehearse(_raising(ZeroDivisionError("by zero")))


def test_ctrl_c_ends_quietly(rehearse: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """An interrupted command prints nothing and ends with 130."""
    assert rehearse(_raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == ""


def test_sigterm_lets_a_command_clean_up(rehearse: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    """A command that is told to end is cancelled, so that what it started ends too, and its exit code is 143."""
    cleaned_up = []

    async def run(args: argparse.Namespace, settings: Settings) -> int:
        del args, settings
        try:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.Event().wait()
        finally:
            cleaned_up.append(True)
        return 0

    assert rehearse(run) == 143
    assert cleaned_up == [True]
    assert capsys.readouterr().err == ""


def test_a_reader_that_goes_away_gets_no_complaint() -> None:
    """`fourring … | head -1` ends without a word on standard error."""
    script = f"{sys.executable} -m gateway doctor --show-manager-conf | head -1"
    ended = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout == "; In [general] as well: timestampevents = yes\n"
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (ConfigError("web.port: too high"), "web.port: too high"),
        (StorageError(), "The database cannot be used as it is; the message says what a person has to do."),
        (FileNotFoundError(errno.ENOENT, "No such file", "/x"), "/x: No such file: check the name"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), "/x: No space left on device: make room"),
        (
            OSError(errno.EADDRINUSE, "error while attempting to bind on address ('127.0.0.1', 1)"),
            f"error while attempting to bind on address ('127.0.0.1', 1): {TAKEN}",
        ),
        (TimeoutError(), "TimeoutError"),
        (ExceptionGroup("tasks", [ConfigError("a"), ExceptionGroup("inner", [StorageError("b")])]), "a"),
        (ExceptionGroup("tasks", [ConfigError("a"), ValueError("b")]), None),
        (ValueError("b"), None),
    ],
)
def test_what_a_person_is_told(problem: Exception, said: str | None) -> None:
    """Errors of ours and of the system become a line that says what to do; all others are the program's."""
    assert said == complaint(problem)

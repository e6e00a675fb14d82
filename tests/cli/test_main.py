"""The `opscope` command line itself: help, version, flags, and what a user sees when it fails."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from opscope.cli.flags import FlagParser
from opscope.cli.main import COMMANDS, Command, main

ROOT = Path(__file__).parents[2]
PORTIONS = ("events", "runtime", "tfdbg", "dashboard", "cli")
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in PORTIONS)}


def opscope(*arguments: str, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "opscope.cli", *arguments],
        env={**ENVIRONMENT, **extra},
        capture_output=True,
        text=True,
        timeout=120,
    )


def module_that(run) -> ModuleType:
    module = ModuleType("made_for_a_test", "A command made for a test.")
    module.add_arguments = lambda parser: parser.add_argument("--path_prefix", default="")
    module.run = run
    return module


@pytest.fixture
def demo_that(monkeypatch):
    def install(run):
        monkeypatch.setattr(Command, "module", lambda self: module_that(run))

    return install


def test_help_names_every_command() -> None:
    done = opscope("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert command.name in done.stdout
        assert command.summary in " ".join(done.stdout.split())


def test_help_and_version_import_nothing_heavy() -> None:
    code = (
        "import sys; from opscope.cli.main import main\n"
        "try: main([sys.argv[1]])\n"
        "except SystemExit: pass\n"
        "print(sorted({name.split('.')[0] for name in sys.modules} "
        "& {'numpy', 'dash', 'google', 'prompt_toolkit', 'networkx'}))"
    )
    for flag in ("--help", "--version"):
        done = subprocess.run(
            [sys.executable, "-c", code, flag],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stdout.splitlines()[-1] == "[]"


def test_no_command_prints_the_help_and_is_a_usage_error(capsys) -> None:
    assert main([]) == 2
    assert "COMMAND" in capsys.readouterr().err


def test_unknown_command_lists_those_there_are(capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["debgu"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "debgu" in said
    assert all(command.name in said for command in COMMANDS)


@pytest.mark.parametrize("flag", ["--path_prefix", "--path-prefix"])
@pytest.mark.parametrize("joined", [True, False])
def test_flags_take_hyphens_or_underscores(demo_that, flag: str, joined: bool) -> None:
    seen = []

    def run(args: argparse.Namespace) -> int:
        seen.append(args.path_prefix)
        return 0

    demo_that(run)
    words = [f"{flag}=/a_b-c"] if joined else [flag, "/a_b-c"]
    assert main(["demo", *words]) == 0
    assert seen == ["/a_b-c"]


def test_an_abbreviated_flag_is_refused() -> None:
    parser = FlagParser()
    parser.add_argument("--logdir")
    with pytest.raises(SystemExit):
        parser.parse_args(["--log", "x"])


def test_an_unexpected_error_is_one_line_without_a_traceback(demo_that, capsys) -> None:
    def run(args: argparse.Namespace) -> int:
        raise ValueError("two\nlines")

    demo_that(run)
    assert main(["demo"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("opscope: unexpected ValueError: two lines (test_main.py:")
    assert said.count("\n") == 1
    assert "OPSCOPE_DEBUG=1" in said


def test_the_traceback_is_there_when_asked_for(demo_that, capsys, monkeypatch) -> None:
    def run(args: argparse.Namespace) -> int:
        raise ValueError("seen")

    demo_that(run)
    monkeypatch.setenv("OPSCOPE_DEBUG", "1")
    assert main(["demo"]) == 1
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_ctrl_c_is_quiet(demo_that, capsys) -> None:
    def run(args: argparse.Namespace) -> int:
        signal.raise_signal(signal.SIGINT)
        return 0

    demo_that(run)
    assert main(["demo"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_leaves_ends_it_quietly() -> None:
    # `opscope --help` writes into a pipe whose reading end is closed before it starts.
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "opscope.cli", "--version"],
        env=ENVIRONMENT,
        stdout=writing,
        stderr=subprocess.PIPE,
        timeout=60,
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == b""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_each_command_has_help_and_its_two_functions(command: Command, capsys) -> None:
    module = command.module()
    assert callable(module.add_arguments)
    assert callable(module.run)
    with pytest.raises(SystemExit) as ended:
        main([command.name, "--help"])
    assert ended.value.code == 0
    assert f"opscope {command.name}" in capsys.readouterr().out

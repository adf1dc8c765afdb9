"""The command line as a whole: help, errors, exit codes."""

import json
import re
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.testing import CliRunner

from kinetoscope.cli import app
from kinetoscope.cli.lazy import SUMMARIES, load_command
from kinetoscope.version import VERSION
from support.server import run_cli, run_cli_process


def all_commands() -> list[list[str]]:
    found: list[list[str]] = [[]]
    for name in SUMMARIES:
        found.append([name])
        command = load_command(name)
        if isinstance(command, TyperGroup):
            found += [[name, sub] for sub in command.commands]
    return found


@pytest.mark.parametrize("words", all_commands(), ids=" ".join)
def test_every_command_explains_itself(words: list[str]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0, shown.output
    assert "Usage:" in shown.output


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_list_of_commands_says_what_each_says_itself(name: str) -> None:
    assert load_command(name).help.splitlines()[0] == SUMMARIES[name]


def test_the_version_is_that_of_the_package() -> None:
    assert run_cli_process("--version").stdout == f"kinetoscope {VERSION}\n"


def test_a_mistyped_command_is_a_usage_error_with_a_suggestion() -> None:
    done = run_cli("serv")
    assert done.returncode == 2
    assert "Did you mean 'serve'" in done.stderr


def test_an_unknown_option_is_a_usage_error() -> None:
    assert run_cli("serve", "--prot", "1").returncode == 2


@pytest.mark.parametrize("command", ["serve", "worker", "settings"])
def test_all_bad_settings_are_named_at_once(command: str, tmp_path: Path) -> None:
    done = run_cli(
        command, data_dir=tmp_path / "data", port="eighty", workers="0", secret_key="short", log_level="loud"
    )
    assert done.returncode == 2
    for name in ("PORT", "WORKERS", "SECRET_KEY", "LOG_LEVEL"):
        assert f"KINETOSCOPE_{name}:" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("words", [["jobs"], ["db", "dump"], ["db", "status"]], ids=" ".join)
def test_a_mistyped_data_directory_is_not_filled(words: list[str], tmp_path: Path) -> None:
    done = run_cli(*words, "--data-dir", str(tmp_path / "typo"))
    assert done.returncode == 1
    assert "There is no Kinetoscope data in" in done.stderr
    assert not (tmp_path / "typo").exists()


def test_a_fault_of_the_program_is_one_sentence_and_with_debug_a_trace(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "root.key").mkdir()  # a directory where a file belongs
    words = ("admin", "rotate-keys", "--data-dir", str(tmp_path))
    short, long = run_cli_process(*words), run_cli_process("--debug", *words)
    assert short.returncode == 1
    assert short.stderr.startswith("Error: Something unexpected went wrong (IsADirectoryError")
    assert "Traceback" not in short.stderr
    assert "Traceback" in long.stderr


def test_settings_shows_values_sources_and_no_secrets(tmp_path: Path) -> None:
    secret = "0123456789abcdef0123456789abcdef"
    done = run_cli("settings", "--json", "--data-dir", str(tmp_path), port="8123", secret_key=secret)
    assert done.returncode == 0
    assert secret not in done.stdout
    shown = {setting["name"]: setting for setting in json.loads(done.stdout)}
    assert shown["KINETOSCOPE_DATA_DIR"]["source"] == "--data-dir"
    assert (shown["KINETOSCOPE_PORT"]["value"], shown["KINETOSCOPE_PORT"]["source"]) == (8123, "environment")
    assert shown["KINETOSCOPE_HOST"]["source"] == "default"
    assert shown["KINETOSCOPE_SECRET_KEY"]["value"] == "********"
    assert all(setting["description"] for setting in shown.values())


def test_plain_output_has_no_control_codes() -> None:
    for words in (["settings"], ["--help"]):
        assert re.search(r"\x1b", run_cli(*words).stdout) is None


def test_openapi_prints_the_document() -> None:
    document = json.loads(run_cli("openapi").stdout)
    assert document["openapi"].startswith("3.1")
    assert "/api/v1/videos" in document["paths"]

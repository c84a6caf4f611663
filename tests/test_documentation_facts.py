"""What the pages say: commands that exist, keys that are read, code that runs."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer
import yaml

from gateware.load import load_cfu
from gateware.verilog_cfu import _Description, _Instruction
from playground import load_design, run
from playground.cli import app
from playground.commands.new import write_project
from playground.explore.settings import _Table
from playground.project import ProjectFile
from playground.project_tests import run_project_tests
from profiles import profile_json_schema
from profiles.history_table import CSV_COLUMNS

_ROOT = Path(__file__).parents[1]
_DOCS = _ROOT / "docs"
_PAGES = (_ROOT / "README.md", *sorted(_DOCS.glob("*.md")))
_COMMAND = re.compile(r"(?:^|[\s\"(`])(?:\.{0,2}/)?cfu ([a-z][^`#|;&>)]*)")


def _page(name: str) -> str:
    return (_DOCS / f"{name}.md").read_text()


def _blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", _page(page), re.MULTILINE | re.DOTALL)


def _commands(text: str) -> list[list[str]]:
    """Return the words of each command that is shown, as a line of a listing or in backticks."""
    shown = [span for span in re.findall(r"`([^`\n]+)`", text) if re.match(r"[./]*cfu ", span)]
    shown += [
        line.strip().removeprefix("$ ")
        for line in text.splitlines()
        if re.match(r"( {4,}|\$ +|)(\$ )?\.{0,2}/?cfu ", line)
    ]
    commands = []
    for line in shown:
        for found in _COMMAND.findall(line):
            try:
                commands.append(shlex.split(found))
            except ValueError:
                continue
    return [words for words in commands if words]


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_commands_and_their_flags_exist(page: Path) -> None:
    cfu = typer.main.get_command(app)
    verbs = cfu.commands  # type: ignore[attr-defined]
    for words in _commands(page.read_text()):
        assert words[0] in verbs, words
        verb = verbs[words[0]]
        while getattr(verb, "commands", None) and words[1:] and words[1] in verb.commands:
            verb, words = verb.commands[words[1]], words[1:]
        flags = {name for each in verb.params for name in (*each.opts, *each.secondary_opts)}
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= flags | {"--help"}, words


def test_every_key_of_the_files_is_told() -> None:
    project, verilog = _page("formats").split("## A Verilog CFU's")
    named = set(re.findall(r"^\| `\[?(\w+)\]?`", project, re.MULTILINE))
    assert named == set(ProjectFile.model_fields)
    assert all(f"`{key}`" in project for key in _Table.model_fields)
    top, instruction = verilog.partition("## Inputs")[0].split("a table `[[instruction]]`")
    rows = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \|", re.MULTILINE)
    for text, keys in ((top, _Description.model_fields), (instruction, _Instruction.model_fields)):
        told = {key for row in rows.findall(text) for key in re.findall(r"`(\w+)`", row)}
        assert told == set(keys) - {"instruction"}


def test_keys_of_profiles_and_columns_of_histories_are_those_there_are() -> None:
    page = _page("formats")
    section = page.partition("## Profiles")[2].partition("## History")[0]
    schema = json.dumps(profile_json_schema())
    for row in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE):
        for path in re.findall(r"`([\w.\[\]]+)`", row):
            assert f'"{path.rpartition(".")[2]}"' in schema, path
    columns = page.rpartition("keys of the JSON:")[2]
    assert tuple(re.findall(r"`(\w+)`", columns)) == CSV_COLUMNS


def test_the_kernel_runs_exactly_and_tells_its_cycles(tmp_path: Path) -> None:
    kernel, counting = _blocks("kernels", "cpp")
    helpers, begin, code = counting.partition("const uint32_t begin")
    first = "  const int depth"
    kernel = f"#include <cstdint>\n{helpers}{kernel.replace(first, begin + code + first, 1)}"
    (tmp_path / "fully_connected.cc").write_text(kernel)
    (tmp_path / "cfu.toml").write_text('model = "digits_cnn"\n')
    profile = run(load_design(project=tmp_path))
    (layer,) = [each for each in profile.layers if each.operator == "FULLY_CONNECTED"]
    assert layer.kernel == "fully_connected.cc"
    assert re.fullmatch(r"(\d+ cycles\n)+", profile.text)


def test_the_script_runs(tmp_path: Path) -> None:
    script = _blocks("scripting", "python")[0]
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert re.match(r"4\.\d\d times as fast\n0 CONV_2D \d+ conv_2d\.cc\n", ran.stdout)


def test_the_tests_of_a_project_pass(tmp_path: Path) -> None:
    write_project(tmp_path / "my_cfu")
    (tmp_path / "my_cfu" / "test_cycles.py").write_text(_blocks("scripting", "python")[1])
    assert (run_project_tests(tmp_path / "my_cfu") or "").startswith("3 passed")


def test_the_workflow_runs_verbs_there_are() -> None:
    (text,) = _blocks("scripting", "yaml")
    steps = yaml.safe_load(text)["jobs"]["test"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    assert runs == ["../playground/cfu test", "../playground/cfu compare"]
    assert all(step["working-directory"] == "my_cfu" for step in steps if "run" in step)
    assert (_ROOT / "requirements.lock").is_file()


def test_cfus_that_move_over_load(tmp_path: Path) -> None:
    (tmp_path / "moved.py").write_text(_blocks("coming_from_cfu_playground", "python")[0])
    assert load_cfu("moved.py:Moved", directory=tmp_path).spec.instructions[0].name == "add"
    (tmp_path / "mac.toml").write_text(_blocks("coming_from_cfu_playground", "toml")[0])
    (tmp_path / "cfu.v").write_text(
        "module Cfu(input cmd_valid, output cmd_ready, input [9:0] cmd_payload_function_id,\n"
        "  input [31:0] cmd_payload_inputs_0, input [31:0] cmd_payload_inputs_1,\n"
        "  output rsp_valid, input rsp_ready, output [31:0] rsp_payload_outputs_0,\n"
        "  input reset, input clk);\n"
        "  assign rsp_valid = cmd_valid;\n  assign cmd_ready = rsp_ready;\n"
        "  assign rsp_payload_outputs_0 = cmd_payload_inputs_0;\nendmodule\n"
    )
    assert load_cfu("mac.toml", directory=tmp_path).spec.instructions[0].name == "mac"

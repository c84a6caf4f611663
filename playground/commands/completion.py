"""`cfu completion`: a shell's part of completing verbs, flags and values."""

from __future__ import annotations

__all__ = ["COMPLETION_VARIABLE", "Shell", "completion", "start_completing"]

import enum
import os
from typing import Annotated

import typer

from playground.console import Output

COMPLETION_VARIABLE = "_CFU_COMPLETE"
"""Set when a shell asks `cfu` for words; typer answers then, and no verb runs."""


class Shell(enum.StrEnum):
    """Shells that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


# Typer's own scripts for zsh and fish ask the `cfu` on PATH. These ask the one that is typed, which
# may be `./cfu` of any clone. The words are passed on as typer reads them.
_SCRIPTS = {
    Shell.BASH: r"""_cfu_completion() {
  local IFS=$'\n'
  COMPREPLY=( $(env COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD \
    _CFU_COMPLETE=complete_bash "$1" 2>/dev/null) )
}
complete -o default -F _cfu_completion cfu
""",
    Shell.ZSH: r"""_cfu_completion() {
  eval $(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _CFU_COMPLETE=complete_zsh \
    ${~words[1]} 2>/dev/null)
}
compdef _cfu_completion cfu
""",
    Shell.FISH: r"""function _cfu_complete
  set -l typed (commandline -cp)
  env _CFU_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] \
    _TYPER_COMPLETE_ARGS="$typed" (commandline -o)[1] 2>/dev/null
end
complete --command cfu --no-files --arguments '(_cfu_complete get-args)' \
  --condition '_cfu_complete is-args'
""",
}


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell that is to complete.")],
) -> None:
    """Print a script that has your shell complete `cfu`: `eval "$(./cfu completion bash)"`."""
    Output().show_text(_SCRIPTS[shell])


def start_completing() -> None:
    """Let typer answer a shell that asks for words; without one, do nothing."""
    if COMPLETION_VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined] # not exported

        completion_init()

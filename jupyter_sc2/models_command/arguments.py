"""What `jupyter sc2 models` may be told. Imports nothing heavy: it is read for every `--help`."""

from __future__ import annotations

import argparse

DESCRIPTION = """Which weights there are, and which of them answer for ghost text, %%starcoder and the chat. What is
chosen here holds at once in your Jupyter servers that run, and in those that start later."""

WEIGHTS = "built-in, an id such as bigcode/starcoder2-3b, or a folder"
ACCEPT = """accept the weights' licence in your name without being asked, for scripts: it says that you have read the
terms (`jupyter sc2 models accept`) and will keep to their restrictions of use. Your name and the time are recorded"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    found = actions.add_parser("list", help="all weights, and how they suit this machine (also without an action)")
    found.add_argument("--json", action="store_true", help="everything, as the server's catalogue")
    _with_weights(actions, "show", "what there is to know about weights")
    fetch = _with_weights(actions, "download", "fetch weights, or go on with it; Ctrl+C pauses")
    fetch.add_argument("--revision", default="main", help="a branch, tag or commit of the repository (default: main)")
    fetch.add_argument("--quiet", action="store_true", help="no progress")
    fetch.add_argument("--accept-licence", action="store_true", help=ACCEPT)
    delete = _with_weights(actions, "delete", "delete downloaded weights from the disk")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    _add_use(actions)
    accept = actions.add_parser("accept", help="read the terms of a licence, and accept it")
    accept.add_argument("licence", nargs="?", default="bigcode-openrail-m", help="(default: %(default)s)")
    accept.add_argument("--accept-licence", action="store_true", help=ACCEPT)
    refuse = actions.add_parser("refuse", help="refuse a licence: weights under it are not used any more")
    refuse.add_argument("licence", nargs="?", default="bigcode-openrail-m", help="(default: %(default)s)")
    for action, words in (("load", "into memory"), ("unload", "out of memory"), ("reload", "into memory anew")):
        _with_weights(actions, action, f"weights that a role has, {words} of the servers that run")
    idle = actions.add_parser("idle", help="after how long unused weights leave the memory")
    idle.add_argument("minutes", type=int, metavar="MINUTES", help="0 for never; at most 10080, a week")


def _with_weights(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str
) -> argparse.ArgumentParser:
    made = actions.add_parser(name, help=words)
    made.add_argument("weights", metavar="WEIGHTS", help=WEIGHTS)
    return made


def _add_use(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    use = actions.add_parser("use", help="let weights answer for a role")
    use.add_argument("role", choices=("ghost", "magic", "chat", "all"), help="ghost text, %%%%starcoder, chat, or all")
    use.add_argument("weights", metavar="WEIGHTS", help=WEIGHTS)
    use.add_argument("--adapter", default="", help="a LoRA adapter on top: a folder or an id")
    use.add_argument("--precision", default="auto", choices=("auto", "float32", "bfloat16", "int8", "int4"))
    use.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps ... (default: auto)")
    use.add_argument("--context", type=int, default=4096, help="prompt and answer, in token ids (default: 4096)")

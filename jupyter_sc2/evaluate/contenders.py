"""Who is compared with whom, from the command's arguments."""

from __future__ import annotations

import argparse

from jupyter_sc2 import catalog
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.baselines import BASELINES
from jupyter_sc2.evaluate.completer import MIN_PROMPT_IDS, PROMPT_IDS
from jupyter_sc2.evaluate.gate import check_licence
from jupyter_sc2.evaluate.runs import Contender
from jupyter_sc2.messages import MAX_PROMPT_IDS
from jupyter_sc2.notebook import ARMS

# Each: does the first do better than the second?
QUESTIONS = (
    ("order_snapshot", "document"),
    ("document", "cell"),
    ("order", "document"),
    ("snapshot", "document"),
)


def budgets(args: argparse.Namespace) -> list[int]:
    """The longest prompts asked for. Raises Sc2Error when one is out of bounds, or several are of no use."""
    asked = list(dict.fromkeys(args.prompt_ids or [PROMPT_IDS]))
    if len(asked) > 1 and not args.ablate:
        raise Sc2Error("bad_value", "--prompt-ids may be given several times with --ablate only.")
    if not all(MIN_PROMPT_IDS <= ids <= MAX_PROMPT_IDS for ids in asked):
        raise Sc2Error("bad_value", f"--prompt-ids must be {MIN_PROMPT_IDS} to {MAX_PROMPT_IDS}.")
    return asked


def contenders(args: argparse.Namespace) -> list[Contender]:
    """One, those to compare it with, or all arms at every budget. Raises Sc2Error for what does not exist."""
    for arm in filter(None, (args.arm, args.against_arm)):
        if arm not in ARMS:
            raise Sc2Error("bad_value", f"There is no arm {arm}; the arms are {', '.join(ARMS)}.")
    everyone = list(dict.fromkeys([args.weights, *(args.against or [])]))
    for weights in everyone:
        if weights not in BASELINES:
            catalog.find(weights)
            check_licence(weights)
    if args.weights in BASELINES and (args.ablate or args.against_arm):
        raise Sc2Error("bad_value", f"{args.weights} is a baseline and has no arms to compare.")
    if args.ablate:
        return [Contender(f"{arm}@{ids}", args.weights, arm, ids) for ids in budgets(args) for arm in ARMS]
    (ids,) = budgets(args)
    if args.against_arm:
        return [Contender(arm, args.weights, arm, ids) for arm in (args.arm, args.against_arm)]
    return [Contender(weights, weights, args.arm, ids) for weights in everyone]

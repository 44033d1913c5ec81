"""Who is compared with whom, from the command's arguments."""

from __future__ import annotations

import argparse

from jupyter_sc2 import catalog
from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.evaluate.completer import MIN_PROMPT_IDS, PROMPT_IDS
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
    """One, two to compare, or all arms at every budget. Raises Sc2Error for what does not exist."""
    for arm in filter(None, (args.arm, args.against_arm)):
        if arm not in ARMS:
            raise Sc2Error("bad_value", f"There is no arm {arm}; the arms are {', '.join(ARMS)}.")
    for weights in filter(None, (args.weights, args.against)):
        catalog.find(weights)
    if args.ablate:
        return [Contender(f"{arm}@{ids}", args.weights, arm, ids) for ids in budgets(args) for arm in ARMS]
    (ids,) = budgets(args)
    if args.against:
        return [Contender(weights, weights, args.arm, ids) for weights in (args.weights, args.against)]
    if args.against_arm:
        return [Contender(arm, args.weights, arm, ids) for arm in (args.arm, args.against_arm)]
    return [Contender(args.weights, args.weights, args.arm, ids)]

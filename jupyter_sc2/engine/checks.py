"""Whether a request can be served at all. Every number has an upper bound."""

from __future__ import annotations

from jupyter_sc2.errors import Sc2Error
from jupyter_sc2.messages import Submit

MAX_TOP_K = 1 << 20
MIN_PENALTY, MAX_PENALTY = 0.01, 100.0
MAX_LOWERED = 2.0  # of a logit, as in OpenAI's API
MAX_LOGPROBS = 20
MAX_CANDIDATES = 8
MAX_STOPS, MAX_STOP_CHARS = 16, 256


def check_prompt(request: Submit, vocab_size: int, max_positions: int) -> None:
    """Raises Sc2Error."""
    if not request.ids or request.max_new_tokens < 0:
        raise Sc2Error("bad_value", "The prompt is empty." if not request.ids else "`max_new_tokens` is negative.")
    if not 0 <= min(request.ids) <= max(request.ids) < vocab_size:
        raise Sc2Error("bad_value", "The prompt holds ids that these weights do not know.")
    needed = len(request.ids) + request.max_new_tokens
    if needed > max_positions:
        message = f"The prompt and its answer need {needed} tokens; these weights have {max_positions}."
        raise Sc2Error("prompt_too_long", message, "Shorten the cell or ask for fewer new tokens.")


def check_options(request: Submit, spells: bool) -> None:
    """Raises Sc2Error. `spells` says whether the weights have a tokenizer."""
    if not (0 <= request.temperature < float("inf") and 0 < request.top_p <= 1 and 0 <= request.seed < 2**63):
        raise Sc2Error("bad_value", "`temperature`, `top_p` or `seed` is out of range.")
    if not (0 <= request.top_k <= MAX_TOP_K and MIN_PENALTY <= request.repetition_penalty <= MAX_PENALTY):
        raise Sc2Error("bad_value", "`top_k` or `repetition_penalty` is out of range.")
    if not all(abs(each) <= MAX_LOWERED for each in (request.frequency_penalty, request.presence_penalty)):
        raise Sc2Error("bad_value", "`frequency_penalty` or `presence_penalty` is out of range.")
    if not (0 <= (request.logprobs or 0) <= MAX_LOGPROBS and 1 <= request.candidates <= MAX_CANDIDATES):
        raise Sc2Error("bad_value", "`logprobs` or `candidates` is out of range.")
    if len(request.stop) > MAX_STOPS or not all(0 < len(text) <= MAX_STOP_CHARS for text in request.stop):
        raise Sc2Error("bad_value", f"`stop` may have {MAX_STOPS} texts of 1 to {MAX_STOP_CHARS} characters.")
    if request.stop and not spells:
        raise Sc2Error("bad_value", "`stop` needs a tokenizer, which these weights have not.", "Stop at ids instead.")

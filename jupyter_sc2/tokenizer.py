"""Text to token ids and back, for every StarCoder2 vocabulary. Loads `tokenizers` only when first used."""

from __future__ import annotations

from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_sc2.errors import WeightsError

if TYPE_CHECKING:
    from tokenizers import Tokenizer as RawTokenizer

# Ids 0-37 of every StarCoder2 checkpoint, the built-in one included (https://arxiv.org/abs/2402.19173, table 5).
SPECIAL_TOKENS = (
    "<|endoftext|>", "<fim_prefix>", "<fim_middle>", "<fim_suffix>", "<fim_pad>", "<repo_name>", "<file_sep>",
    "<issue_start>", "<issue_comment>", "<issue_closed>", "<jupyter_start>", "<jupyter_text>", "<jupyter_code>",
    "<jupyter_output>", "<jupyter_script>", "<empty_output>", "<code_to_intermediate>", "<intermediate_to_code>",
    "<pr>", "<pr_status>", "<pr_is_merged>", "<pr_base>", "<pr_file>", "<pr_base_code>", "<pr_diff>",
    "<pr_diff_hunk>", "<pr_comment>", "<pr_event_id>", "<pr_review>", "<pr_review_state>", "<pr_review_comment>",
    "<pr_in_reply_to_review_id>", "<pr_in_reply_to_comment_id>", "<pr_diff_hunk_comment_line>",
    "<NAME>", "<EMAIL>", "<KEY>", "<PASSWORD>",
)  # fmt: skip
MAX_KEPT, MAX_KEPT_CHARS = 2048, 4096  # remembered texts, about 20 MB at the very most with their ids
SPECIAL_ID = {token: index for index, token in enumerate(SPECIAL_TOKENS)}
# How StarCoder2's vocabularies split a text before they look pieces up: digits stand alone, all spaces before them stay
# together ("Ġ" is a space). Without the digit split "    12" becomes "ĠĠĠ", "Ġ12", and ids differ without a word.
GOLDEN_TEXT, GOLDEN_PIECES = "x =    12", ["x", "Ġ=", "ĠĠĠĠ", "1", "2"]


class Tokenizer:
    """A byte-level BPE vocabulary. User text never becomes a special id: sentinels are placed by id, by the caller.

    Special are the 38 of StarCoder2, and whatever a checkpoint `added` to its vocabulary, such as ChatML's sentinels.

    transformers 5 rebuilds this pre-tokenizer without its digit split and so returns other ids; the raw
    `tokenizers` library reads the file as it is. A file that was saved after such a rebuild is refused.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._kept = lru_cache(maxsize=MAX_KEPT)(lambda text: tuple(self.encode(text)))

    @cached_property
    def _raw(self) -> RawTokenizer:
        from tokenizers import Tokenizer as RawTokenizer

        try:
            raw = RawTokenizer.from_file(str(self.path))
        except Exception as error:  # tokenizers raises bare Exception for absent and damaged files alike
            raise WeightsError("weights_corrupt", f"{self.path} cannot be read as a tokenizer: {error}.") from None
        if any(raw.token_to_id(token) != index for index, token in enumerate(SPECIAL_TOKENS)):
            raise WeightsError("weights_corrupt", f"{self.path} lacks StarCoder2's 38 special tokens at ids 0-37.")
        if _pieces(raw, GOLDEN_TEXT) != GOLDEN_PIECES:
            message = f"{self.path} splits text otherwise than StarCoder2 did in training ({GOLDEN_TEXT!r} tells)."
            hint = "Use the tokenizer.json that came with the weights: transformers 5 saves it without the digit split."
            raise WeightsError("weights_corrupt", message, hint)
        raw.encode_special_tokens = True  # "<file_sep>" typed by a user is ordinary characters
        raw.add_special_tokens([token.content for token in raw.get_added_tokens_decoder().values()])  # all, not some
        return raw

    @cached_property
    def added(self) -> dict[str, int]:
        """Text and id of what a checkpoint added to StarCoder2's vocabulary."""
        found = self._raw.get_added_tokens_decoder().items()
        return {token.content: index for index, token in found if index >= len(SPECIAL_TOKENS)}

    def is_special(self, token_id: int) -> bool:
        return token_id < len(SPECIAL_TOKENS) or token_id in self._added_ids

    @cached_property
    def _added_ids(self) -> frozenset[int]:
        return frozenset(self.added.values())

    @property
    def vocab_size(self) -> int:
        return self._raw.get_vocab_size()

    def encode(self, text: str) -> list[int]:
        """Ids of `text`, none of them special."""
        return self._raw.encode(text, add_special_tokens=False).ids

    def encode_kept(self, text: str) -> tuple[int, ...]:
        """As `encode`, remembered: cells other than the cursor's are encoded once, not at each keystroke."""
        return self._kept(text) if len(text) <= MAX_KEPT_CHARS else tuple(self.encode(text))

    def encode_many(self, texts: list[str]) -> list[list[int]]:
        return [encoding.ids for encoding in self._raw.encode_batch(texts, add_special_tokens=False)]

    @cached_property
    def byte_lengths(self) -> list[int]:
        """UTF-8 bytes that each id stands for; 0 for special ids. A byte-level vocabulary spells a byte a character."""
        vocab = sorted((index, token) for token, index in self._raw.get_vocab().items())
        return [0 if self.is_special(index) else len(token) for index, token in vocab]

    @cached_property
    def spellings(self) -> list[tuple[bytes, int]]:
        """(UTF-8 bytes, id) of every ordinary id, sorted."""
        byte_of = {character: byte for byte, character in enumerate(_byte_characters())}
        ordinary = ((token, index) for token, index in self._raw.get_vocab().items() if not self.is_special(index))
        # A vocabulary may hold plain text rather than byte characters; no id of ours needs that.
        return sorted((bytes(map(byte_of.get, token)), i) for token, i in ordinary if set(token) <= byte_of.keys())  # type: ignore[arg-type]

    @cached_property
    def spelling(self) -> dict[int, bytes]:
        return {index: spelled for spelled, index in self.spellings}

    def decode(self, ids: list[int]) -> str:
        """Text of `ids`; special ids become their visible names. A split character ends in U+FFFD."""
        return self._raw.decode(ids, skip_special_tokens=False)

    def decode_begun(self, ids: list[int]) -> str:
        """As `decode` for an answer that grows: a character at its end that is incomplete so far is left out.

        What this returns for the first ids of an answer is the beginning of what it returns for more of them.
        """
        return self.decode(ids).rstrip("\ufffd")


def _pieces(raw: RawTokenizer, text: str) -> list[str]:
    """The pieces that are looked up in the vocabulary one by one."""
    normal = raw.normalizer.normalize_str(text) if raw.normalizer else text
    return [piece for piece, _ in raw.pre_tokenizer.pre_tokenize_str(normal)] if raw.pre_tokenizer else [normal]


def _byte_characters() -> list[str]:
    """The character that stands for each byte in a byte-level vocabulary (GPT-2's table): itself if it is printable."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    shifted = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(shifted)) for byte in range(0x100)]

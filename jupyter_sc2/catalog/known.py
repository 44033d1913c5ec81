"""The weights that everybody can choose.

Numbers are those of the repositories' `config.json`; the 3B and 7B leave `tie_word_embeddings` to its default, true.
Sizes of downloads are those of the tensors, in the numbers that the files hold, and of the tokenizer.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from jupyter_sc2.catalog.languages import ALL_COUNT, FURTHER, SEVENTEEN
from jupyter_sc2.catalog.licence import OPENRAIL, OPENRAIL_NAME
from jupyter_sc2.catalog.memory import parameters
from jupyter_sc2.catalog.names import BUILT_IN
from jupyter_sc2.catalog.template import KIND_OF, Kind, Template
from jupyter_sc2.engine.config import ModelConfig
from jupyter_sc2.messages import Role

HUB = "https://huggingface.co/"
TOKENIZER_BYTES = 3_300_000  # tokenizer.json, vocab.json, merges.txt and small files


class Known(Struct, frozen=True, kw_only=True):
    """What there is to know about weights before they are here. `file_bytes` is the size of the safetensors files.

    `download_bytes` is what the Hub sends, 0 for what comes from elsewhere. `languages` are some of `language_count`,
    which is 0 where nobody says. `licence` is the id of the terms to accept, "" for none. `card` is the model card's
    address; "" where there is none but the README.md in the weights' folder.
    """

    weights: str
    title: str
    config: ModelConfig
    file_bytes: int
    download_bytes: int = 0
    languages: tuple[str, ...] = ()
    language_count: int = 0
    licence: str = ""
    licence_name: str = ""
    card: str = ""
    template: Template = ""
    suited_for: tuple[Role, ...] = ("ghost", "magic")

    @property
    def kind(self) -> Kind:
        return KIND_OF[self.template]

    @property
    def parameters(self) -> int:
        return parameters(self.config)

    @property
    def tied(self) -> bool:
        return self.config.tie_word_embeddings


def _config(hidden: int, layers: int, heads: int, kv_heads: int, theta: float, tied: bool) -> ModelConfig:
    return ModelConfig(
        vocab_size=49152,
        hidden_size=hidden,
        intermediate_size=4 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        rope_theta=theta,
        sliding_window=4096,
        tie_word_embeddings=tied,
    )


_3B = _config(3072, 30, 24, 2, 999999.4420358813, tied=True)
_7B = _config(4608, 32, 36, 4, 1000000.0, tied=True)
_15B = _config(6144, 40, 48, 4, 100000.0, tied=False)
_CHAT = replace(_15B, vocab_size=49154)  # with <|im_start|> and <|im_end|>
_ALL = (*SEVENTEEN, *FURTHER)


def _from_hub(
    weights: str,
    title: str,
    config: ModelConfig,
    number_bytes: int,
    languages: tuple[str, ...],
    language_count: int,
    template: Template = "",
) -> Known:
    size = number_bytes * parameters(config)
    return Known(
        weights=weights,
        title=title,
        config=config,
        file_bytes=size,
        download_bytes=size + TOKENIZER_BYTES,
        languages=languages,
        language_count=language_count,
        licence=OPENRAIL,
        licence_name=OPENRAIL_NAME,
        card=HUB + weights,
        template=template,
        suited_for=("magic", "chat") if template else ("ghost", "magic"),
    )


_BUILT_IN = Known(
    weights=BUILT_IN,
    title="Built-in",
    config=ModelConfig(
        vocab_size=8192,
        hidden_size=256,
        intermediate_size=832,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
    ),
    file_bytes=11_711_392,
    languages=("Python",),
    language_count=1,
    licence_name="BSD-3-Clause",
    suited_for=("ghost",),
)

KNOWN: tuple[Known, ...] = (
    _BUILT_IN,
    _from_hub("bigcode/starcoder2-3b", "StarCoder2-3B", _3B, 4, SEVENTEEN, len(SEVENTEEN)),
    _from_hub("bigcode/starcoder2-7b", "StarCoder2-7B", _7B, 2, SEVENTEEN, len(SEVENTEEN)),
    _from_hub("bigcode/starcoder2-15b", "StarCoder2-15B", _15B, 4, _ALL, ALL_COUNT),
    _from_hub(
        "bigcode/starcoder2-15b-instruct-v0.1", "StarCoder2-15B-Instruct", _15B, 2, _ALL, ALL_COUNT, "self-align"
    ),
    _from_hub(
        "HuggingFaceH4/starchat2-15b-v0.1",
        "StarChat2-15B",
        replace(_15B, vocab_size=49154),
        2,
        _ALL,
        ALL_COUNT,
        "chatml",
    ),
)


def known(weights: str) -> Known | None:
    """The entry of `weights`; the Hub does not tell capitals from small letters, but `Built-In` is a folder."""
    if weights == BUILT_IN:
        return _BUILT_IN
    return next((entry for entry in KNOWN[1:] if entry.weights.lower() == weights.lower()), None)

"""A transformers causal model in the user's own folder, its writing held to the schema by `llguidance`.

Nothing is downloaded: the folder must hold the model (`config.json`, safetensors, tokenizer). Needs the extra
`toile[llm]`. One matcher a text; at every step tokens that cannot go on in the schema are impossible.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from toile.engine.core.errors import BadInput, Unsupported
from toile.llm.settings import ReaderSettings
from toile.llm.statements_schema import json_schema


def complete(chat: Sequence[dict[str, str]], settings: ReaderSettings) -> str:
    """Return what the model writes: a JSON object in the schema, or the beginning of one if it is cut off.

    Raises:
        BadInput: the folder holds no model.
        Unsupported: transformers or llguidance is not installed.
    """
    import torch

    model, tokenizer, grammar_tokenizer = _loaded(str(Path(settings.model or "").resolve()))
    prompt = _prompt(tokenizer, chat)
    tokens = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)["input_ids"]
    longest = getattr(model.config, "max_position_embeddings", None) or 8192
    room = min(settings.new_tokens, longest // 2)
    tokens = tokens[:, -(longest - room) :].to(model.device)
    with torch.inference_mode():
        written = model.generate(
            tokens,
            attention_mask=torch.ones_like(tokens),
            max_new_tokens=room,
            do_sample=False,
            logits_processor=[_Held(grammar_tokenizer, tokens.shape[1])],
            pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id,
        )
    return str(tokenizer.decode(written[0, tokens.shape[1] :], skip_special_tokens=True))


@functools.lru_cache(maxsize=1)
def _loaded(folder: str) -> tuple[Any, Any, Any]:
    if not (Path(folder) / "config.json").is_file():
        raise BadInput(f"{folder} holds no transformers model (no config.json); name the folder of one.")
    try:
        import llguidance.hf
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as missing:
        raise Unsupported(
            "The local reader needs transformers and llguidance; install toile[llm]."
        ) from missing
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
    except (OSError, ValueError, KeyError) as fault:
        raise BadInput(
            f"The model in {folder} cannot be read ({type(fault).__name__}); name the folder of a causal model."
        ) from fault
    model.eval()
    return model, tokenizer, llguidance.hf.from_tokenizer(tokenizer, n_vocab=int(model.config.vocab_size))


def _prompt(tokenizer: Any, chat: Sequence[dict[str, str]]) -> str:
    if getattr(tokenizer, "chat_template", None):
        return str(tokenizer.apply_chat_template(list(chat), tokenize=False, add_generation_prompt=True))
    return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in chat) + "\n\nassistant: "


class _Held:
    """A logits processor that leaves only tokens with which the schema can go on."""

    def __init__(self, tokenizer: Any, start: int) -> None:
        import llguidance
        import llguidance.torch

        grammar = llguidance.LLMatcher.grammar_from_json_schema(
            json.dumps(json_schema()), defaults={"whitespace_flexible": False}
        )
        self.matcher = llguidance.LLMatcher(tokenizer, grammar)
        self.mask = llguidance.torch.allocate_token_bitmask(1, tokenizer.vocab_size)
        self.seen = start

    def __call__(self, tokens: Any, scores: Any) -> Any:
        """Return the scores with the impossible tokens at minus infinity."""
        import llguidance.torch

        for token in tokens[0, self.seen :].tolist():
            self.matcher.consume_token(token)
        self.seen = tokens.shape[1]
        llguidance.torch.fill_next_token_bitmask(self.matcher, self.mask)
        llguidance.torch.apply_token_bitmask_inplace(scores, self.mask.to(scores.device))
        return scores

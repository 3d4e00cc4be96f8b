"""A causal model in a folder, made on the spot: its writing is held to the schema whatever it has learned."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toile.engine.core.errors import BadInput
from toile.llm import parse
from toile.llm.settings import ReaderSettings
from toile.llm.statements_schema import json_schema, messages

pytest.importorskip("transformers")
pytest.importorskip("llguidance")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a tiny Llama of random weights over bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("model")
    vocabulary = {c: i for i, c in enumerate([*sorted(pre_tokenizers.ByteLevel.alphabet()), "<eos>"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>", pad_token="<eos>").save_pretrained(
        path
    )
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=1024,
        eos_token_id=vocabulary["<eos>"],
    )
    LlamaForCausalLM(config).save_pretrained(path)
    return path


def test_what_a_random_model_writes_goes_on_in_the_schema(folder: Path) -> None:
    import llguidance

    from toile.llm.local import _loaded, complete

    said = complete(messages("a red dress"), ReaderSettings("local", str(folder), new_tokens=60))
    assert said.startswith('{"garments":[')
    _, tokenizer, grammar_tokenizer = _loaded(str(folder.resolve()))
    matcher = llguidance.LLMatcher(
        grammar_tokenizer,
        llguidance.LLMatcher.grammar_from_json_schema(
            json.dumps(json_schema()), defaults={"whitespace_flexible": False}
        ),
    )
    tokens = tokenizer(said, add_special_tokens=False)["input_ids"]
    assert matcher.validate_tokens(tokens) == len(tokens)


def test_a_model_that_knows_nothing_changes_nothing(folder: Path) -> None:
    text = "a red dress, 100 cm long, waist 72 cm"
    request = parse(text, ReaderSettings("local", str(folder), new_tokens=40))
    assert request.garments == parse(text).garments


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        parse("a red dress", ReaderSettings("local", str(tmp_path)))
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(BadInput):
        parse("a red dress", ReaderSettings("local", str(tmp_path)))

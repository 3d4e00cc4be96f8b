"""The embedded model: NumPy and transformers agree; what ships is small, documented, and reads what the lexicon lacks."""

from __future__ import annotations

import json
import time
from importlib import resources

import numpy as np
import pytest

from toile.engine.core.errors import DamagedFile
from toile.llm import parse
from toile.llm.encoder import Encoder, embedded, read_safetensors
from toile.llm.normal import normalise
from toile.llm.pieces import MOST_FEATURES, MOST_PIECES, pieces_of, rows_of
from toile.llm.settings import ReaderSettings

TEXTS = [
    "一件蓝色长裙，腰围38，长度110cm",
    'a jersey frock with poofy sleeves, waist 28"',
    "v领 T恤 x",
    "我身高168",
    "!",
]


def test_numpy_and_transformers_give_the_same_logits() -> None:
    pytest.importorskip("transformers")
    import torch

    from toile.llm.network import Reader, ReaderConfig

    encoder = embedded()
    folder = resources.files("toile.llm").joinpath("data")
    description = json.loads(folder.joinpath("reader.json").read_text(encoding="utf-8"))
    tensors = read_safetensors(folder.joinpath("reader.safetensors").read_bytes())
    model = Reader(ReaderConfig(tuple(description["labels"])))
    state = {k: torch.from_numpy(np.asarray(v, np.float32)) for k, v in tensors.items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    assert not unexpected
    assert all("word_embeddings" in name or "position_ids" in name for name in missing)
    model.eval()
    for text in TEXTS:
        normal = normalise(text).text
        said = encoder.read(normal)
        rows = torch.zeros(1, len(said.pieces), MOST_FEATURES, dtype=torch.long)
        for place, found in enumerate(rows_of(normal, list(said.pieces))):
            rows[0, place, : len(found)] = torch.tensor(found)
        with torch.no_grad():
            labels, owners, purpose = model(rows, torch.ones(rows.shape[:2], dtype=torch.long))
        np.testing.assert_allclose(said.labels, labels[0].softmax(-1).numpy(), atol=2e-4)
        np.testing.assert_allclose(said.owners, owners[0].softmax(-1).numpy(), atol=2e-4)
        assert said.request == pytest.approx(float(purpose[0].softmax(-1)[1]), abs=2e-4)


def test_the_file_is_small_and_says_how_it_was_made() -> None:
    folder = resources.files("toile.llm").joinpath("data")
    assert len(folder.joinpath("reader.safetensors").read_bytes()) < 25_000_000
    description = json.loads(folder.joinpath("reader.json").read_text(encoding="utf-8"))
    assert 2_000_000 <= description["parameters"] <= 15_000_000
    assert description["licence"] == "Apache-2.0"
    assert {"seed", "steps", "samples", "versions", "fresh_samples"} <= set(description["training"])


def test_loading_takes_under_a_second_and_reading_under_30_ms() -> None:
    folder = resources.files("toile.llm").joinpath("data")
    began = time.process_time()
    description = json.loads(folder.joinpath("reader.json").read_text(encoding="utf-8"))
    encoder = Encoder(read_safetensors(folder.joinpath("reader.safetensors").read_bytes()), description)
    assert time.process_time() - began < 1.0
    text = normalise("我想要一件蓝色的长款连衣裙，V领，长袖，腰围76厘米，胸围92厘米，长110厘米，走两步").text
    encoder.read(text)
    spent = []
    for _ in range(5):
        began = time.process_time()
        encoder.read(text)
        spent.append(time.process_time() - began)
    assert min(spent) < 0.030


@pytest.mark.parametrize(
    ("text", "field", "value", "word"),
    [
        ("a white dress, heart neck", "neckline", "sweetheart", "heart neck"),
        ("a red dress in lacework", "fabric", "lace", "lacework"),
        ("绿色连衣裙，从上到下一样宽", "silhouette", "straight", "从上到下一样宽"),
    ],
)
def test_phrases_that_the_lexicon_lacks_are_read_and_said(
    text: str, field: str, value: str, word: str
) -> None:
    request = parse(text, ReaderSettings("embedded"))
    assert getattr(request.garments[0], field) == value
    entry = request.provenance[f"garments[0].{field}"]
    assert word in (entry.text or "")
    assert entry.source == "inferred"


@pytest.mark.parametrize(
    "text", ["a white dress, heart neck", "a red dress in lacework", "绿色连衣裙，领口横着开"]
)
def test_by_default_the_model_only_suggests(text: str) -> None:
    """The rules win on texts of others' writing: what only the model understands is said and not taken."""
    request, rules = parse(text), parse(text, ReaderSettings("rules"))
    assert request.garments == rules.garments
    suggested = [note for note in request.notes if note.kind == "ignored" and note.alternatives]
    assert suggested
    assert suggested[0].field == "request"


def test_the_model_reads_words_that_the_lexicon_lacks() -> None:
    """Phrases of the training words that the rules alone leave unread, in sentences that training never made."""
    phrases = {
        "sleeve_style": ["angel sleeves", "日式宽袖"],
        "silhouette": ["stovepipe", "trapeze", "column"],
        "fabric": ["lacework"],
        "neckline": ["heart neck", "领口横着开"],
        "length": ["sweeps the ground", "扫地"],
        "fit": ["close to the body", "true to size"],
    }

    def read(reader: ReaderSettings) -> int:
        return sum(
            getattr(parse(f"a green dress please, {p}", reader).garments[0], field) is not None
            for field, found in phrases.items()
            for p in found
        )

    assert read(ReaderSettings("embedded")) >= read(ReaderSettings("rules")) + 7


def test_pieces_are_characters_words_and_numbers() -> None:
    text = normalise("V领dress，腰围38cm, 5'6\" 165/88A").text
    words = [text[p.start : p.end] for p in pieces_of(text)]
    assert words == ["v", "领", "dress", "，", "腰", "围", "38cm", ",", "5'6\"", "165/88a"]
    assert [p.quantity.kind for p in pieces_of(text) if p.quantity] == ["number", "number", "hao_xing"]
    assert len(pieces_of("裙" * 1000)) == MOST_PIECES


def test_numbers_are_seen_without_their_digits() -> None:
    """Two numbers of one unit and size are one and the same to the model: it cannot know their values."""
    first, second = normalise("腰围71cm").text, normalise("腰围73cm").text
    assert rows_of(first, pieces_of(first))[-1] == rows_of(second, pieces_of(second))[-1]


def test_damaged_weights_are_refused() -> None:
    data = resources.files("toile.llm").joinpath("data/reader.safetensors").read_bytes()
    for wrong in (b"", data[:100], b"\xff" * 64, data[:200_000]):
        with pytest.raises(DamagedFile):
            read_safetensors(wrong)

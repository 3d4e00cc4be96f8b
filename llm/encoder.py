"""The embedded model in NumPy: the forward pass of `network.Reader`, from its safetensors, in milliseconds.

The weights are those of a `transformers` BERT (post-norm encoder, `gelu_new`) with the heads of `network.py`. Importing
torch and transformers costs seconds that a command of one sentence cannot spend; this costs none, and the tests hold
both to the same logits. fp16 in the file, float32 in the arithmetic.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from toile.engine.core.errors import DamagedFile
from toile.llm.pieces import Piece, pieces_of, rows_of

_KINDS = {"F16": np.float16, "F32": np.float32}
Array = np.ndarray[Any, np.dtype[np.float32]]


def read_safetensors(data: bytes) -> dict[str, Array]:
    """Return the tensors of a safetensors file: a length, a JSON header, then raw little-endian values.

    Raises:
        DamagedFile: the header or a tensor does not fit the file.
    """
    try:
        size = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + size])
        header.pop("__metadata__", None)
        tensors = {}
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            raw = data[8 + size + first : 8 + size + last]
            tensors[name] = np.frombuffer(raw, _KINDS[entry["dtype"]]).reshape(entry["shape"])
        return tensors
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedFile("The embedded model's weights are damaged; install toile again.") from error


@dataclass(frozen=True)
class Said:
    """What the model says of a text: pieces; probabilities of labels (T, L) and owners (T, T); of being a request."""

    pieces: tuple[Piece, ...]
    labels: Array
    owners: Array
    request: float


class Encoder:
    """The weights, and the pass from a normal text to probabilities."""

    def __init__(self, tensors: Mapping[str, Array], description: Mapping[str, Any]) -> None:
        self.labels: tuple[str, ...] = tuple(description["labels"])
        self.layers, self.heads = int(description["layers"]), int(description["heads"])
        self.table = tensors["features.weight"]  # stays fp16: few rows are used at a time
        self.weights = {k: np.asarray(v, np.float32) for k, v in tensors.items() if k != "features.weight"}

    def read(self, text: str) -> Said:
        """Return what the model says of a normal text."""
        pieces = pieces_of(text)
        if not pieces:
            empty = np.zeros((0, len(self.labels)), np.float32)
            return Said((), empty, np.zeros((0, 0), np.float32), 0.0)
        hidden = self._encode(rows_of(text, pieces))
        whole, rest = hidden[0], hidden[1:]
        owners = self._linear(rest, "asks") @ self._linear(rest, "answers").T / math.sqrt(rest.shape[1])
        request = _softmax(self._linear(whole[None], "purpose"))[0, 1]
        return Said(tuple(pieces), _softmax(self._linear(rest, "label")), _softmax(owners), float(request))

    def _encode(self, rows: list[list[int]]) -> Array:
        w, name = self.weights, "bert.embeddings."
        vectors = [self.table[found].astype(np.float32).sum(0) / math.sqrt(len(found)) for found in rows]
        x = np.stack([w["whole"], *vectors])
        x = x + w[name + "position_embeddings.weight"][: len(x)] + w[name + "token_type_embeddings.weight"][0]
        x = self._norm(x, name + "LayerNorm")
        for layer in range(self.layers):
            x = self._layer(x, f"bert.encoder.layer.{layer}.")
        return x

    def _layer(self, x: Array, name: str) -> Array:
        count, width = x.shape
        size = width // self.heads
        query, key, value = (
            self._linear(x, f"{name}attention.self.{part}")
            .reshape(count, self.heads, size)
            .transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        share = _softmax(query @ key.transpose(0, 2, 1) / math.sqrt(size))
        mixed = (share @ value).transpose(1, 0, 2).reshape(count, width)
        x = self._norm(
            x + self._linear(mixed, name + "attention.output.dense"), name + "attention.output.LayerNorm"
        )
        inner = self._linear(x, name + "intermediate.dense")
        gate = np.tanh(
            np.float32(math.sqrt(2.0 / math.pi)) * (inner + np.float32(0.044715) * inner * inner * inner)
        )
        inner = (np.float32(0.5) * inner * (np.float32(1.0) + gate)).astype(np.float32)
        return self._norm(x + self._linear(inner, name + "output.dense"), name + "output.LayerNorm")

    def _linear(self, x: Array, name: str) -> Array:
        return x @ self.weights[name + ".weight"].T + self.weights[name + ".bias"]

    def _norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred * centred).mean(-1, keepdims=True) + 1e-12)
        return centred / scale * self.weights[name + ".weight"] + self.weights[name + ".bias"]


def _softmax(x: Array) -> Array:
    shifted = np.exp(x - x.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


@functools.cache
def embedded() -> Encoder:
    """Return the model that ships with the package, read once."""
    folder = resources.files("toile.llm").joinpath("data")
    description = json.loads(folder.joinpath("reader.json").read_text(encoding="utf-8"))
    return Encoder(read_safetensors(folder.joinpath("reader.safetensors").read_bytes()), description)

"""Train the embedded model of the language stage on generated instructions: `python scripts/train_parser.py --out DIR`.

Everything is made from the seed: samples from `instruction_grammar`, errors from `instruction_noise`, weights. One CPU
thread does some 250,000 samples in half an hour; `--device cuda --steps 60000` is the same recipe for longer. A
checkpoint is kept every few minutes and resumed. Writes `reader.safetensors` (fp16) and `reader.json` (labels, sizes,
seed, versions, and how it did on fresh samples of the grammar).
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import random
import time
from pathlib import Path
from typing import Any

import torch
import transformers
from instruction_grammar import Grammar, Sample
from safetensors.torch import save_file
from torch import Tensor, nn

from toile.llm.network import Reader, ReaderConfig
from toile.llm.normal import normalise
from toile.llm.pieces import MOST_FEATURES, pieces_of, rows_of

LABELS_FROM = 60_000  # samples looked at for the labels that occur
CHECKPOINT_SECONDS = 240.0


class Encoded:
    """One sample as rows of features, labels and owners of its pieces; purpose."""

    def __init__(self, sample: Sample, index: dict[str, int]) -> None:
        normal = normalise(sample.text)
        pieces = pieces_of(normal.text)
        label_of: list[tuple[str | None, int]] = []
        for text, label, owner in sample.pieces:
            label_of += [(label, owner)] * len(text)
        said = []
        for piece in pieces:
            inside = [label_of[normal.origin[i]] for i in range(piece.start, piece.end)]
            said.append(max(set(inside), key=inside.count))
        self.rows = rows_of(normal.text, pieces)
        self.labels = [index.get(label, 0) if label else 0 for label, _ in said]
        heads: dict[int, int] = {}
        for place, (label, owner) in enumerate(said):
            if label is not None and label.startswith("category="):
                heads.setdefault(owner, place)
        self.owners = [
            heads.get(owner, -100) if label is not None and belongs(label) else -100 for label, owner in said
        ]
        self.purpose = int(sample.request)


def belongs(label: str) -> bool:
    """Return whether a label is of a garment."""
    return not label.startswith(
        ("sex=", "motion=", "view=", "other", "number=wearer", "number=motion", "number=views")
    )


def labels_of(seed: int) -> list[str]:
    """Return the labels that occur, none first."""
    grammar, found = Grammar(seed), set()
    for _ in range(LABELS_FROM):
        found |= {label for _, label, _ in grammar.sample().pieces if label is not None}
    return ["", *sorted(found)]


def batch_of(encoded: list[Encoded], stream: random.Random | None) -> dict[str, Tensor]:
    """Return a padded batch; in training some words lose the features that name them, so that others must do."""
    longest = max(1, max(len(e.rows) for e in encoded))
    rows = torch.zeros(len(encoded), longest, MOST_FEATURES, dtype=torch.long)
    labels = torch.full((len(encoded), longest), -100)
    owners = torch.full((len(encoded), longest), -100)
    mask = torch.zeros(len(encoded), longest, dtype=torch.long)
    for row, sample in enumerate(encoded):
        for place, found in enumerate(sample.rows):
            kept = found[:MOST_FEATURES]
            if stream is not None and len(kept) > 2 and stream.random() < 0.2:
                kept = [r for i, r in enumerate(kept) if i and stream.random() > 0.2] or kept
            rows[row, place, : len(kept)] = torch.tensor(kept)
        count = len(sample.rows)
        labels[row, :count] = torch.tensor(sample.labels, dtype=torch.long)
        owners[row, :count] = torch.tensor(sample.owners, dtype=torch.long)
        mask[row, :count] = 1
    return {
        "rows": rows,
        "mask": mask,
        "labels": labels,
        "owners": owners,
        "purpose": torch.tensor([e.purpose for e in encoded]),
    }


def loss_of(model: Reader, batch: dict[str, Tensor]) -> Tensor:
    """Return the sum of the three cross entropies; pieces without a label weigh a little less."""
    with torch.autocast(batch["rows"].device.type, torch.bfloat16):
        labels, owners, purpose = (part.float() for part in model(batch["rows"], batch["mask"]))
    weight = torch.ones(labels.shape[-1], device=labels.device)
    weight[0] = 0.7
    entropy = nn.functional.cross_entropy
    return (
        entropy(labels.flatten(0, 1), batch["labels"].flatten(), weight=weight, ignore_index=-100)
        + 0.3 * torch.nan_to_num(entropy(owners.flatten(0, 1), batch["owners"].flatten(), ignore_index=-100))
        + 0.2 * entropy(purpose, batch["purpose"])
    )


def measure(model: Reader, encoded: list[Encoded], device: str) -> dict[str, float]:
    """Return shares on samples: pieces with the right label, owners, purposes, and samples with every label right."""
    model.eval()
    right = total = owned = owners_total = purposes = whole = 0
    with torch.no_grad():
        for first in range(0, len(encoded), 64):
            part = encoded[first : first + 64]
            batch = {k: v.to(device) for k, v in batch_of(part, None).items()}
            labels, owners, purpose = model(batch["rows"], batch["mask"])
            known = batch["labels"] >= 0
            same = (labels.argmax(-1) == batch["labels"]) & known
            right, total = right + int(same.sum()), total + int(known.sum())
            whole += int((same.sum(-1) == known.sum(-1)).sum())
            pointed = batch["owners"] >= 0
            owned += int(((owners.argmax(-1) == batch["owners"]) & pointed).sum())
            owners_total += int(pointed.sum())
            purposes += int((purpose.argmax(-1) == batch["purpose"]).sum())
    model.train()
    count = len(encoded)
    return {
        "pieces": round(right / total, 4),
        "owners": round(owned / owners_total, 4),
        "purpose": round(purposes / count, 4),
        "whole": round(whole / count, 4),
    }


def train(options: argparse.Namespace) -> tuple[Reader, dict[str, Any]]:
    """Train, resuming a checkpoint if there is one; return the model and what is to be recorded."""
    torch.manual_seed(options.seed)
    labels = labels_of(options.seed)
    index = {label: place for place, label in enumerate(labels)}
    config = ReaderConfig(tuple(labels))
    model = Reader(config).to(options.device)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, weight_decay=0.01)
    checkpoint = options.out / "checkpoint.pt"
    step, spent = 0, 0.0
    if checkpoint.exists():
        kept = torch.load(checkpoint, map_location=options.device)
        model.load_state_dict(kept["model"])
        optimiser.load_state_dict(kept["optimiser"])
        step, spent = kept["step"], kept["spent"]
    checks = [Encoded(s, index) for s in _fresh(options.seed + 1_000_003, 1000)]
    began, saved = time.process_time(), time.monotonic()
    model.train()
    while step < options.steps:
        share = step / options.steps
        if options.minutes:
            share = max(share, (spent + time.process_time() - began) / (60.0 * options.minutes))
        if share >= 1.0:
            break
        for group in optimiser.param_groups:
            group["lr"] = (
                options.rate * min(1.0, (step + 1) / 300) * (0.5 + 0.5 * math.cos(math.pi * share) + 0.01)
            )
        stream = random.Random(options.seed * 7919 + step)
        grammar = Grammar(options.seed * 104729 + step)
        encoded = sorted(
            (Encoded(grammar.sample(), index) for _ in range(options.batch)), key=lambda e: len(e.rows)
        )
        loss = torch.zeros((), device=options.device)
        for half in (encoded[: len(encoded) // 2], encoded[len(encoded) // 2 :]):
            batch = {k: v.to(options.device) for k, v in batch_of(half, stream).items()}
            part = loss_of(model, batch) / 2
            part.backward()
            loss = loss + part.detach()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step += 1
        if step % 100 == 0:
            print(
                f"step {step} loss {float(loss):.4f} cpu {spent + time.process_time() - began:.0f} s",
                flush=True,
            )
        if step % 500 == 0:
            print(json.dumps(measure(model, checks, options.device)), flush=True)
        if time.monotonic() - saved > CHECKPOINT_SECONDS:
            spent_now = spent + time.process_time() - began
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step,
                    "spent": spent_now,
                },
                checkpoint,
            )
            saved = time.monotonic()
    record = {
        "seed": options.seed,
        "steps": step,
        "batch": options.batch,
        "samples": step * options.batch,
        "cpu_seconds": round(spent + time.process_time() - began),
        "device": options.device,
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "transformers": transformers.__version__,
        },
        "fresh_samples": measure(model, checks, options.device),
    }
    return model, record


def _fresh(seed: int, count: int) -> list[Sample]:
    grammar = Grammar(seed)
    return [grammar.sample() for _ in range(count)]


def save(model: Reader, record: dict[str, Any], out: Path) -> None:
    """Write the weights in half precision, and the labels with the record."""
    config = model.config
    tensors = {
        name: value.detach().to("cpu", torch.float16).contiguous()
        for name, value in model.state_dict().items()
    }
    tensors.pop("bert.embeddings.word_embeddings.weight", None)  # never looked up: words come as features
    tensors.pop("bert.embeddings.position_ids", None)
    save_file(tensors, out / "reader.safetensors", metadata={"licence": "Apache-2.0", "format": "pt"})
    document = {
        "licence": "Apache-2.0",
        "parameters": sum(t.numel() for t in tensors.values()),
        "layers": config.num_hidden_layers,
        "heads": config.num_attention_heads,
        "width": config.hidden_size,
        "buckets": config.buckets,
        "labels": config.labels,
        "training": record,
    }
    (out / "reader.json").write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def main() -> None:
    """Train and save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument(
        "--minutes", type=float, default=0.0, help="stop after so many CPU minutes (0: after --steps)"
    )
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    model, record = train(options)
    save(model, record, options.out)
    print(json.dumps(record))


if __name__ == "__main__":
    main()

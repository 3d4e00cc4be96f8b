"""The embedded model as a `transformers` class: hashed features, a small BERT, and four heads.

What it says of each piece: its label (`neckline=v`, `number=garment.waist_cm`, none), and which piece names the garment
it belongs to; of the whole text: whether it asks for a garment. Training, and inference where torch is at hand anyway;
`encoder.py` computes the same in NumPy, without the seconds that importing torch and transformers takes.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, PreTrainedModel

from toile.llm.pieces import BUCKETS, MOST_PIECES


class ReaderConfig(BertConfig):
    """A BERT's sizes, the labels in order, and the features' table."""

    model_type = "toile_reader"

    def __init__(self, labels: tuple[str, ...] = (), buckets: int = BUCKETS, **options: Any) -> None:
        options = {
            "vocab_size": 1,  # the words come as sums of features
            "hidden_size": 160,
            "num_hidden_layers": 3,
            "num_attention_heads": 5,
            "intermediate_size": 640,
            "hidden_act": "gelu_new",
            "max_position_embeddings": MOST_PIECES + 1,
            "type_vocab_size": 1,
            "hidden_dropout_prob": 0.0,  # every sample is new
            "attention_probs_dropout_prob": 0.0,
            **options,
        }
        super().__init__(**options)
        self.labels = list(labels)
        self.buckets = buckets


class Reader(PreTrainedModel):
    """Labels, owners and purpose of the pieces of a text."""

    config_class = ReaderConfig
    base_model_prefix = "bert"

    def __init__(self, config: ReaderConfig) -> None:
        super().__init__(config)
        width = config.hidden_size
        self.features = nn.Embedding(config.buckets, width, padding_idx=0)
        self.whole = nn.Parameter(torch.zeros(width))  # the piece that stands for the whole text
        self.bert = BertModel(config, add_pooling_layer=False)
        self.label = nn.Linear(width, len(config.labels))
        self.asks = nn.Linear(width, width)
        self.answers = nn.Linear(width, width)
        self.purpose = nn.Linear(width, 2)
        self.post_init()

    def forward(self, rows: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return logits of labels (B, T, L), owners (B, T, T) and purpose (B, 2).

        Args:
            rows: features of the pieces, shape (B, T, F), 0 where there is none.
            mask: 1 for pieces, 0 for padding, shape (B, T).
        """
        count = (rows > 0).sum(-1, keepdim=True).clamp(min=1)
        vectors = self.features(rows).sum(2) / count.sqrt()
        whole = self.whole.expand(len(rows), 1, -1)
        ones = torch.ones_like(mask[:, :1])
        hidden = self.bert(
            inputs_embeds=torch.cat([whole, vectors], 1), attention_mask=torch.cat([ones, mask], 1)
        ).last_hidden_state
        first, rest = hidden[:, 0], hidden[:, 1:]
        owners = self.asks(rest) @ self.answers(rest).transpose(1, 2) / rest.shape[-1] ** 0.5
        owners = owners.masked_fill(mask[:, None, :] == 0, -1e4)
        return self.label(rest), owners, self.purpose(first)

"""Every note of the later stages has its Chinese: read over many requests."""

from __future__ import annotations

import json
from pathlib import Path

from toile.engine.core.errors import ToileError
from toile.garments.resolve import resolve
from toile.llm import parse
from toile.llm.notes_zh import in_chinese


def test_notes_of_resolving_are_chinese() -> None:
    lines = (Path(__file__).parent / "heldout.jsonl").read_text(encoding="utf-8").splitlines()
    seen = 0
    for line in lines[::2]:
        case = json.loads(line)
        try:
            request = parse(case["text"])
            resolved = resolve(request)
        except ToileError:
            continue
        for note in resolved.notes[len(request.notes) :]:
            seen += 1
            assert any("\u4e00" <= c <= "\u9fff" for c in in_chinese(note.message)), note.message
    assert seen > 300

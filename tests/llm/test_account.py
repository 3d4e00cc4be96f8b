"""The account: what was written is in the request or said to be left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toile.engine.core.errors import ToileError
from toile.llm import parse
from toile.llm.normal import normalise
from toile.llm.scan import scan

HERE = Path(__file__).parent


def test_no_number_of_any_text_of_the_sets_goes_missing_in_silence() -> None:
    """Each digit of an accepted text lies in the span of a value, in a note's words, or counts something."""
    unit_of_no_request = {"age", "money", "count", "percent"}
    checked = 0
    for name in ("heldout", "second", "third", "fourth", "fifth", "sixth"):
        for line in (HERE / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            text = json.loads(line)["text"]
            try:
                request = parse(text)
            except ToileError:
                continue
            if any("not about clothes" in n.message or "无关" in n.message for n in request.notes):
                continue
            spans = [entry.span for entry in request.provenance.values() if entry.span is not None]
            told = " ".join(note.message for note in request.notes)
            found = scan(normalise(text))
            for index, token in enumerate(found.tokens):
                if token.quantity is None or token.quantity.unit in unit_of_no_request:
                    continue
                first, last = found.normal.span(token.start, token.end)
                words = found.words(index)
                inside = any(a < last and first < b for a, b in spans)
                small = token.quantity.unit is None and token.quantity.value <= 12
                corrected = any(t.meaning("correction", "negation") is not None for t in found.tokens)
                assert inside or words in told or f"{token.quantity.value:g}" in told or small or corrected, (
                    text,
                    words,
                )
                checked += 1
    assert checked > 500


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a dress in crepe, red", "crepe"),
        ("连衣裙，红色，豹纹", "豹纹"),
        ("two black shirts, three grey skirts", "two"),
        ("白色连衣裙，裙长要短一点，腰围", "腰围"),
        ("a red dress with a cowl neck", "cowl neck"),
        ("trousers, waist 80, rise 11, grey", "11"),
        ("a white shirt, sleeves please", "sleeves"),
        ("红色连衣裙，加绒", "加绒"),
    ],
)
def test_what_nothing_was_made_of_is_said(text: str, words: str) -> None:
    request = parse(text)
    assert any(words in note.message for note in request.notes), [n.message for n in request.notes]


@pytest.mark.parametrize(
    "text",
    [
        "一件红色真丝连衣裙，V领，长袖，腰围76厘米，长110厘米",
        "navy wool coat, double-breasted, knee length, chest 104 cm",
        "白衬衫配黑色半身裙，裙长60厘米",
        "the dress is red, no, make it blue, 100 cm long",
    ],
)
def test_a_text_that_was_read_whole_has_no_such_note(text: str) -> None:
    assert [note for note in parse(text).notes if note.kind == "ignored"] == []


@pytest.mark.parametrize(
    "text", ["red dress, and the back should dip low at the hem", "黑色连衣裙，腰那里小一点", "白衬衫，很色"]
)
def test_a_clause_about_a_part_of_which_nothing_was_taken_is_said(text: str) -> None:
    request = parse(text)
    assert any("Nothing was taken" in n.message or "没有用上" in n.message for n in request.notes)

"""Tokens: longest phrase or number, colours with shades, mended typing errors."""

from __future__ import annotations

import pytest

from toile.llm.lexicon import lexicon, shade
from toile.llm.mending import misspelt
from toile.llm.normal import normalise
from toile.llm.rewriting import replaced
from toile.llm.scan import scan


def kinds(text: str) -> list[tuple[str, str]]:
    """Return the words and first kind of each phrase of a text."""
    found = scan(normalise(text))
    return [(found.words(i), t.meanings[0].kind) for i, t in enumerate(found.tokens) if t.meanings]


def test_the_longest_phrase_wins_over_its_parts_and_over_numbers() -> None:
    assert kinds("七分袖") == [("七分袖", "attribute")]
    assert kinds("一字领") == [("一字领", "attribute")]
    assert kinds("shirt dress") == [("shirt dress", "garment")]
    assert kinds("3/4 sleeves") == [("3/4 sleeves", "attribute")]


def test_latin_phrases_match_whole_words() -> None:
    assert kinds("address stress") == []
    assert kinds("undressed") == []


def test_a_single_colour_character_needs_something_to_colour() -> None:
    assert [kind for _, kind in kinds("红裙子")] == ["colour", "garment"]
    assert [kind for _, kind in kinds("要红的")] == ["request", "colour"]
    assert kinds("红茶") == []


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("drses", "dress"),
        ("skrit", "skirt"),
        ("trosers", "trousers"),
        ("sleevless", "sleeveless"),
        ("burgandy", "burgundy"),
        ("chifon", "chiffon"),
    ],
)
def test_typing_errors_are_mended_and_keep_their_place(wrong: str, right: str) -> None:
    original = f"a {wrong} now"
    normal = normalise(original)
    normal = replaced(normal, misspelt(normal)).normal
    assert normal.text == f"a {right} now"
    assert normal.words(2, 2 + len(right)) == wrong


@pytest.mark.parametrize(
    "word", ["please", "address", "press", "people", "could", "model", "shirt", "point", "violent"]
)
def test_words_of_their_own_are_left_alone(word: str) -> None:
    assert misspelt(normalise(word)) == []


def test_shades_darken_and_lighten() -> None:
    dark, light = kinds("深蓝色")[0], kinds("light blue")[0]
    assert (dark[1], light[1]) == ("colour", "colour")

    def sum_of(text: str) -> int:
        value = scan(normalise(text)).tokens[0].meanings[0].sets["hex"]
        return sum(int(value[i : i + 2], 16) for i in (1, 3, 5))

    assert sum_of("深蓝色") < sum_of("蓝色") < sum_of("浅蓝色")
    assert shade("#808080", {"mix": "#ffffff", "share": 0.5}) == "#c0c0c0"


def test_every_phrase_of_the_lexicon_is_found_whole() -> None:
    for found in lexicon().by_first.values():
        for phrase, _ in found:
            end, _ = lexicon().longest(phrase, 0) or (0, ())
            assert end == len(phrase)

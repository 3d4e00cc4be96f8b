"""The PDF, read back by another program: pages of their paper, a true test square, every sewing line at its length."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest

from toile.engine.core.errors import BadInput
from toile.engine.core.measurements import Measurements
from toile.garments.drafting import draft
from toile.garments.pattern import Pattern
from toile.garments.pattern_pdf import EDGE, PAPERS, pattern_to_pdf
from toile.garments.style import Style

pypdf = pytest.importorskip("pypdf")
MM = 25.4 / 72.0
STYLES = (Style("dress", "dress", "a_line", sleeve="short", length=0.85), Style("shorts", "shorts"))


@pytest.fixture(scope="module", params=STYLES, ids=lambda s: s.name)
def pattern(request: pytest.FixtureRequest, body: Measurements) -> Pattern:
    return draft([request.param], body)


def paths(page: object) -> list[tuple[np.ndarray, bool, float]]:
    """Every stroked path of a page in page millimetres: points, whether closed, line width."""
    from pypdf.generic import ContentStream

    matrix = np.eye(3)
    stack: list[tuple[np.ndarray, float]] = []
    width, current, found = 1.0, [], []
    for operands, operator in ContentStream(page.get_contents(), None).operations:  # type: ignore[attr-defined]
        values = [float(o) for o in operands if isinstance(o, int | float)]
        if operator == b"q":
            stack.append((matrix, width))
        elif operator == b"Q":
            matrix, width = stack.pop()
        elif operator == b"cm":
            a, b, c, d, e, f = values
            matrix = np.array([[a, b, 0.0], [c, d, 0.0], [e, f, 1.0]]) @ matrix
        elif operator == b"w":
            width = values[0]
        elif operator == b"m":
            current = [values]
        elif operator == b"l":
            current.append(values)
        elif operator in (b"S", b"s"):
            points = np.column_stack([np.array(current), np.ones(len(current))]) @ matrix
            found.append((MM * points[:, :2], operator == b"s", width))
    return found


def length(points: np.ndarray, closed: bool = False) -> float:
    ring = np.concatenate([points, points[:1]]) if closed else points
    return float(np.hypot(*np.diff(ring, axis=0).T).sum())


@pytest.mark.parametrize("paper", PAPERS)
def test_every_page_is_its_paper_and_the_square_is_ten_centimetres(pattern: Pattern, paper: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pattern_to_pdf(pattern, paper)))
    for page in reader.pages:
        size = (MM * float(page.mediabox.width), MM * float(page.mediabox.height))
        assert size == pytest.approx(PAPERS[paper], abs=0.01)
    squares = [
        p for p, closed, _ in paths(reader.pages[0]) if closed and len(p) == 4 and np.ptp(p[:, 0]) > 90.0
    ]
    assert np.ptp(squares[0], axis=0) == pytest.approx([100.0, 100.0], abs=0.1)
    words = reader.pages[0].extract_text()
    assert "10 cm" in words
    assert "POINTS OF MEASURE" in words


@pytest.mark.parametrize("paper", PAPERS)
def test_every_sewing_line_is_there_at_its_length(pattern: Pattern, paper: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pattern_to_pdf(pattern, paper)))
    drawn = [length(p) for page in reader.pages[1:] for p, closed, _ in paths(page) if not closed]
    for panel in pattern.every_piece:
        for edge in panel.edges:
            assert min(abs(d - 1000.0 * edge.length) for d in drawn) < 0.1, (panel.name, edge.name)


def test_tiles_join_without_gap_or_overlap(pattern: Pattern) -> None:
    """A point of the sheet lies on exactly one tile: frames are as large as the step from one tile to the next."""
    reader = pypdf.PdfReader(io.BytesIO(pattern_to_pdf(pattern, "A4")))
    inner = (PAPERS["A4"][0] - 2.0 * EDGE, PAPERS["A4"][1] - 2.0 * EDGE)
    by_name = {page.extract_text().split("\n")[0].split()[0]: page for page in reader.pages[1:]}
    frames = [p for p, closed, w in paths(reader.pages[1]) if closed and w == pytest.approx(0.2)]
    assert np.ptp(frames[0], axis=0) == pytest.approx(inner, abs=0.01)
    pairs = 0
    for name, page in by_name.items():
        right = by_name.get(f"{name[0]}{int(name[1:]) + 1}")
        if right is None:
            continue
        ours = {
            tuple(np.round(p[0] - [inner[0], 0.0], 1)) for p, _, w in paths(page) if w == pytest.approx(0.35)
        }
        theirs = {tuple(np.round(p[0], 1)) for p, _, w in paths(right) if w == pytest.approx(0.35)}
        pairs += len(ours & theirs)
    assert pairs > 10  # lines that cross a join start at the same place of the sheet on both tiles


def test_only_tiles_with_ink_are_printed(pattern: Pattern) -> None:
    pages = len(pypdf.PdfReader(io.BytesIO(pattern_to_pdf(pattern, "A4"))).pages)
    area = sum(math.prod(np.ptp(p.outline, axis=0)) for p in pattern.every_piece) * 1e6
    tile = (PAPERS["A4"][0] - 2.0 * EDGE) * (PAPERS["A4"][1] - 2.0 * EDGE)
    assert area / tile < pages < 2.6 * area / tile + 12


def test_chinese_words_survive(pattern: Pattern) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pattern_to_pdf(pattern, "A0", {"size": "165/88A"})))
    words = "".join(page.extract_text() for page in reader.pages)
    assert "165/88A" in words
    assert "片" in words or "袖" in words


def test_unknown_papers_are_refused(pattern: Pattern) -> None:
    with pytest.raises(BadInput, match="Letter"):
        pattern_to_pdf(pattern, "Letter")


def test_the_same_pattern_gives_the_same_bytes(body: Measurements) -> None:
    assert pattern_to_pdf(draft([STYLES[1]], body)) == pattern_to_pdf(draft([STYLES[1]], body))

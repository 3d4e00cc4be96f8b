"""`pattern.svg`: the pattern true to scale, one user unit a millimetre; pieces drawn in their print, if they have one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from toile.garments.ink import PENS, Ink, Line, Words
from toile.garments.layout import GAP, lay_out
from toile.garments.pattern import Pattern
from toile.garments.piece_drawing import draw_piece
from toile.garments.print_drawing import ClothLook, print_pattern
from toile.garments.title_block import WIDEST, title_block

FONT = "font-family=\"'Noto Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif\""


def pattern_to_svg(
    pattern: Pattern, looks: Sequence[ClothLook] = (), facts: Mapping[str, str] | None = None
) -> str:
    """Return the pattern as an SVG document whose width and height are in millimetres.

    Args:
        looks: one per garment, to draw its print on the pieces, matched to the grain; none: paper.
        facts: more to say in the title and on the pieces, such as the size.
    """
    _, width, _ = lay_out(pattern.every_piece, 0.0)
    title, top = title_block(pattern, facts, width)
    placed, width, height = lay_out(pattern.every_piece, top + GAP)
    width = max(width, WIDEST)
    body: list[str] = []
    for piece in placed:
        look = looks[piece.panel.garment] if looks else None
        fill = None
        if look is not None and look.print_kind != "solid":
            name = f"print-{len(body)}"
            body.append(print_pattern(name, look, piece.ox, piece.oy, piece.panel.grain))
            fill = f"url(#{name})"
        body.append(f'<g id="{escape(piece.panel.name, quote=True)}">')
        said = {"fabric": pattern.fabrics[piece.panel.garment], **(facts or {})}
        body += [ink_to_svg(item, fill) for item in draw_piece(piece, said)]
        body.append("</g>")
    return document(", ".join(pattern.garments), width, height, [*map(ink_to_svg, title), *body])


def document(title: str, width: float, height: float, body: Iterable[str]) -> str:
    """Return an SVG document of a size [mm] round its elements."""
    size = f'width="{width:.2f}mm" height="{height:.2f}mm" viewBox="0 0 {width:.2f} {height:.2f}"'
    return "\n".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {FONT}>',
            f"<title>{escape(title)}, flat pattern, scale 1:1, mm</title>",
            f'<rect width="{width:.2f}" height="{height:.2f}" fill="#ffffff"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def ink_to_svg(item: Ink, fill: str | None = None) -> str:
    """Return a line or words as an SVG element; `fill` colours what a pen would fill."""
    return _path(item, fill) if isinstance(item, Line) else _text(item)


def _path(line: Line, fill: str | None) -> str:
    pen = PENS[line.pen]
    steps = " ".join(f"{x:.3f} {y:.3f}" for x, y in line.points)
    inner = (fill or pen.fill) if pen.fill and line.closed else "none"
    dashes = f' stroke-dasharray="{" ".join(f"{d:g}" for d in pen.dashes)}"' if pen.dashes else ""
    look = f'fill="{inner}" stroke="{pen.colour}" stroke-width="{pen.width}"{dashes}'
    edge = f' data-edge="{escape(line.edge, quote=True)}"' if line.edge else ""
    name = f' id="{escape(line.name, quote=True)}"' if line.name and line.pen != "cut" else ""
    return f'<path d="M {steps}{" Z" if line.closed else ""}" {look}{edge}{name}/>'


def _text(words: Words) -> str:
    x, y = f"{words.x:.2f}", f"{words.y:.2f}"
    turn = f' transform="rotate({words.turn:.2f} {x} {y})"' if words.turn else ""
    anchor = "middle" if words.middle else "start"
    weight = ' font-weight="bold"' if words.bold else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{words.size:.1f}" text-anchor="{anchor}"{weight}{turn}>'
        f"{escape(words.text)}</text>"
    )

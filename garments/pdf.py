"""A lean PDF 1.4 writer: pages of lines and words in millimetres, y down, as `ink` has them.

Latin text is Helvetica, Chinese is STSong-Light by its Unicode map; both are fonts that readers supply (ISO 32000-1, 9.6.2
and 9.7.5.2), so nothing is embedded. One millimetre is 72 / 25.4 points.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from toile.garments.ink import PENS, Ink, Line, Words

POINTS_PER_MM = 72.0 / 25.4
_FONTS = (
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica-Bold /Encoding /WinAnsiEncoding >>",
    b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UCS2-H /Encoding /UniGB-UCS2-H "
    b"/DescendantFonts [6 0 R] >>",
    b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light "
    b"/CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 7 0 R /DW 1000 >>",
    b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 "
    b"/Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
)
_RESOURCES = b"<< /Font << /F1 3 0 R /F2 4 0 R /F3 5 0 R >> >>"


@dataclass(frozen=True)
class Page:
    """A page: width and height [mm], and the operators that draw it (`draw`, `clipped`)."""

    width: float
    height: float
    content: bytes


def pdf_document(pages: Sequence[Page], title: str) -> bytes:
    """Return a whole PDF file; the same pages give the same bytes."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", *_FONTS]
    kids = []
    for page in pages:
        size = f"[0 0 {page.width * POINTS_PER_MM:.5f} {page.height * POINTS_PER_MM:.5f}]".encode()
        number = len(objects) + 1
        kids.append(f"{number} 0 R".encode())
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox " + size + b" /Resources " + _RESOURCES
            + f" /Contents {number + 1} 0 R >>".encode()
        )  # fmt: skip
        scale = f"{POINTS_PER_MM:.9f} 0 0 -{POINTS_PER_MM:.9f} 0 {page.height * POINTS_PER_MM:.5f} cm\n"
        stream = zlib.compress(scale.encode() + page.content, 6)
        head = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + stream + b"\nendstream")
    objects[1] = (
        b"<< /Type /Pages /Kids [" + b" ".join(kids) + b"] /Count " + str(len(kids)).encode() + b" >>"
    )
    objects.append(b"<< /Title <FEFF" + title.encode("utf-16-be").hex().encode() + b"> /Producer (toile) >>")
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, body in enumerate(objects, start=1):
        starts.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{start:010d} 00000 n \n".encode() for start in starts)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R >>\n".encode()
    out += f"startxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


def draw(items: Iterable[Ink], x: float = 0.0, y: float = 0.0, scale: float = 1.0) -> bytes:
    """Return the operators that draw lines and words, moved [mm] and scaled."""
    moved = f"q {scale:g} 0 0 {scale:g} {x:.4f} {y:.4f} cm\n".encode()
    return moved + b"".join(_line(i) if isinstance(i, Line) else _words(i) for i in items) + b"Q\n"


def clipped(content: bytes, x: float, y: float, width: float, height: float) -> bytes:
    """Return operators that show only what lies in a rectangle [mm]."""
    return f"q {x:.4f} {y:.4f} {width:.4f} {height:.4f} re W n\n".encode() + content + b"Q\n"


def _colour(hex_colour: str, operator: str) -> str:
    parts = (int(hex_colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5))
    return " ".join(f"{p:.3f}" for p in parts) + f" {operator}"


def _line(line: Line) -> bytes:
    pen = PENS[line.pen]
    dashes = " ".join(f"{d:g}" for d in pen.dashes)
    parts = [_colour(pen.colour, "RG"), f"{pen.width:g} w [{dashes}] 0 d"]
    steps = [f"{x:.4f} {y:.4f}" for x, y in line.points]
    parts.append(f"{steps[0]} m")
    parts += [f"{step} l" for step in steps[1:]]
    parts.append("s" if line.closed else "S")
    return ("\n".join(parts) + "\n").encode()


def _words(words: Words) -> bytes:
    runs = _runs(words.text)
    width = sum(_width(text, latin) for text, latin in runs) * words.size
    c, s = math.cos(math.radians(words.turn)), math.sin(math.radians(words.turn))
    start = -0.5 * width if words.middle else 0.0
    x, y = words.x + start * c, words.y + start * s
    parts = ["BT 0 g", f"{c:.5f} {s:.5f} {s:.5f} {-c:.5f} {x:.4f} {y:.4f} Tm"]
    for text, latin in runs:
        font = ("F2" if words.bold else "F1") if latin else "F3"
        code = text.encode("cp1252").hex() if latin else text.encode("utf-16-be").hex()
        parts.append(f"/{font} {words.size:g} Tf <{code}> Tj")
    return ("\n".join([*parts, "ET"]) + "\n").encode()


def _runs(text: str) -> list[tuple[str, bool]]:
    """Return the text in runs of Latin and of other characters."""
    runs: list[tuple[str, bool]] = []
    for char in text:
        if ord(char) > 0xFFFF:
            char = "?"
        try:
            char.encode("cp1252")
            latin = True
        except UnicodeEncodeError:
            latin = False
        if runs and runs[-1][1] == latin:
            runs[-1] = (runs[-1][0] + char, latin)
        else:
            runs.append((char, latin))
    return runs


def _width(text: str, latin: bool) -> float:
    return (0.54 if latin else 1.0) * len(text)

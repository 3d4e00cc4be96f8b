"""A look changed in words: what the change does not reach is kept, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from toile.edits import change_request, edit_look
from toile.engine.core.errors import BadInput
from toile.garments.spec import request_from_json
from toile.llm import parse
from toile.stages import Quiet
from toile.studio import StudioSettings, try_on


class Kept(Quiet):
    """Remembers which stages were kept."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def kept(self, name: str, origin: str) -> None:
        """Remember a stage."""
        del origin
        self.names.add(name)


def test_a_change_is_shown_without_being_made(tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(parse("a red dress, 110 cm long").to_json(), encoding="utf-8")
    before = (tmp_path / "request.json").read_bytes()
    edited = change_request(tmp_path, "5 cm shorter, in silk")
    assert [c.field for c in edited.changes] == ["garments[0].length_cm", "garments[0].fabric"]
    assert (tmp_path / "request.json").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["request.json"]


def test_a_refused_change_leaves_the_look_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(parse("a red dress, 110 cm long").to_json(), encoding="utf-8")
    before = (tmp_path / "request.json").read_bytes()
    for words in ("thanks", "waist 900 cm", "size ZZ9 please"):
        with pytest.raises(BadInput):
            edit_look(tmp_path, words)
    assert (tmp_path / "request.json").read_bytes() == before
    with pytest.raises(BadInput):
        edit_look(tmp_path / "none", "in silk")


@pytest.mark.slow
def test_only_what_the_change_reaches_is_made_again(tmp_path: Path) -> None:
    look = tmp_path / "look"
    settings = StudioSettings(edge_length=0.04, size=64, views=(0.0,))
    try_on("a black A-line skirt, 50 cm long, stand for 0.5 seconds, at 10 fps", look, settings)
    body, simulation = ((look / name).read_bytes() for name in ("avatar.json", "simulation.npz"))
    kept = Kept()
    edit_look(look, "make it red", reporter=kept)
    assert (look / "avatar.json").read_bytes() == body
    assert (look / "simulation.npz").read_bytes() == simulation
    assert {"avatar", "simulation"} <= kept.names
    assert "pictures" not in kept.names
    kept = Kept()
    edit_look(look, "5 cm shorter", reporter=kept)
    assert (look / "avatar.json").read_bytes() == body
    assert (look / "simulation.npz").read_bytes() != simulation
    assert "avatar" in kept.names
    assert "simulation" not in kept.names
    request = request_from_json((look / "request.json").read_bytes())
    assert request.garments[0].length_cm == 45.0
    assert request.garments[0].colour is not None
    assert request.garments[0].colour.name == "red"
    record = json.loads((look / "run.json").read_text(encoding="utf-8"))
    assert record["edits"] == ["make it red", "5 cm shorter"]
    assert "editing" not in record

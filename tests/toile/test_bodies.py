"""A body from a file in a look: what it changes in the request, what it refuses, and the command line's sentences."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from toile.avatars.fit import fit_avatar
from toile.bodies import BodyFile, body_inputs, make_body, with_body
from toile.cli import main
from toile.engine.core.errors import BadInput
from toile.garments.resolve import resolve
from toile.llm import parse


@pytest.fixture(scope="module")
def sequence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figure = fit_avatar({"height": 1.72}, "male").figure
    frames = np.stack([figure.vertices + np.array([0.0, 0.0, 0.01 * k]) for k in range(6)]).astype(np.float32)
    path = tmp_path_factory.mktemp("bodies") / "walk.npz"
    np.savez(path, vertices=frames, faces=figure.faces, fps=3.0)
    return path


def test_smplx_is_fitted_to_what_was_said_and_to_nothing_else(synthetic_smplx: Path) -> None:
    said = with_body(
        resolve(parse("a red skirt for a woman with a 74 cm waist")), synthetic_smplx, None, False
    )
    wearer = said.wearer
    assert isinstance(wearer, BodyFile)
    assert "height" not in wearer.measurements
    assert wearer.measurements["waist"] == pytest.approx(0.74)
    assert any("SMPL-X with 10 betas, fitted to waist" in n.message for n in said.notes)
    avatar = make_body(wearer)
    assert avatar.figure.measurements.waist == pytest.approx(0.74, abs=5e-4)
    plain = with_body(resolve(parse("a red skirt")), synthetic_smplx, None, False)
    assert plain.wearer.measurements == {}
    assert np.abs(make_body(plain.wearer).shape).max() == 0.0
    assert body_inputs(plain.wearer)["body"] == wearer.digest
    json.dumps(said.to_dict())


def test_a_sequence_brings_its_own_motion(sequence: Path) -> None:
    said = with_body(resolve(parse("a skirt for a woman 1.80 m tall")), sequence, None, False)
    assert said.motion.name == "sequence"
    assert said.motion.seconds == pytest.approx(2.0)
    assert said.wearer.measurements == {}
    assert any(n.kind == "ignored" and "height" in n.message for n in said.notes)
    avatar = make_body(said.wearer)
    assert avatar.figure.measurements.height == pytest.approx(1.72, abs=0.002)
    with pytest.raises(BadInput, match="moves by itself"):
        with_body(resolve(parse("a skirt")), sequence, None, True)


def test_the_command_line_refuses_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pickled = tmp_path / "SMPLX_NEUTRAL.pkl"
    pickled.write_bytes(b"\x80\x04]")
    text = tmp_path / "body.txt"
    text.write_text("v")
    for body, said in (
        (pickled, ".npz of the same model"),
        (tmp_path / "none.npz", "There is no body"),
        (text, "does not end in .npz"),
        (tmp_path, "holds no .obj"),
    ):
        assert main(["avatar", "--body", str(body)]) == 2
        error = capsys.readouterr().err.strip()
        assert said in error
        assert "\n" not in error
        out = tmp_path / "look"
        assert main(["try-on", "a red skirt", "--body", str(body), "--out", str(out)]) == 2
        assert not out.exists()
        capsys.readouterr()
    assert main(["avatar", "--betas", "10"]) == 2
    assert "--body" in capsys.readouterr().err

"""What the command line says about a text before it makes anything long of it."""

from __future__ import annotations

import pytest

from toile.cli_language import settle_question
from toile.engine.core.errors import BadInput


def test_an_open_question_is_said_on_stderr_with_the_reading_that_is_taken(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = settle_question("a top, blue", stop=False)
    said = capsys.readouterr()
    assert said.out == ""
    assert "'top'" in said.err
    assert "Going on with 'T-shirt'" in said.err
    assert found["status"] == "needs_clarification"
    assert found["clarification"]["field"] == "garments[0].category"
    assert "T-shirt" in found["clarification"]["alternatives"]


def test_with_ask_the_question_is_the_refusal() -> None:
    with pytest.raises(BadInput, match="Which kind of garment is 'top'"):
        settle_question("a top, blue", stop=True)


@pytest.mark.parametrize(
    ("text", "status"),
    [("a red dress", "accept"), ("a red dress in viscose", "accept_with_notes")],
)
def test_a_clear_text_goes_on_in_silence(text: str, status: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = settle_question(text, stop=True)
    assert (found["status"], found["clarification"]) == (status, None)
    assert capsys.readouterr().err == ""

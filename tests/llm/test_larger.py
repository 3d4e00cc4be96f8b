"""Larger models beside the rules: a real server on loopback, what is sent to it, and what of an answer is believed."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from toile.engine.core.errors import BadInput
from toile.llm import parse
from toile.llm.larger import read_answer, without_measurements
from toile.llm.settings import ReaderSettings, settings_from

ANSWER = {
    "garments": [{"category": "dress", "quote": "dress"}],
    "said": [{"of": 0, "field": "fabric", "value": "silk", "quote": "noil"}],
}


@contextmanager
def server(*answers: Any) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve answers in order, the last one for ever: text for the message, an int for a status, bytes raw, None: silence."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            asked.append({"path": self.path, "key": self.headers["Authorization"], **body})
            answer = answers[min(len(asked), len(answers)) - 1]
            if answer is None:
                time.sleep(1.5)
                return
            if isinstance(answer, int):
                self.send_response(answer)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()
                return
            message = {"choices": [{"message": {"role": "assistant", "content": answer}}]}
            data = answer if isinstance(answer, bytes) else json.dumps(message).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            return

    host = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.daemon_threads = True
    threading.Thread(target=host.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{host.server_address[1]}/v1", asked
    finally:
        host.shutdown()
        host.server_close()


def http(url: str, **options: Any) -> ReaderSettings:
    """Return settings for a server."""
    return ReaderSettings("http", "some-model", url, seconds=options.pop("seconds", 10.0), **options)


def test_a_server_reads_what_the_rules_do_not_and_it_is_said() -> None:
    with server(json.dumps(ANSWER)) as (url, asked):
        request = parse("a red dress in noil, 100 cm long", http(url, key="secret"))
    garment = request.garments[0]
    assert (garment.category, garment.fabric, garment.length_cm) == ("dress", "silk", 100.0)
    fabric = request.provenance["garments[0].fabric"]
    assert (fabric.text, fabric.source) == ("noil", "inferred")
    assert request.provenance["garments[0].length_cm"].source == "stated"
    assert any(url in note.message for note in request.notes)
    assert asked[0]["path"] == "/v1/chat/completions"
    assert asked[0]["key"] == "Bearer secret"
    assert asked[0]["temperature"] == 0
    assert asked[0]["response_format"]["type"] == "json_schema"
    assert json.loads(asked[0]["messages"][1]["content"]) == {"text": "a red dress in noil, 100 cm long"}


def test_words_that_do_not_stand_in_the_text_are_not_believed() -> None:
    said = [
        {"of": 0, "field": "fabric", "value": "velvet", "quote": "velvet"},
        {"of": 0, "field": "waist_cm", "value": "62", "quote": "waist 62"},
        {"of": 0, "field": "colour", "value": "blue", "quote": "red"},
        {"of": -1, "field": "height_cm", "value": "180", "quote": "100 cm"},
    ]
    with server(json.dumps({**ANSWER, "said": said})) as (url, _):
        request = parse("a red dress, 100 cm long", http(url))
    plain = parse("a red dress, 100 cm long")
    assert request.garments == plain.garments
    assert request.wearer == plain.wearer


def test_a_model_names_a_number_but_never_makes_one() -> None:
    said = [{"of": 0, "field": "waist_cm", "value": "999", "quote": "72"}]
    with server(json.dumps({"garments": [], "said": said})) as (url, _):
        request = parse("半身裙，黑色，72", http(url))
    assert request.garments[0].waist_cm == 72.0
    assert request.clarification is None or request.clarification.field != "request"


def test_one_repair_then_the_built_in_reader() -> None:
    with server("no json at all", json.dumps(ANSWER)) as (url, asked):
        assert parse("a red dress in noil", http(url)).garments[0].fabric == "silk"
    assert len(asked) == 2
    with server("no", "still no") as (url, asked):
        request = parse("a red dress, 100 cm long", http(url))
    assert len(asked) == 2
    assert request.garments == parse("a red dress, 100 cm long").garments
    assert any("not valid" in note.message for note in request.notes)


@pytest.mark.parametrize("answer", [500, 404, 302, b"<html>", b'{"choices": []}', None, b"x" * 1_200_000])
def test_whatever_a_server_does_the_text_is_read(answer: Any) -> None:
    with server(answer) as (url, _):
        began = time.monotonic()
        request = parse("a red dress, 100 cm long", http(url, seconds=0.8))
    assert time.monotonic() - began < 4.0
    assert request.garments[0].length_cm == 100.0
    assert any(note.field == "request" for note in request.notes)


def test_no_server_at_all_is_a_note_too() -> None:
    request = parse("一件红色连衣裙", http("http://127.0.0.1:9/v1", seconds=2.0))
    assert request.garments[0].category == "dress"
    assert any("内置模型" in note.message for note in request.notes)


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("我身高168体重60kg，要一条裙子，裙长60厘米", "我身高□体重□，要一条裙子，裙长60厘米"),
        ("my waist is 70 cm; a black skirt, waist 72 cm", "my waist is □; a black skirt, waist 72 cm"),
        ("I am 170 cm and 60 kg", "I am □ cm and □ kg"),
    ],
)
def test_body_measurements_are_not_sent_unless_asked(text: str, sent: str) -> None:
    assert without_measurements(text) == sent
    with server(json.dumps(ANSWER)) as (url, asked):
        if "kg，" in text or "skirt" in text:
            kept = parse(text, http(url))
            assert kept.wearer == parse(text).wearer
            assert json.loads(asked[0]["messages"][1]["content"])["text"] == sent
            parse(text, http(url, send_measurements=True))
            assert json.loads(asked[1]["messages"][1]["content"])["text"] == text


def test_logs_hold_no_values(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), server(json.dumps(ANSWER)) as (url, _):
        parse("my waist is 70.5 cm; a red dress in noil", http(url, key="secret"))
    said = caplog.text
    assert "fabric" in said
    assert not any(word in said for word in ("70.5", "noil", "silk", "secret", "red"))


def test_nothing_is_remote_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TOILE_READER", "TOILE_URL", "TOILE_MODEL"):
        monkeypatch.delenv(name, raising=False)
    assert settings_from() == ReaderSettings()
    monkeypatch.setenv("TOILE_URL", "http://127.0.0.1:9/v1")
    assert settings_from().reader == "advised"
    with pytest.raises(BadInput):
        settings_from(reader="http")
    with pytest.raises(BadInput):
        settings_from(reader="oracle")
    with pytest.raises(BadInput):
        parse("a red dress", http("ftp://somewhere"))


def test_an_answer_is_the_outermost_object() -> None:
    assert read_answer(f"Sure:\n```json\n{json.dumps(ANSWER)}\n```").garments[0].category == "dress"
    for wrong in (
        "",
        "[]",
        "{}",
        '{"garments": "dress", "said": []}',
        '{"garments": [{"category": "hat", "quote": ""}]}',
    ):
        with pytest.raises(ValueError, match=r".*"):
            read_answer(wrong)

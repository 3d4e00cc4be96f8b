"""An OpenAI-compatible server (vLLM, Ollama, llama.cpp, …) over HTTP: one POST to `/chat/completions`.

Plain `http.client`: no proxy from the environment, no redirects, 3 s to connect, a limit on the whole and on the size of
the answer. Servers honour `response_format` or ignore it, so the answer is validated by the caller all the same. The key
goes into the header and nowhere else; nothing of text or answer is logged.
"""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from toile.engine.core.errors import BadInput
from toile.llm.settings import ReaderSettings
from toile.llm.statements_schema import json_schema

CONNECT_SECONDS = 3.0
ANSWER_BYTES = 1_000_000


def complete(chat: Sequence[dict[str, str]], settings: ReaderSettings) -> str:
    """Return what the server's model writes.

    Raises:
        BadInput: the address is no http(s) address.
        NoAnswer: no connection, no answer in time, an error of the server, or an answer that is none.
    """
    from toile.llm.larger import NoAnswer

    address = urlsplit(settings.url or "")
    if address.scheme not in ("http", "https") or not address.hostname:
        raise BadInput(
            f"{(settings.url or '')[:80]!r} is no address of a server; give one such as http://127.0.0.1:8000/v1."
        )
    secure = address.scheme == "https"
    kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = kind(address.hostname, address.port, timeout=min(CONNECT_SECONDS, settings.seconds))
    until = time.monotonic() + settings.seconds
    try:
        connection.connect()
        body = json.dumps(_body(chat, settings), ensure_ascii=False).encode()
        _wait(connection, until)
        connection.request("POST", address.path.rstrip("/") + "/chat/completions", body, _headers(settings))
        _wait(connection, until)
        response = connection.getresponse()
        data = _read(response, connection, until)
    except (OSError, http.client.HTTPException) as failure:
        raise NoAnswer(f"The server {address.netloc} gave no answer ({type(failure).__name__}).") from failure
    finally:
        connection.close()
    if response.status != 200:
        raise NoAnswer(f"The server {address.netloc} answered with status {response.status}.")
    return _content(data, address.netloc)


def _body(chat: Sequence[dict[str, str]], settings: ReaderSettings) -> dict[str, Any]:
    schema = {"name": "request", "strict": True, "schema": json_schema()}
    return {
        "model": settings.model,
        "messages": list(chat),
        "temperature": 0,
        "max_tokens": 1500,
        "response_format": {"type": "json_schema", "json_schema": schema},
    }


def _headers(settings: ReaderSettings) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if settings.key:
        headers["Authorization"] = f"Bearer {settings.key}"
    return headers


def _wait(connection: http.client.HTTPConnection, until: float) -> None:
    """Give the next step of the exchange the time that is left."""
    left = until - time.monotonic()
    if left <= 0.0:
        raise TimeoutError("the time is up")
    if connection.sock is not None:
        connection.sock.settimeout(left)


def _read(response: http.client.HTTPResponse, connection: http.client.HTTPConnection, until: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        _wait(connection, until)
        part = response.read1(65536)
        if not part:
            return b"".join(parts)
        size += len(part)
        if size > ANSWER_BYTES:
            raise http.client.HTTPException("the answer is too long")
        parts.append(part)


def _content(data: bytes, server: str) -> str:
    from toile.llm.larger import NoAnswer

    try:
        said = json.loads(data)["choices"][0]["message"]["content"]
    except (ValueError, KeyError, IndexError, TypeError, RecursionError) as fault:
        raise NoAnswer(f"The server {server} gave an answer of another kind.") from fault
    if not isinstance(said, str):
        raise NoAnswer(f"The server {server} gave an answer of another kind.")
    return said

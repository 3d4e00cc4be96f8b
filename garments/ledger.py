"""The book that is kept while a request is resolved: where every value came from, and what has to be said about it."""

from __future__ import annotations

from toile.garments.spec import Note, TryOnRequest


class Ledger:
    """Sources and notes as they gather while a request is resolved."""

    def __init__(self, request: TryOnRequest) -> None:
        self.request = request
        self.sources: dict[str, str] = {}
        self.notes: list[Note] = []

    def note(self, field: str, kind: str, message: str) -> None:
        self.notes.append(Note.model_validate({"field": field, "kind": kind, "message": message[:600]}))

    def asked(self, path: str) -> None:
        entry = self.request.provenance.get(path)
        self.sources[path] = entry.source if entry else "stated"

    def chose(self, path: str, source: str = "default", message: str | None = None) -> None:
        self.sources[path] = source
        if message:
            self.note(path, "assumption", message)

"""The documented JSON Schema says what the reader takes: every pattern we write satisfies it, and its words are the same."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from toile.engine.core.body import LANDMARKS
from toile.engine.core.errors import DamagedFile
from toile.engine.core.measurements import Measurements
from toile.garments import pattern_json
from toile.garments.drafting import draft
from toile.garments.pattern_json import pattern_from_json, pattern_to_json
from toile.garments.style import Style

jsonschema = pytest.importorskip("jsonschema")
STYLES = (
    Style("dress", "dress", "a_line", sleeve="short", sleeve_style="puff"),
    Style("trousers", "trousers"),
    Style("shirt", "shirt", sleeve="long", neckline="mandarin"),
)


@pytest.fixture(scope="module")
def schema(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (repository / "docs" / "pattern.schema.json").read_text(encoding="utf-8")
    )
    jsonschema.Draft202012Validator.check_schema(found)
    return found


@pytest.fixture(scope="module")
def document(body: Measurements) -> Any:
    return json.loads(json.dumps(pattern_to_json(draft(STYLES, body))))


def test_what_we_write_satisfies_the_schema(schema: dict[str, Any], document: Any) -> None:
    jsonschema.validate(document, schema)
    for panel in document["panels"]:
        assert set(panel) <= set(schema["$defs"]["panel"]["properties"])
    assert set(document) <= set(schema["properties"])


def test_its_words_are_the_readers(schema: dict[str, Any]) -> None:
    panel = schema["$defs"]["panel"]["properties"]
    place = panel["placement"]["properties"]
    assert tuple(place["part"]["enum"]) == pattern_json.PARTS
    assert tuple(place["wrap"]["enum"]) == pattern_json.WRAPS
    assert tuple(place["landmark"]["enum"]) == LANDMARKS
    assert tuple(panel["edges"]["items"]["properties"]["kind"]["enum"]) == pattern_json.EDGE_KINDS
    assert tuple(panel["folds"]["items"]["properties"]["kind"]["enum"]) == pattern_json.FOLD_KINDS
    assert tuple(schema["$defs"]["seam"]["properties"]["kind"]["enum"]) == pattern_json.SEAM_KINDS
    assert schema["properties"]["version"]["const"] == pattern_json.VERSION


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("version",), 99),
        (("units",), "cm"),
        (("panels", 0, "grain"), None),
        (("panels", 0, "placement", "part"), "tail"),
        (("panels", 0, "edges", 0, "allowance"), 3.0),
        (("panels", 0, "edges", 0, "points"), [[0.0, 0.0]]),
        (("seams", 0, "kind"), "glue"),
        (("measures", 0, "drafted"), -1.0),
    ],
)
def test_what_the_schema_refuses_the_reader_refuses(
    schema: dict[str, Any], document: Any, path: tuple[Any, ...], value: Any
) -> None:
    wrong = copy.deepcopy(document)
    node = wrong
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, schema)
    with pytest.raises(DamagedFile) as caught:
        pattern_from_json(wrong)
    assert str(caught.value).endswith(".")


def test_missing_grain_is_said_by_piece(document: Any) -> None:
    wrong = copy.deepcopy(document)
    del wrong["panels"][1]["grain"]
    with pytest.raises(DamagedFile, match=r"panels\[1\].*grain"):
        pattern_from_json(wrong)

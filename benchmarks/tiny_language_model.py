"""A small causal language model alone, its writing held to the schema: what it makes of a sample of the instructions.

`python -m benchmarks.tiny_language_model FOLDER --out answers.jsonl` reads every n-th instruction of `third.jsonl` and
writes each answer as it comes, so that a run can be stopped and goes on. Two readers are scored on the same answers: the
model alone (words as it says them, numbers by the lexer from the stretch it quotes) and `--reader local` (the rules with
the model's quotes). FOLDER is a transformers model, e.g. SmolLM2-135M-Instruct.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from benchmarks.language import Score, load, score, summary
from toile.engine.core.errors import BadInput
from toile.garments.spec import MAX_GARMENTS, TryOnRequest
from toile.llm.instruction import checked, parse
from toile.llm.larger import _stretches, read_answer
from toile.llm.lexicon import lexicon
from toile.llm.local import complete
from toile.llm.normal import normalise
from toile.llm.numerals import quantity_at
from toile.llm.readings import Context, body_readings, garment_readings
from toile.llm.settings import ReaderSettings
from toile.llm.statements_schema import ENUMS, GARMENT_NUMBERS, WEARER_FIELDS, Answer, messages


def alone(text: str, answer: Answer) -> TryOnRequest:
    """Return the request that an answer means by itself.

    Raises:
        BadInput: it names no garment, or means a request that cannot be.
    """
    chinese = checked(text)
    garments: list[dict[str, Any]] = [{"category": g.category} for g in answer.garments[:MAX_GARMENTS]]
    document: dict[str, Any] = {"garments": garments, "wearer": {}, "motion": {}, "views": {}}
    for said in answer.said:
        value, field = said.value.strip().lower(), said.field
        garment = garments[said.of] if 0 <= said.of < len(garments) else None
        if garment is not None and field in ENUMS and value in ENUMS[field]:
            garment[field] = value
        elif garment is not None and field == "colour":
            found = lexicon().longest(value, 0) if value else None
            colours = [m.sets for m in found[1] if m.kind == "colour"] if found else []
            if colours:
                garment["colour"] = {"name": colours[0]["name"], "hex": colours[0]["hex"]}
        elif garment is not None and field in ("slit", "pockets"):
            garment[field] = value == "true"
        elif garment is not None and field in GARMENT_NUMBERS:
            _number(garment, field, said.quote, Context(garment["category"], chinese), chinese)
        elif garment is None and field in WEARER_FIELDS and field not in ("sex", "size"):
            _number(document["wearer"], field, said.quote, None, chinese)
        elif field == "sex" and value in ("female", "male"):
            document["wearer"]["sex"] = value
        elif field == "motion":
            document["motion"]["name"] = value
    document["garments"] = tuple(garments)
    try:
        return TryOnRequest.model_validate(document)
    except ValidationError as wrong:
        raise BadInput("What the model says is impossible.") from wrong


def _number(values: dict[str, Any], field: str, quote: str, context: Context | None, chinese: bool) -> None:
    text = normalise(quote).text
    for start in range(len(text)):
        quantity = quantity_at(text, start)
        if quantity is None or quantity.kind != "number":
            continue
        found = (
            garment_readings(field, quantity, context)
            if context is not None
            else body_readings(field, quantity, chinese=chinese, metric=True)
        )
        if found:
            values[field] = found[0].value
        return


def written(
    folder: Path, out: Path, every: int, new_tokens: int, answered: bool
) -> list[tuple[dict[str, Any], str, float]]:
    """Return (instruction, what the model wrote, CPU seconds) for each of the sample, from the file where it has them.

    answered: only those that the file has; the model is not run.
    """
    done = {}
    if out.is_file():
        done = {row["text"]: row for row in map(json.loads, out.read_text(encoding="utf-8").splitlines())}
    rows = []
    settings = ReaderSettings("local", str(folder), new_tokens=new_tokens)
    for case in load("third")[::every]:
        row = done.get(case["text"])
        if row is None and answered:
            continue
        if row is None:
            began = time.process_time()
            said = complete(messages(case["text"]), settings)
            row = {"text": case["text"], "said": said, "seconds": round(time.process_time() - began, 2)}
            with out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        rows.append((case, row["said"], row["seconds"]))
    return rows


def _scored(case: dict[str, Any], said: str, together: bool) -> Score:
    def read(text: str) -> TryOnRequest:
        try:
            answer = read_answer(said)
        except (ValidationError, ValueError) as fault:
            if together:
                return parse(text)
            raise BadInput("The model's answer is not valid.") from fault
        return parse(text, lambda normal: _stretches(normal, answer)) if together else alone(text, answer)

    return score(case, read)


def main() -> None:
    """Read the sample and print the figures of both readers, and of the rules alone on the same texts."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--every", type=int, default=8)
    options.add_argument("--new-tokens", type=int, default=220)
    options.add_argument("--answered", action="store_true", help="score the answers that there are")
    given = options.parse_args()
    rows = written(given.folder, given.out, given.every, given.new_tokens, given.answered)
    print("texts", len(rows))
    print("seconds a text", round(sum(r[2] for r in rows) / len(rows), 1))
    print("model alone", summary([_scored(case, said, False) for case, said, _ in rows]))
    print("rules with it", summary([_scored(case, said, True) for case, said, _ in rows]))
    print("rules", summary([score(case, parse) for case, _, _ in rows]))


if __name__ == "__main__":
    main()

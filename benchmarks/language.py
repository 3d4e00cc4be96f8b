"""The language stage measured on instructions written by hand: by stratum, with Wilson intervals.

The set (`tests/llm/heldout.jsonl`) says for each text what a person reads in it: fields that must be there (any of the
values given), fields that may be there, whether a question is due, or that the text is to be refused. A slot is one
field with its value; category, wearer, motion and views count too. Numbers must agree within 0.6 mm of a centimetre.
A silent error is a request that is wrong in a field on which no note was made, without a question asked.
"""

from __future__ import annotations

import contextlib
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

from toile.engine.core.errors import ToileError

Reader = Callable[[str], Any]
SETS = tuple(
    Path(__file__).parent.parent / "tests" / "llm" / name
    for name in (
        "heldout.jsonl",
        "second.jsonl",
        "third.jsonl",
        "fourth.jsonl",
        "fifth.jsonl",
        "sixth.jsonl",
    )
)
TOLERANCE = 0.06  # cm or kg
_NUMBERS = ("_cm", "_kg", "seconds", "fps", "count", "azimuths_deg")
IMPLIED = {
    # (category or neckline, field): value that the word itself means; neither asked for nor wrong
    ("sweater", "fabric"): "knit",
    ("hoodie", "fabric"): "knit",
    ("vest", "sleeve"): "sleeveless",
    ("tank_top", "sleeve"): "sleeveless",
    ("strapless", "sleeve"): "sleeveless",
    ("shirt", "neckline"): "shirt_collar",
    ("hoodie", "neckline"): "hood",
}
# how a pocket is sewn, kept beside pockets = true: neither asked for by keys written before nor wrong
POCKET_KINDS = frozenset({"patch_pockets", "in_seam_pockets", "chest_pocket"})


@dataclass
class Score:
    """What one text came to: slots right, wrong and missing, and how it was answered."""

    case: Mapping[str, Any]
    right: int = 0
    extra: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    numbers: int = 0
    numbers_right: int = 0
    refused: str | None = None
    asked: bool = False
    flagged: set[str] = field(default_factory=set)

    @property
    def exact(self) -> bool:
        """Whether everything was read and nothing else, or what is to be refused was refused."""
        outcome = self.case["outcome"]
        if self.refused is not None:
            return outcome != "request"
        return outcome != "refuse" and not self.extra and not self.missing

    @property
    def silent(self) -> bool:
        """Whether it is wrong and neither a note on the field nor a question says so."""
        if self.exact or self.refused is not None or self.asked:
            return False
        if self.case["outcome"] == "refuse":
            return True
        general = {"request", "garments"} & self.flagged
        wrong = {path.split("=")[0] for path in (*self.extra, *self.missing)}
        return not general and not wrong <= self.flagged


def load(half: str | None = None) -> list[dict[str, Any]]:
    """Return the instructions, or one part of them (dev, test; second to sixth: those written after the repairs)."""
    lines = [line for path in SETS for line in path.read_text(encoding="utf-8").splitlines()]
    return [case for line in lines if half in (None, (case := json.loads(line))["half"])]


def score(case: Mapping[str, Any], read: Reader) -> Score:
    """Read one instruction and compare."""
    result = Score(case)
    try:
        request = read(case["text"])
    except ToileError as error:
        result.refused = str(error)
        if case["outcome"] == "request":
            result.missing += [f"garments[{i}].category" for i in range(len(case["garments"]))]
            result.missing += [
                f"garments[{i}].{name}" for i, g in enumerate(case["garments"]) for name in g["must"]
            ]
        return result
    document = request.to_dict()
    result.asked = document.get("clarification") is not None
    result.flagged = {note["field"] for note in document["notes"]}
    if case["outcome"] == "refuse":
        result.extra += [f"garments[{i}].category" for i in range(len(document["garments"]))]
        return result
    if "garments" not in case:
        return result
    _garments(case, document, result)
    for part in ("wearer", "motion", "views"):
        wanted = case.get(part, {"must": {}, "may": {}})
        _slots(part, document[part], wanted["must"], wanted["may"], result)
    return result


def _garments(case: Mapping[str, Any], document: Mapping[str, Any], result: Score) -> None:
    wanted, found = case["garments"], document["garments"]
    pairs = _aligned([w["category"] for w in wanted], [g["category"] for g in found])
    for index, garment in enumerate(wanted):
        other = pairs.get(index)
        path = f"garments[{other if other is not None else index}]"
        if other is None:
            result.missing.append(f"{path}.category")
            result.missing += [f"{path}.{name}" for name in garment["must"]]
            continue
        category = found[other]["category"]
        meant = {name for name in (category, found[other]["neckline"]) if name}
        values = {
            k: v
            for k, v in found[other].items()
            if k != "category" and (k in garment["must"] or all(IMPLIED.get((m, k)) != v for m in meant))
        }
        if category in garment["category"]:
            result.right += 1
        else:
            result.extra.append(f"{path}.category={category}")
            result.missing.append(f"{path}.category")
        _slots(path, values, garment["must"], garment["may"], result)
    for other in set(range(len(found))) - set(pairs.values()):
        result.extra.append(f"garments[{other}].category={found[other]['category']}")


def _aligned(wanted: list[list[str]], found: list[str]) -> dict[int, int]:
    """Pair garments in order, as many of the same category as possible (longest common subsequence)."""
    if len(wanted) == len(found):
        return {i: i for i in range(len(wanted))}
    rows, columns = len(wanted), len(found)
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            same = found[j] in wanted[i]
            best[i][j] = max(best[i + 1][j], best[i][j + 1], best[i + 1][j + 1] + same)
    pairs, i, j = {}, 0, 0
    while i < rows and j < columns:
        if found[j] in wanted[i] and best[i][j] == best[i + 1][j + 1] + 1:
            pairs[i] = j
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs


@cache
def _colour_names() -> Mapping[str, str]:
    from toile.llm.lexicon import lexicon

    found = {}
    for phrases in lexicon().by_first.values():
        for _, meanings in phrases:
            for meaning in meanings:
                if meaning.kind == "colour":
                    found[meaning.sets["hex"]] = meaning.sets["name"]
    return found


def _plain(name: str, value: Any) -> Any:
    if name == "colour":
        return value["name"]
    if name == "print_colours":
        return "+".join(_colour_names().get(v, v) for v in value)
    return float(value) if name in ("count", "fps") else value


def _agree(value: Any, wanted: Iterable[Any]) -> bool:
    for other in wanted:
        if other == "*" or value == other:
            return True
        if (
            isinstance(value, (int, float))
            and isinstance(other, (int, float))
            and not isinstance(value, bool)
        ):
            near = abs(float(value) - float(other)) <= max(TOLERANCE, 0.0012 * abs(float(other)))
            if near and not isinstance(other, bool):
                return True
    return False


def _slots(
    path: str, values: Mapping[str, Any], must: Mapping[str, Any], may: Mapping[str, Any], result: Score
) -> None:
    said = {k: v for k, v in values.items() if v not in (None, [], ()) and (k != "layer" or "layer" in must)}
    details = said.pop("details", [])
    wanted_details = set(must.get("details", ()))
    free_details = set(may.get("details", ()))
    if True in must.get("pockets", may.get("pockets", ())):
        free_details |= POCKET_KINDS
    for detail in details:
        if detail in wanted_details:
            result.right += 1
        elif detail not in free_details and "*" not in free_details | wanted_details:
            result.extra.append(f"{path}.details={detail}")
    result.missing += [f"{path}.details" for d in wanted_details - set(details) if d != "*"]
    for name, value in said.items():
        plain = _plain(name, value)
        numeric = name.endswith(_NUMBERS)
        accepted = must.get(name, may.get(name))
        fits = accepted is not None and _agree(plain, accepted)
        if numeric:
            result.numbers += 1
            result.numbers_right += fits
        if name in must:
            if fits:
                result.right += 1
            else:
                result.extra.append(f"{path}.{name}={plain}")
                result.missing.append(f"{path}.{name}")
        elif not fits:
            result.extra.append(f"{path}.{name}={plain}")
    optional = {"details"} | {k for k, v in must.items() if v == ["*"]}
    result.missing += [f"{path}.{name}" for name in must if name not in said and name not in optional]


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Return the 95 % Wilson interval of a share."""
    if trials == 0:
        return (0.0, 1.0)
    z, share = 1.959964, successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return (max(0.0, middle - half), min(1.0, middle + half))


def _share(successes: int, trials: int) -> str:
    if trials == 0:
        return ""
    low, high = wilson(successes, trials)
    return f"{successes / trials:.3f} [{low:.3f}, {high:.3f}]"


def summary(scores: list[Score]) -> dict[str, Any]:
    """Return the figures of a set of scores: shares with their Wilson intervals."""
    right = sum(s.right for s in scores)
    extra = sum(len(s.extra) for s in scores)
    missing = sum(len(s.missing) for s in scores)
    numbers = sum(s.numbers for s in scores)
    row: dict[str, Any] = {
        "texts": len(scores),
        "slot_f1": round(2 * right / max(1, 2 * right + extra + missing), 4),
        "exact": _share(sum(s.exact for s in scores), len(scores)),
        "numbers": _share(sum(s.numbers_right for s in scores), numbers),
        "silent": _share(sum(s.silent for s in scores), len(scores)),
    }
    refusable = [s for s in scores if s.case["stratum"] == "ood"]
    if refusable:
        row["ood_accepted"] = sum(s.refused is None for s in refusable)
    unclear = [s for s in scores if s.case["stratum"] in ("ambiguous", "conflict") and s.asked]
    if unclear:
        row["asked_rightly"] = _share(sum(s.case["ask"] != "no" for s in unclear), len(unclear))
    clear = [s for s in scores if s.case["ask"] == "no" and s.case["outcome"] == "request"]
    if clear:
        row["clear_asked"] = _share(sum(s.asked for s in clear), len(clear))
    return row


def quality(reader: str, half: str | None, stratum: str | None, _keep: Path | None) -> Mapping[str, Any]:
    """Read a half of the set, or one stratum of it, and return its figures."""
    read = READERS[reader]()
    cases = [c for c in load(half) if stratum in (None, c["stratum"])]
    return summary([score(case, read) for case in cases])


def _floor() -> Reader:
    from toile.llm.instruction import parse

    return parse


def _default() -> Reader:
    from toile.llm import parse

    return parse


def _both() -> Reader:
    from toile.llm import parse
    from toile.llm.settings import ReaderSettings

    return lambda text: parse(text, ReaderSettings("embedded"))


def _model() -> Reader:
    from benchmarks.model_alone import parse_alone

    return parse_alone


READERS: Mapping[str, Callable[[], Reader]] = {
    "floor": _floor,  # rules alone
    "default": _default,  # rules; the embedded model only suggests
    "both": _both,  # what only the model understands is taken
    "model": _model,
}
STRATA = (
    "zh", "en", "mixed", "colloquial", "typos", "traditional", "sizes", "several", "negation", "correction", "conflict",
    "ambiguous", "motion", "ood", "hostile", "second",
)  # fmt: skip


def latency(_keep: Path | None) -> Mapping[str, Any]:
    """Read every instruction: CPU milliseconds each, the model's load and one pass, cold commands in wall seconds."""
    from toile.llm import parse
    from toile.llm.encoder import Encoder, read_safetensors
    from toile.llm.normal import normalise

    texts = [case["text"] for case in load()]
    _timed(parse, texts)
    each = sorted(min(times) for times in zip(*(_timed(parse, texts) for _ in range(3)), strict=True))
    folder = resources.files("toile.llm").joinpath("data")
    began = time.process_time()
    description = json.loads(folder.joinpath("reader.json").read_text(encoding="utf-8"))
    encoder = Encoder(read_safetensors(folder.joinpath("reader.safetensors").read_bytes()), description)
    loaded = time.process_time() - began
    once = min(_timed(lambda text: encoder.read(normalise(text).text), texts[:50])[5:])
    return {
        "texts": len(texts),
        "mean_ms": round(1000 * sum(each) / len(each), 2),
        "p99_ms": round(1000 * each[int(0.99 * len(each))], 2),
        "worst_ms": round(1000 * each[-1], 2),
        "model_load_s": round(loaded, 3),
        "model_pass_ms": round(1000 * once, 2),
        "parse_cold_s": round(min(_cold("a red dress, 100 cm long") for _ in range(3)), 2),
        "parse_cold_model_s": round(min(_cold("a red dress with poofy arms") for _ in range(3)), 2),
    }


def _timed(read: Callable[[str], Any], texts: Iterable[str]) -> list[float]:
    spent = []
    for text in texts:
        began = time.process_time()
        with contextlib.suppress(ToileError):
            read(text)
        spent.append(time.process_time() - began)
    return spent


def _cold(text: str) -> float:
    """Return the CPU seconds of a `toile parse` in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "toile.cli", "parse", text], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


LANGUAGE: Mapping[str, Callable[[Path | None], Mapping[str, Any]]] = {
    **{
        f"llm/{reader}-{half}": partial(quality, reader, half, None)
        for reader in READERS
        for half in ("dev", "test", "second", "third", "fourth", "fifth", "sixth")
    },
    **{f"llm/default-{stratum}": partial(quality, "default", None, stratum) for stratum in STRATA},
    "llm/latency": latency,
}

"""Twenty scenes of garments, bodies and motions, each from twenty-five starts: how many come out clean in every frame.

A start differs from the next by where the placed cloth lies (`ClothSettings.seed`), by the moment of the motion that it comes to, and
every fifth time by the wearer's measurements and the fabrics. `python -m benchmarks starts/` runs all of it, with `--keep DIR` a line a
start into DIR/starts-SCENE/starts.jsonl as it goes, and what stands there is not run again;
`python -m benchmarks.cloth_starts --keep DIR [--starts N] [--minutes M] [SCENE …]` runs the first N starts of each scene and sums up.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Row = Mapping[str, Any]
F32 = NDArray[np.float32]

STARTS = 25
ALIKE = 5  # starts that share a wearer, fabrics and the placed cloth
EDGE = 0.028  # m
FPS = 30.0
FRAMES = 16
FABRICS = (
    "cotton",
    "denim",
    "silk",
    "satin",
    "chiffon",
    "linen",
    "wool",
    "cashmere",
    "knit",
    "polyester",
    "velvet",
)
MOMENTS: Mapping[str, tuple[float, float, float]] = {
    "stand": (4.0, 1.4, 3.4),
    "walk": (3.3, 1.4, 2.6),
    "catwalk": (3.6, 1.4, 2.9),
    "turn": (6.0, 0.2, 2.0),
    "raise_arms": (4.0, 1.4, 3.4),
    "sit": (4.0, 1.4, 3.0),
    "squat": (3.0, 1.4, 2.2),
    "reach": (5.0, 1.4, 4.4),
    "lunge": (3.6, 1.4, 3.0),
    "jump": (2.7, 1.4, 2.1),
}
"""Length of a motion [s], and from when to when in it a start may come."""


@dataclass(frozen=True)
class Scene:
    """Who wears what and does what."""

    garments: tuple[Mapping[str, Any], ...]
    motion: str
    sex: str = "female"
    height_cm: float = 168.0
    weight_kg: float = 60.0


def _of(*garments: Mapping[str, Any] | str) -> tuple[Mapping[str, Any], ...]:
    return tuple({"category": g} if isinstance(g, str) else g for g in garments)


_SHIRT = {"category": "shirt", "fit": "slim"}
SCENES: Mapping[str, Scene] = {
    "a-line-skirt-walk": Scene(_of({"category": "skirt", "silhouette": "a_line"}), "walk", height_cm=158, weight_kg=46),
    "pleated-skirt-turn": Scene(_of({"category": "skirt", "silhouette": "pleated"}), "turn"),
    "wrap-skirt-lunge": Scene(_of({"category": "skirt", "silhouette": "wrap"}), "lunge"),
    "circle-dress-turn": Scene(_of({"category": "dress", "silhouette": "circle", "length": "knee"}), "turn"),
    "puff-dress-raise-arms": Scene(_of({"category": "dress", "silhouette": "fit_and_flare", "sleeve": "short", "sleeve_style": "puff"}), "raise_arms"),
    "strapless-sheath-sit": Scene(_of({"category": "dress", "silhouette": "sheath", "neckline": "strapless"}), "sit"),
    "long-dress-walk": Scene(_of({"category": "dress", "silhouette": "a_line", "length": "midi", "sleeve": "long"}), "walk", height_cm=175, weight_kg=95),
    "trousers-squat": Scene(_of("trousers"), "squat"),
    "shorts-tank-jump": Scene(_of("tank_top", "shorts"), "jump"),
    "jumpsuit-lunge": Scene(_of("jumpsuit"), "lunge"),
    "tee-trousers-reach": Scene(_of("t_shirt", "trousers"), "reach", height_cm=175, weight_kg=95),
    "shirt-trousers-sit": Scene(_of("shirt", "trousers"), "sit", sex="male", height_cm=178, weight_kg=76),
    "blouse-pencil-skirt-catwalk": Scene(_of("blouse", {"category": "skirt", "silhouette": "pencil"}), "catwalk"),
    "raglan-sweater-raise-arms": Scene(_of({"category": "sweater", "sleeve_style": "raglan"}), "raise_arms", sex="male", height_cm=180, weight_kg=88),
    "hoodie-shorts-jump": Scene(_of("hoodie", "shorts"), "jump", sex="male", height_cm=172, weight_kg=66),
    "jacket-shirt-skirt-walk": Scene(_of({"category": "jacket", "fit": "loose"}, _SHIRT, {"category": "skirt", "silhouette": "straight"}), "walk"),
    "coat-dress-catwalk": Scene(_of({"category": "coat", "fit": "loose"}, {"category": "dress", "silhouette": "sheath"}), "catwalk", height_cm=172, weight_kg=63),
    "vest-shirt-trousers-turn": Scene(_of("vest", _SHIRT, "trousers"), "turn", sex="male", height_cm=178, weight_kg=76),
    "sweater-wide-trousers-reach": Scene(_of("sweater", {"category": "trousers", "silhouette": "wide"}), "reach", height_cm=158, weight_kg=46),
    "halter-tiered-dress-squat": Scene(_of({"category": "dress", "silhouette": "tiered", "neckline": "halter"}), "squat"),
}  # fmt: skip


class Dressed:
    """One wearer in the clothes of a scene: body, pattern and placed cloth, shared by `ALIKE` starts."""

    def __init__(self, scene: Scene, rng: np.random.Generator) -> None:
        """Vary the wearer and the fabrics, draft, and place.

        Raises:
            ToileError: the clothes cannot be made or put on.
        """
        from toile.garments.drafting import draft
        from toile.garments.placement import dress
        from toile.garments.resolve import resolve
        from toile.garments.spec import request_from_json
        from toile.studio import make_avatar

        self.wearer = {
            "height_cm": round(scene.height_cm + float(rng.uniform(-2, 2)), 1),
            "weight_kg": round(scene.weight_kg * float(rng.uniform(0.96, 1.04)), 1),
        }
        garments = [{"fabric": str(rng.choice(FABRICS)), **g} for g in scene.garments]
        self.fabrics = [g["fabric"] for g in garments]
        request = request_from_json(
            json.dumps({"garments": garments, "wearer": {"sex": scene.sex, **self.wearer}})
        )
        self.avatar = make_avatar(self.wearer, scene.sex)
        self.pattern = draft(resolve(request).garments, self.avatar.figure.measurements)
        self.cloth = dress(self.pattern, self.avatar.figure, EDGE)


class Poses:
    """A body motion whose surface is posed once for every moment that is asked for."""

    def __init__(self, motion: Any) -> None:
        """Wrap a motion."""
        self.motion, self._known = motion, dict[float, F32]()
        self.rig, self.part_of_vertex, self.fps = motion.rig, motion.part_of_vertex, motion.fps
        self.frame_count, self.lead_in = motion.frame_count, motion.lead_in

    def vertices_at(self, frame: float) -> F32:
        """Return the surface [m] (V, 3) at a frame."""
        if frame not in self._known:
            self._known[frame] = self.motion.vertices_at(frame)
        return self._known[frame]

    def transforms_at(self, frame: float) -> F32:
        """Return joint transforms (J, 4, 4) at a frame."""
        return self.motion.transforms_at(frame)


def come_to(avatar: Any, name: str, rng: np.random.Generator) -> tuple[Poses, float]:
    """Return an excerpt of a motion from a random moment, and that moment [s].

    A moment that the body would reach only through itself is drawn again, and after some the motion's own beginning is taken.
    """
    from toile.avatars.flesh import YieldingMotion
    from toile.avatars.motion import make_motion

    length, first, last = MOMENTS[name]
    whole = make_motion(avatar, name, length, FPS)
    for _ in range(4):
        moment = round(float(rng.uniform(first, min(last, length - (FRAMES + 1) / FPS))), 3)
        moving = Poses(excerpt(whole, moment))
        if not meets_itself(moving):
            return moving, moment
    return Poses(YieldingMotion(replace(whole, frame_count=FRAMES))), 0.0


def meets_itself(moving: Poses) -> bool:
    """Return whether parts of a body go through each other more than in the A-pose (toes do), looking at every seventh frame."""
    from toile.engine.core.body import PARTS
    from toile.engine.core.intersect import cloth_self_intersections

    faces = np.asarray(moving.rig.faces)
    head = [PARTS.index("head"), PARTS.index("eyes")]  # eyes lie in the head
    seen = faces[~np.isin(np.asarray(moving.part_of_vertex)[faces], head).any(axis=1)]
    frames = range(-moving.lead_in, moving.frame_count, 7)
    crossing = [len(cloth_self_intersections(moving.vertices_at(frame), seen)) for frame in frames]
    return max(crossing) > crossing[0]


def excerpt(whole: Any, moment: float) -> Any:
    """Return `FRAMES` frames of a motion from a moment [s] on, come to from the A-pose by a lead-in of their own."""
    from toile.avatars.flesh import YieldingMotion
    from toile.avatars.motion import KEYS_PER_FRAME, led_in, sole_vertices
    from toile.avatars.pose import Skin

    keys = KEYS_PER_FRAME
    first = (
        round(moment * FPS) * keys
    )  # the lead-in of the excerpt begins that many keys after the whole one's
    last = first + (whole.lead_in + FRAMES - 1) * keys + 1
    times = np.arange(-whole.lead_in * keys, (FRAMES - 1) * keys + 1) / (keys * FPS)
    soles = Skin(whole.rig, sole_vertices(whole.rig))
    turns, shifts = led_in(times, whole.turns[first:last].copy(), whole.shifts[first:last].copy(), soles)
    return YieldingMotion(replace(whole, turns=turns, shifts=shifts, frame_count=FRAMES, way=None))


def run_start(dressed: Dressed, moving: Any, seed: int) -> dict[str, Any]:
    """Simulate one start and count what is wrong with it, by exact tests; `ok` when nothing is."""
    from toile.engine.cloth.cleanliness import Stopped
    from toile.engine.cloth.settings import ClothSettings
    from toile.engine.cloth.simulate import simulate
    from toile.engine.core.errors import ToileError

    started = time.process_time()
    try:
        simulation = simulate(dressed.cloth, moving, ClothSettings(threads=1, seed=seed))
    except ToileError as error:
        kept = error.kept if isinstance(error, Stopped) else None
        return {"ok": False, "fault": str(error), "frames": len(kept.cloth_vertices) if kept else 0,
                "seconds": round(time.process_time() - started, 2)}  # fmt: skip
    simulated = time.process_time()
    found = recount(simulation, dressed, moving, seed)
    return {
        **found,
        "seconds": round(simulated - started, 2),
        "recount_seconds": round(time.process_time() - simulated, 2),
    }


def recount(simulation: Any, dressed: Dressed, moving: Any, seed: int) -> dict[str, Any]:
    """Count intersections in every frame, seams, and how the garments are worn at the start and at the end."""
    from toile.engine.cloth.scatter import scattered
    from toile.engine.core.body import joints_at
    from toile.engine.core.intersect import (
        body_cloth_intersections,
        cloth_self_intersections,
        vertices_inside,
    )
    from toile.engine.export.audit import measure_seams
    from toile.garments.topology import check_topology, inside_out

    cloth, faces = dressed.cloth, simulation.body_faces
    inside = through = own = 0
    for x, body in zip(simulation.cloth_vertices, simulation.body_vertices, strict=True):
        inside += int(vertices_inside(x, body, faces).sum())
        through += len(body_cloth_intersections(x, cloth.faces, body, faces))
        own += len(cloth_self_intersections(x, cloth.faces))
    start = scattered(cloth, moving.vertices_at(-moving.lead_in), faces, seed).vertices
    seams, faults = measure_seams(simulation), []
    for x, frame in ((start, -moving.lead_in), (simulation.cloth_vertices[-1], FRAMES - 1)):
        joints = joints_at(moving, frame)
        assert joints is not None
        faults += check_topology(x, cloth, joints)
        faults += [
            f"{name} is inside out"
            for name in inside_out(x, cloth.faces, cloth.loops, cloth.loop_axis, joints)
        ]
    moved = np.linalg.norm(start - cloth.vertices, axis=1)
    clean = not (inside or through or own or faults or seams["open_edges"]) and seams["worst_gap_mm"] <= 0.5
    return {
        "ok": clean, "fault": faults[0] if faults else "", "frames": len(simulation.cloth_vertices),
        "vertices": len(cloth.vertices), "inside_body": inside, "body_cloth": through, "cloth_cloth": own,
        "open_seam_edges": seams["open_edges"], "seam_gap_mm": seams["worst_gap_mm"], "rings": len(cloth.loops),
        "jitter_mm": round(1000 * float(moved.max()), 2),
    }  # fmt: skip


def starts(name: str, wanted: int, done: Mapping[int, Row], deadline: float | None = None) -> Iterator[Row]:
    """Run the starts of a scene that are not done, and yield a row of each as it comes."""
    from toile.engine.core.errors import ToileError

    scene, number = SCENES[name], list(SCENES).index(name)
    for group in range(0, wanted, ALIKE):
        todo = [k for k in range(group, min(group + ALIKE, wanted)) if k not in done]
        if not todo:
            continue
        rng = np.random.default_rng([number, group])
        began = time.process_time()
        try:
            dressed = Dressed(scene, rng)
            moving, moment = come_to(dressed.avatar, scene.motion, rng)
        except ToileError as error:
            yield from ({"scene": name, "start": k, "ok": False, "fault": str(error)} for k in todo)
            continue
        known = {"moment_s": moment, **dressed.wearer, "fabrics": dressed.fabrics,
                 "shared_seconds": round(time.process_time() - began, 2)}  # fmt: skip
        for k in todo:
            if deadline is not None and time.monotonic() > deadline:
                return
            yield {"scene": name, "start": k, **run_start(dressed, moving, k), **known}


def scene_case(name: str, keep: Path | None, wanted: int = STARTS, deadline: float | None = None) -> Row:
    """Run what a scene lacks of its starts, keeping a line of each; return what all of them came to."""
    file = keep / "starts.jsonl" if keep is not None else None
    done = read(file) if file is not None else {}
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    rows = dict(done)
    for row in starts(name, wanted, done, deadline):
        rows[row["start"]] = row
        print(json.dumps(row, ensure_ascii=False), file=sys.stderr, flush=True)
        if file is not None:
            with file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    return summary([rows[k] for k in sorted(rows) if k < wanted])


def read(file: Path) -> dict[int, Row]:
    """Return the rows of a file by their start; a line that a kill cut short is left out."""
    rows: dict[int, Row] = {}
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        rows[int(row["start"])] = row
    return rows


def summary(rows: list[Row]) -> Row:
    """Return the totals of a scene's rows."""
    total = {
        key: sum(int(row.get(key, 0)) for row in rows)
        for key in ("frames", "inside_body", "body_cloth", "cloth_cloth")
    }
    failed = [row for row in rows if not row["ok"]]
    seconds = [float(row["seconds"]) for row in rows if "seconds" in row]
    return {
        "starts": len(rows), "failures": len(failed), **total,
        "seam_gap_mm": max((float(row.get("seam_gap_mm", 0.0)) for row in rows), default=0.0),
        "vertices": max((int(row.get("vertices", 0)) for row in rows), default=0),
        "s_a_start": round(float(np.median(seconds)), 1) if seconds else "",
        "first_fault": f"start {failed[0]['start']}: {failed[0]['fault'] or 'see its counts'}" if failed else "",
    }  # fmt: skip


CASES = {f"starts/{name}": partial(scene_case, name) for name in SCENES}


def main() -> int:
    """Run the first starts of scenes and print what all that are kept came to."""
    parser = argparse.ArgumentParser(prog="benchmarks.cloth_starts", description=__doc__)
    parser.add_argument("words", nargs="*", metavar="SCENE")
    parser.add_argument("--keep", type=Path, required=True, metavar="DIR")
    parser.add_argument("--starts", type=int, default=STARTS, metavar="N")
    parser.add_argument("--minutes", type=float, default=None, metavar="M")
    options = parser.parse_args()
    deadline = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    rows = []
    for name in SCENES:
        if options.words and not any(word in name for word in options.words):
            continue
        row = scene_case(name, options.keep / f"starts-{name}", options.starts, deadline)
        rows.append({"scene": name, **row})
    columns = list(rows[0])
    print(f"| {' | '.join(columns)} |\n|{' --- |' * len(columns)}")
    for row in rows:
        print(f"| {' | '.join(str(row[column]) for column in columns)} |")
    print(f"\n{sum(r['starts'] for r in rows)} starts, {sum(r['failures'] for r in rows)} failures.")
    return int(any(r["failures"] for r in rows))


if __name__ == "__main__":
    sys.exit(main())

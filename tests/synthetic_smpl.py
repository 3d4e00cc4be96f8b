"""Model files in the format of SMPL-X, SMPL-H and SMPL, made of our own CC0 body: no licensed data, the right counts.

Our skin is thinned by half-edge collapses to the number of vertices that the model's skin has, so what is left is a subset of our
vertices and shapes, weights and parts carry over. It is then put into the T-pose, given two eyes of 546 vertices (SMPL-X), holes in
the mouth and the eye sockets, joint regressors solved from the basis, and pose corrections at the elbows.
"""

from __future__ import annotations

import functools
import heapq
from pathlib import Path
from typing import Any

import numpy as np

from toile.avatars.asset import load_body
from toile.avatars.pose import IDENTITY, Skeleton, about, matrices, multiply
from toile.engine.core.body import PARTS

COUNTS = {"SMPL-X": (9383, 18732, 55), "SMPL-H": (6890, 13776, 52), "SMPL": (6890, 13776, 24)}
"""Vertices and faces of the skin (without SMPL-X's eyes: 10475 and 20908 with them), joints."""
_BODY = (
    "pelvis", "left_hip", "right_hip", "spine", "left_knee", "right_knee", "spine_upper", "left_ankle", "right_ankle",
    "chest", "left_toe", "right_toe", "neck", "left_clavicle", "right_clavicle", "head", "left_shoulder",
    "right_shoulder", "left_elbow", "right_elbow", "left_wrist", "right_wrist",
)  # fmt: skip
_BODY_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)


def collapse(vertices: np.ndarray, faces: np.ndarray, wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Return kept vertices (wanted,) and faces (T, 3), of a closed mesh whose short, flat edges were collapsed."""
    around: list[set[int]] = [set() for _ in vertices]
    for t, face in enumerate(faces.tolist()):
        for v in face:
            around[v].add(t)
    corners = faces.tolist()
    p = vertices.tolist()

    def normal(a: int, b: int, c: int) -> list[float]:
        u = [p[b][k] - p[a][k] for k in range(3)]
        w = [p[c][k] - p[a][k] for k in range(3)]
        return [u[1] * w[2] - u[2] * w[1], u[2] * w[0] - u[0] * w[2], u[0] * w[1] - u[1] * w[0]]

    def length(a: int, b: int) -> float:
        return sum((p[a][k] - p[b][k]) ** 2 for k in range(3))

    def ring(v: int) -> set[int]:
        return {x for t in around[v] for x in corners[t]} - {v}

    alive = [True] * len(vertices)
    version = [0] * len(vertices)
    heap: list[tuple[float, int, int, int, int]] = []

    def push(v: int) -> None:
        for other in ring(v):
            heapq.heappush(heap, (length(v, other), v, other, version[v], version[other]))

    for v in range(len(vertices)):
        push(v)
    left = len(vertices)
    while left > wanted and heap:
        _, gone, kept, a, b = heapq.heappop(heap)
        if not (alive[gone] and alive[kept]) or version[gone] != a or version[kept] != b:
            continue
        if kept not in ring(gone) or len(ring(gone) & ring(kept)) != 2 or len(ring(gone)) < 4:
            continue
        moved = [t for t in around[gone] if kept not in corners[t]]
        if any(len(around[x]) < 4 for x in ring(gone) & ring(kept)):
            continue
        turned = False
        for t in moved:
            before = normal(*corners[t])
            after = normal(*[kept if v == gone else v for v in corners[t]])
            dot = sum(x * y for x, y in zip(before, after, strict=True))
            size = (sum(x * x for x in before) * sum(x * x for x in after)) ** 0.5
            turned |= dot <= 0.3 * size
        if turned:
            continue
        for t in [t for t in around[gone] if kept in corners[t]]:
            for v in corners[t]:
                around[v].discard(t)
            corners[t] = []
        for t in moved:
            corners[t] = [kept if v == gone else v for v in corners[t]]
            around[kept].add(t)
        around[gone] = set()
        alive[gone] = False
        left -= 1
        version[kept] += 1
        push(kept)
    assert left == wanted
    keep = np.flatnonzero(alive)
    number = np.full(len(vertices), -1)
    number[keep] = np.arange(len(keep))
    return keep, number[np.array([t for t in corners if t])]


@functools.cache
def thinned(wanted: int) -> tuple[np.ndarray, np.ndarray]:
    """Return our vertices that are kept (wanted,) and faces among them."""
    body = load_body()
    skin = np.flatnonzero(body.part_of_vertex != PARTS.index("eyes"))
    number = np.full(len(body.mean), -1)
    number[skin] = np.arange(len(skin))
    faces = number[body.faces]
    keep, faces = collapse(body.mean[skin].astype(float), faces[(faces >= 0).all(1)], wanted)
    return skin[keep], faces


def t_pose_turns() -> np.ndarray:
    """Return turns (J, 4) that bring our rest pose to a T-pose: arms level, legs upright."""
    body = load_body()
    skeleton = Skeleton(body.joint_names, body.parents, body.joint_mean.astype(float))
    turns = np.tile(IDENTITY, (len(body.joint_names), 1))
    goals = {"shoulder": ("elbow", [1, 0, 0]), "elbow": ("wrist", [1, 0, 0]), "hip": ("knee", [0.08, -1, 0]),
             "knee": ("ankle", [0.05, -1, -0.02])}  # fmt: skip
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for start, (end, way) in goals.items():
            j = skeleton.index[f"{side}_{start}"]
            bone = matrices(turns[j]) @ skeleton.bones[skeleton.index[f"{side}_{end}"]]
            goal = np.array(way, float) * [sign, 1.0, 1.0]
            a, b = bone / np.linalg.norm(bone), goal / np.linalg.norm(goal)
            axis = np.cross(a, b)
            turn = about(axis / np.linalg.norm(axis), np.arctan2(np.linalg.norm(axis), a @ b))
            moved = skeleton.ancestry[:, j] > 0
            turns[moved] = multiply(turn, turns[moved])
        for j in ("ankle", "toe"):
            turns[skeleton.index[f"{side}_{j}"]] = IDENTITY
    return turns


def _eye() -> tuple[np.ndarray, np.ndarray]:
    """A sphere of radius 1: 546 vertices, 1088 faces, outside out."""
    rings, around = 17, 32
    lat = np.pi * np.arange(1, rings + 1) / (rings + 1)
    lon = 2 * np.pi * np.arange(around) / around
    grid = np.stack(
        [
            np.outer(np.sin(lat), np.cos(lon)),
            np.outer(np.cos(lat), np.ones(around)),
            np.outer(np.sin(lat), np.sin(lon)),
        ],
        -1,
    )
    points = np.concatenate([[[0, 1, 0]], grid.reshape(-1, 3), [[0, -1, 0]]])
    faces = []
    for k in range(around):
        n = (k + 1) % around
        faces.append((0, 1 + n, 1 + k))
        for r in range(rings - 1):
            a, b = 1 + r * around, 1 + (r + 1) * around
            faces += [(a + k, a + n, b + k), (a + n, b + n, b + k)]
        last = 1 + (rings - 1) * around
        faces.append((len(points) - 1, last + k, last + n))
    return points, np.array(faces)


def _fingers(side: str, weights: np.ndarray, vertices: np.ndarray) -> dict[str, np.ndarray]:
    """Split what follows our fingers, fingertips and thumb of one side among fifteen bones."""
    body = load_body()
    own = {n: weights[:, body.joint_names.index(f"{side}_{n}")] for n in ("fingers", "fingertips", "thumb")}
    across = vertices[:, 2]  # in the T-pose the index finger is in front
    hand = own["fingers"] + own["fingertips"] > 0.5
    cuts = np.quantile(across[hand], [0.25, 0.5, 0.75])
    finger = np.digitize(across, cuts)  # 0 pinky … 3 index
    split = {}
    for k, name in enumerate(("pinky", "ring", "middle", "index")):
        split[f"{name}1"] = own["fingers"] * (finger == k)
        split[f"{name}2"] = own["fingertips"] * (finger == k)
        split[f"{name}3"] = 0.0 * across
    split["thumb1"], split["thumb2"], split["thumb3"] = own["thumb"], 0.0 * across, 0.0 * across
    return split


def make_smpl(kind: str = "SMPL-X", betas: int = 10, columns: int | None = None) -> dict[str, Any]:
    """Return the arrays of a model file.

    Args:
        kind: SMPL-X, SMPL-H or SMPL.
        betas: how many columns of shapedirs hold shapes.
        columns: all columns; SMPL-X keeps expression in those from `betas` on (default: ten, or one hundred beside 300).
    """
    skin, wanted_faces, _ = COUNTS[kind]
    body = load_body()
    keep, faces = thinned(skin)
    turn = matrices(t_pose_turns())
    skeleton = Skeleton(body.joint_names, body.parents, body.joint_mean.astype(float))
    dense = np.zeros((len(body.mean), len(body.joint_names)))
    np.add.at(dense, (np.arange(len(dense))[:, None], body.joint_of_weight), body.weights)

    def t_posed(vertices: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        placed = Skeleton(body.joint_names, body.parents, centres).posed_centres(t_pose_turns(), np.zeros(3))
        blended = np.tensordot(dense, turn, 1)
        moved = dense @ (placed - np.einsum("jab,jb->ja", turn, centres))
        return np.einsum("vab,vb->va", blended, vertices) + moved, placed

    shapes = min(betas, body.size)
    mean, mean_joints = t_posed(body.mean.astype(float), skeleton.centres)
    basis, joint_basis = [], []
    for k in range(shapes):
        v, j = t_posed((body.mean + body.basis[k]).astype(float), skeleton.centres + body.joint_basis[k])
        basis.append(v - mean)
        joint_basis.append(j - mean_joints)
    directions, joint_directions = np.array(basis), np.array(joint_basis)

    hidden = np.flatnonzero(~_collider_of(keep, faces))
    holes = hidden[: len(faces) - wanted_faces]
    faces = np.delete(faces, holes, axis=0)
    template, weights = mean[keep], dense[keep]
    shape = directions[:, keep]
    names = list(_BODY)
    parents = list(_BODY_PARENTS)
    if kind == "SMPL-X":
        names += ["jaw", "left_eye", "right_eye"]
        parents += [15, 15, 15]
    if kind == "SMPL":
        names += ["left_hand", "right_hand"]
        parents += [20, 21]
    else:
        for side, wrist in (("left", 20), ("right", 21)):
            for finger in ("index", "middle", "pinky", "ring", "thumb"):
                for bone in (1, 2, 3):
                    parents.append(wrist if bone == 1 else len(names) - 1)
                    names.append(f"{side}_{finger}{bone}")
    column = {n: np.zeros(len(template)) for n in names}
    for n in body.joint_names:
        own = weights[:, body.joint_names.index(n)]
        goal = {"chest_upper": "chest"}.get(n, n)
        bare = n.split("_")[-1]
        if bare in ("fingers", "fingertips", "thumb"):
            if kind == "SMPL":
                column[f"{n.split('_')[0]}_hand"] += own
            continue
        column[goal] += own
    if kind != "SMPL":
        for side in ("left", "right"):
            for n, values in _fingers(side, weights, template).items():
                column[f"{side}_{n}"] += values
    weights55 = np.stack([column[n] for n in names], 1)
    if kind == "SMPL-X":
        points, more = _eye()
        for side, sign in (("left", 1.0), ("right", -1.0)):
            own = np.flatnonzero((body.part_of_vertex == PARTS.index("eyes")) & (sign * body.mean[:, 0] > 0))
            centre, radius = mean[own].mean(0), np.ptp(mean[own], axis=0).max() / 2
            faces = np.concatenate([faces, more + len(template)])
            template = np.concatenate([template, centre + radius * points])
            shape = np.concatenate([shape, np.repeat(directions[:, own].mean(1)[:, None], len(points), 1)], 1)
            row = np.zeros((len(points), len(names)))
            row[:, names.index(f"{side}_eye")] = 1.0
            weights55 = np.concatenate([weights55, row])
    regressor = _regressor(names, kind, template, shape, mean_joints, joint_directions, weights55)
    count = len(template)
    total = (
        columns if columns is not None else betas + (0 if kind != "SMPL-X" else 100 if betas == 300 else 10)
    )
    shapedirs = np.zeros((count, 3, total), np.float32)
    shapedirs[:, :, :shapes] = np.moveaxis(shape, 0, 2)
    if kind == "SMPL-X" and total > betas:  # the first expression opens the lips
        lips = (
            (template[:, 1] < template[:, 1].max() - 0.15)
            & (weights55[:, 15] > 0.9)
            & (template[:, 2] > 0.08)
        )
        shapedirs[lips, 1, betas] = -0.004
    posedirs = np.zeros((count, 3, 9 * (len(names) - 1)), np.float32)
    for j, way in ((18, 1.0), (19, 1.0)):  # a bent elbow bulges a little
        bulge = np.exp(-(((template - regressor[j] @ template) ** 2).sum(1)) / 0.05**2)
        posedirs[:, 2, 9 * (j - 1)] = (0.01 * way * bulge).astype(np.float32)
    offset = (
        np.array([0.0, 0.35, 0.0]) + regressor[0] @ template
    )  # the origin is above the pelvis, as in real files
    tree = np.array([[4294967295, *parents[1:]], range(len(names))], np.int64)
    arrays: dict[str, Any] = {
        "v_template": template - offset, "f": faces.astype(np.uint32), "shapedirs": shapedirs, "posedirs": posedirs,
        "J_regressor": regressor, "weights": weights55, "kintree_table": tree,
    }  # fmt: skip
    if kind != "SMPL":
        curl = np.zeros((15, 3))
        curl[[0, 3, 6, 9], 2] = -0.1
        arrays |= {
            "hands_componentsl": np.eye(45), "hands_componentsr": np.eye(45),
            "hands_meanl": curl.ravel(), "hands_meanr": -curl.ravel(),
        }  # fmt: skip
    if kind == "SMPL-X":
        arrays |= {
            "lmk_faces_idx": np.zeros(51, np.int64), "lmk_bary_coords": np.full((51, 3), 1 / 3),
            "dynamic_lmk_faces_idx": np.zeros((79, 17), np.int64), "dynamic_lmk_bary_coords": np.full((79, 17, 3), 1 / 3),
            "joint2num": np.array({n: i for i, n in enumerate(names)}, dtype=object),
        }  # fmt: skip
    return arrays


def _collider_of(keep: np.ndarray, faces: np.ndarray) -> np.ndarray:
    body = load_body()
    seen = np.zeros(len(body.mean), bool)
    seen[body.faces[body.collider].ravel()] = True
    return seen[keep][faces].any(1)


def _regressor(
    names: list[str],
    kind: str,
    template: np.ndarray,
    shape: np.ndarray,
    joints: np.ndarray,
    moves: np.ndarray,
    weights: np.ndarray,
) -> np.ndarray:
    """Solve each joint as a mean of near vertices that follows it through all shapes."""
    own = load_body().joint_names
    regressor = np.zeros((len(names), len(template)))
    for j, name in enumerate(names):
        side, _, bare = name.rpartition("_")
        ours, along = name, 0.0
        if bare in ("eye", "jaw") or name == "jaw":
            centre = (
                template[weights[:, j] > 0.5].mean(0)
                if bare == "eye"
                else template[weights[:, 15] > 0.9].mean(0)
            )
            near = np.argsort(((template - centre) ** 2).sum(1))[:40]
            regressor[j, near] = 1 / 40
            continue
        if bare == "hand":
            ours = f"{side}_fingers"
        elif name not in own:
            bone = int(bare[-1])
            ours = (
                f"{side}_thumb"
                if bare.startswith("thumb")
                else f"{side}_fingers"
                if bone == 1
                else f"{side}_fingertips"
            )
            along = 0.02 * (bone - 1 if ours.endswith("thumb") else max(bone - 2, 0))
        k = own.index(ours)
        sign = 1.0 if name.startswith("left") else -1.0
        goal = joints[k] + [sign * along, 0.0, 0.0]
        near = np.argsort(((template - goal) ** 2).sum(1))[:150]
        rows = np.concatenate(
            [(template[near] - goal).T, *[(m[near] - moves[i, k]).T for i, m in enumerate(shape)]]
        )
        gram = rows.T @ rows + 1e-5 * np.eye(len(near))
        solved = np.linalg.solve(gram, np.ones(len(near)))
        regressor[j, near] = solved / solved.sum()
    return regressor


def write_smpl(path: Path, kind: str = "SMPL-X", betas: int = 10, columns: int | None = None) -> Path:
    """Write a model file."""
    np.savez_compressed(path, **make_smpl(kind, betas, columns))
    return path

"""Settings of the cloth stage, one frozen value with defaults that work on two cores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ClothSettings:
    """How the cloth is simulated; lengths [m], times [s], stiffness [N/m]."""

    steps_per_second: float = 60.0  # at least; a frame has a whole number of steps
    newton_least: int = 4  # Newton steps: friction decides in these what holds and what slides
    newton_steps: int = 8  # at most
    newton_tolerance: float = 5.0e-5  # root mean square of a step below which one more is the last
    pcg_iterations: int = 12  # at most
    pcg_tolerance: float = 0.01  # on the preconditioned residual, relative
    foresight: float = 0.5  # share of the last step's change of velocity that the first guess expects again
    gravity: float = 9.81
    firm: float = 0.05  # least tangent across a thread in the first Newton step, as a share of the stiffness
    firm_fall: float = 0.5  # and by how much it falls from step to step
    give: float = 0.1  # stiffness in compression: cloth buckles below the size of a triangle
    air: float = 0.66  # kg/m3: rho C / 2, a plate across the stream (C 1.1)
    bending_damping: float = 0.03  # s, internal friction of bending
    body_gap: float = 0.0014  # contact with the body begins here; cloth rests a little nearer
    body_clear: float = 0.0008  # no vertex ends a step nearer than this
    reach: float = 0.025  # the body is looked for this far from the cloth
    near: float = 0.008  # midpoints and centres are looked at where a vertex is nearer than this
    near_slack: float = 0.005  # the list of these holds for vertices this much beyond
    close_slack: float = 0.0015  # points this much beyond contact are looked at in every Newton step
    poke_reach: float = 0.004  # body vertices look this far for cloth
    deep_reach: float = 0.007  # where a step ends: a foot goes farther than the reach within one
    poke_slack: float = 0.001  # and are kept this much beyond the gap, to serve two Newton steps
    body_soft: float = 30.0  # of a contact of 1 cm2, at the onset
    body_stiffness: float = 900.0  # and from `body_ramp` deep
    body_ramp: float = 0.0004
    body_tangential: float = 250.0
    hand_grip: float = 0.1  # share of the fabric's friction that a hand has
    thickness: float = 0.0018  # cloth against cloth
    separation: float = 0.0003  # no two features end a step nearer (or half their start)
    slack: float = 0.003  # pairs are collected this much beyond thickness
    slack_share: float = 0.3  # of an edge, where that is less: neighbours on flat cloth are no pairs
    filter_rounds: int = 12
    cloth_stiffness: float = 250.0
    step_cap: float = 0.05  # of one Newton iteration
    ramp_steps: int = 40  # dressing: rest shape from placed to flat
    settle_steps: int = 90  # dressing: contact, gravity and friction on
    settle_speed: float = 0.015  # m/s: settled when the mean speed is below
    max_halvings: int = 2
    threads: int = 2  # of the CPU; the result does not depend on it
    record: bool = True  # launches are recorded once and repeated; the result is the same
    patience: int = 6  # frames in a row that may be left with cloth in the body before the simulation stops
    seed: int = 0  # of the start: 0 as it was placed, others some millimetres beside it (scatter.py)

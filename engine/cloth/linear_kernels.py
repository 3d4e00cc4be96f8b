"""Warp kernels of the linear solver: block rows times a vector, the two-level preconditioner, conjugate gradients."""

from __future__ import annotations

import warp as wp

wp.set_module_options({"enable_backward": False})

CHUNK = wp.constant(256)  # vertices that one thread adds up in a reduction


@wp.kernel
def invert_diagonal(
    values: wp.array(dtype=wp.mat33),
    diagonal: wp.array(dtype=wp.int32),
    extra: wp.array(dtype=wp.mat33),
    # outputs
    inverse: wp.array(dtype=wp.mat33),
) -> None:
    """One vertex: inverse of its diagonal block, cloth contact included: the block-Jacobi preconditioner."""
    i = wp.tid()
    inverse[i] = wp.inverse(values[diagonal[i]] + extra[i])


@wp.kernel
def multiply(
    row: wp.array(dtype=wp.int32),
    column: wp.array(dtype=wp.int32),
    values: wp.array(dtype=wp.mat33),
    far_row: wp.array(dtype=wp.int32),
    far_column: wp.array(dtype=wp.int32),
    far: wp.array(dtype=float),
    scale: float,
    p: wp.array(dtype=wp.vec3),
    # outputs
    product: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: its row of A p; pairs that only bending couples have a scalar, times `scale`."""
    i = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    for k in range(far_row[i], far_row[i + 1]):
        total += far[k] * p[far_column[k]]
    total = scale * total
    for k in range(row[i], row[i + 1]):
        total += values[k] * p[column[k]]
    product[i] = total


@wp.kernel
def sum_coarse(
    member_row: wp.array(dtype=wp.int32),
    member: wp.array(dtype=wp.int32),
    aggregate: wp.array(dtype=wp.int32),
    row: wp.array(dtype=wp.int32),
    column: wp.array(dtype=wp.int32),
    values: wp.array(dtype=wp.mat33),
    far: wp.array2d(dtype=float),
    scale: float,
    count: int,
    # outputs
    coarse: wp.array2d(dtype=wp.mat33),
) -> None:
    """One aggregate: its row of P^T A P, P the piecewise constant prolongation; `far` is that of bending's own pairs."""
    a = wp.tid()
    for b in range(count):
        s = scale * far[a, b]
        coarse[a, b] = wp.mat33(s, 0.0, 0.0, 0.0, s, 0.0, 0.0, 0.0, s)
    for m in range(member_row[a], member_row[a + 1]):
        i = member[m]
        for k in range(row[i], row[i + 1]):
            b = aggregate[column[k]]
            coarse[a, b] = coarse[a, b] + values[k]


@wp.kernel
def start_descent(
    gradient: wp.array(dtype=wp.vec3),
    # outputs
    residual: wp.array(dtype=wp.vec3),
    step: wp.array(dtype=wp.vec3),
    p: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: r = -g, step = p = 0."""
    i = wp.tid()
    residual[i] = -gradient[i]
    step[i] = wp.vec3(0.0, 0.0, 0.0)
    p[i] = wp.vec3(0.0, 0.0, 0.0)


@wp.kernel
def restrict(
    member_row: wp.array(dtype=wp.int32),
    member: wp.array(dtype=wp.int32),
    residual: wp.array(dtype=wp.vec3),
    # outputs
    coarse: wp.array(dtype=wp.vec3),
) -> None:
    """One aggregate: the sum of its vertices' residuals."""
    a = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    for m in range(member_row[a], member_row[a + 1]):
        total += residual[member[m]]
    coarse[a] = total


@wp.kernel
def solve_coarse(
    inverse: wp.array2d(dtype=wp.mat33),
    count: int,
    residual: wp.array(dtype=wp.vec3),
    # outputs
    correction: wp.array(dtype=wp.vec3),
) -> None:
    """One aggregate: its row of the coarse inverse times the coarse residual."""
    a = wp.tid()
    total = wp.vec3(0.0, 0.0, 0.0)
    for b in range(count):
        total += inverse[a, b] * residual[b]
    correction[a] = total


@wp.kernel
def precondition(
    inverse: wp.array(dtype=wp.mat33),
    residual: wp.array(dtype=wp.vec3),
    aggregate: wp.array(dtype=wp.int32),
    correction: wp.array(dtype=wp.vec3),
    # outputs
    z: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: z = D^-1 r + the correction of its aggregate."""
    i = wp.tid()
    z[i] = inverse[i] * residual[i] + correction[aggregate[i]]


@wp.kernel
def partial_dot(
    a: wp.array(dtype=wp.vec3),
    b: wp.array(dtype=wp.vec3),
    count: int,
    # outputs
    partial: wp.array(dtype=wp.float64),
) -> None:
    """One chunk of vertices: its part of a . b, in float64."""
    c = wp.tid()
    total = wp.float64(0.0)
    first = c * CHUNK
    for i in range(first, wp.min(first + CHUNK, count)):
        total += wp.float64(wp.dot(a[i], b[i]))
    partial[c] = total


@wp.kernel
def alpha_from(
    partial: wp.array(dtype=wp.float64),
    chunks: int,
    # outputs
    scalars: wp.array(dtype=wp.float64),
) -> None:
    """Single thread: scalars = (rz, alpha, beta, first rz); alpha = rz / p.Ap."""
    total = wp.float64(0.0)
    for c in range(chunks):
        total += partial[c]
    if total > wp.float64(0.0):
        scalars[1] = scalars[0] / total
    else:
        scalars[1] = wp.float64(0.0)


@wp.kernel
def beta_from(
    partial: wp.array(dtype=wp.float64),
    chunks: int,
    first: int,
    # outputs
    scalars: wp.array(dtype=wp.float64),
) -> None:
    """Single thread: rz from its parts; beta = rz / previous rz, or 0 at the first iteration."""
    total = wp.float64(0.0)
    for c in range(chunks):
        total += partial[c]
    scalars[2] = wp.float64(0.0)
    if first == 1:
        scalars[3] = total
    elif scalars[0] > wp.float64(0.0):
        scalars[2] = total / scalars[0]
    scalars[0] = total


@wp.kernel
def descend(
    scalars: wp.array(dtype=wp.float64),
    p: wp.array(dtype=wp.vec3),
    product: wp.array(dtype=wp.vec3),
    # outputs
    step: wp.array(dtype=wp.vec3),
    residual: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: step += alpha p, r -= alpha A p."""
    i = wp.tid()
    alpha = float(scalars[1])
    step[i] = step[i] + alpha * p[i]
    residual[i] = residual[i] - alpha * product[i]


@wp.kernel
def redirect(
    scalars: wp.array(dtype=wp.float64),
    z: wp.array(dtype=wp.vec3),
    # outputs
    p: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: p = z + beta p."""
    i = wp.tid()
    p[i] = z[i] + float(scalars[2]) * p[i]

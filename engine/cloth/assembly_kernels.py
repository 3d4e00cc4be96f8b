"""Bending's gradient and the membrane on the CPU, in wide registers: each equals the kernel of its name in `kernels.py`, up to the order of sums.

The outer product of two vectors is a row-major block of nine floats: (a0 a0 a0 a1 a1 a1 a2 a2 a2) times (b0 b1 b2 b0 b1 b2 b0 b1 b2). Nothing
is added atomically: a thread adds alone.
"""

from __future__ import annotations

import warp as wp

from toile.engine.cloth.wide_kernels import REGISTERS

wp.set_module_options({"enable_backward": False})

WIDE_FACES = wp.constant(256)  # triangles, or vertices, of one chunk

_TYPES = f"""{REGISTERS}
    auto three = [](const float* from) -> four {{
        four to = {{}};
        __builtin_memcpy(&to, from, 12);
        return to;
    }};
"""

_BEND = f"""{_TYPES}
    const float* at = (const float*)bent.data;
    float* g = (float*)gradient.data;
    for (int i = first; i < last; ++i) {{
        const four mine = three(at + 3 * i);
        const wide own = __builtin_shufflevector(mine, mine, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3);
        wide a = {{}}, b = {{}};
        const int end = strip_row.data[i + 1];
        const int* from = strip.data + 6 * strip_row.data[i];
        int k = strip_row.data[i];
        for (; k + 1 < end; k += 2, from += 12) {{
            const eight e = *(const eight*)(from + 1), f = *(const eight*)(from + 7);
            a += (*(const wide*)(at + from[0]) - own) * FIVE(e);
            b += (*(const wide*)(at + from[6]) - own) * FIVE(f);
        }}
        if (k < end) {{
            const eight e = *(const eight*)(from + 1);
            a += (*(const wide*)(at + from[0]) - own) * FIVE(e);
        }}
        a += b;
        g[3 * i] += ((a[0] + a[3]) + (a[6] + a[9])) + a[12];
        g[3 * i + 1] += ((a[1] + a[4]) + (a[7] + a[10])) + a[13];
        g[3 * i + 2] += ((a[2] + a[5]) + (a[8] + a[11])) + a[14];
    }}
"""


@wp.func_native(_BEND)
def bend_rows(
    bent: wp.array(dtype=wp.vec3),
    strip_row: wp.array(dtype=wp.int32),
    strip: wp.array(dtype=wp.int32),
    first: int,
    last: int,
    gradient: wp.array(dtype=wp.vec3),
) -> None:
    """Rows first to last of bending's gradient."""
    ...


_MEMBRANE = f"""{_TYPES}
#define OUTER(a, b) (EACH(a) * OVER(b))
#define TURNED(h) __builtin_shufflevector(h, h, 0, 3, 6, 1, 4, 7, 2, 5, 8, 9, 9, 9, 9, 9, 9, 9)
    const wide unit = {{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}};
    const float* at = (const float*)x.data;
    float* out = (float*)gradient.data;
    float* blocks = (float*)values.data;
    auto dot = [](four a, four b) -> float {{
        const four c = a * b;
        return (c[0] + c[1]) + c[2];
    }};
    for (int t = first; t < last; ++t) {{
        const int* f = (const int*)faces.data + 3 * t;
        const four origin = three(at + 3 * f[0]);
        const four e1 = three(at + 3 * f[1]) - origin, e2 = three(at + 3 * f[2]) - origin;
        const float* b = (const float*)inverse_rest.data + 4 * t;  // rows
        const four fu = e1 * b[0] + e2 * b[2], fv = e1 * b[1] + e2 * b[3];
        const float a = area.data[t];
        const float* k = (const float*)stiffness.data + 3 * t;
        const float* end = (const float*)limit.data + 2 * t;
        const float* more = (const float*)lock.data + 2 * t;
        float tension[2], slope[2], turn[2], per[2];
        for (int j = 0; j < 2; ++j) {{
            const four way = j ? fv : fu;
            const float length = __builtin_sqrtf(dot(way, way)) + 1.0e-12f;
            const float strain = length - 1.0f, over = strain - end[j];
            const bool slack = strain < 0.0f, locked = !slack && over > 0.0f;
            tension[j] = k[j] * ((slack ? give : 1.0f) * strain + (locked ? more[j] * over : 0.0f));
            slope[j] = k[j] * ((slack ? give : 1.0f) + (locked ? more[j] : 0.0f));
            per[j] = 1.0f / length;
            turn[j] = tension[j] * per[j] > firm * k[j] ? tension[j] * per[j] : firm * k[j];
        }}
        const four du = fu * per[0], dv = fv * per[1];
        const float shear = a * k[2], c = shear * dot(fu, fv);
        const four gu = (a * tension[0]) * du + c * fv, gv = (a * tension[1]) * dv + c * fu;
        const wide huu = (a * (slope[0] - turn[0])) * OUTER(du, du) + (a * turn[0]) * unit + shear * OUTER(fv, fv);
        const wide hvv = (a * (slope[1] - turn[1])) * OUTER(dv, dv) + (a * turn[1]) * unit + shear * OUTER(fu, fu);
        const wide huv = shear * OUTER(fv, fu), hvu = shear * OUTER(fu, fv);
        const wide mixed = huv + hvu;
        const wide h11 = huu * (b[0] * b[0]) + mixed * (b[0] * b[1]) + hvv * (b[1] * b[1]);
        const wide h22 = huu * (b[2] * b[2]) + mixed * (b[2] * b[3]) + hvv * (b[3] * b[3]);
        const wide h12 = huu * (b[0] * b[2]) + huv * (b[0] * b[3]) + hvu * (b[1] * b[2]) + hvv * (b[1] * b[3]);
        // a triangle that is moved as a whole stores nothing: rows and columns sum to zero
        const wide h21 = TURNED(h12);
        const wide h01 = -(h11 + h21), h02 = -(h12 + h22), h10 = -(h11 + h12), h20 = -(h21 + h22);
        const wide all[9] = {{-(h01 + h02), h01, h02, h10, h11, h12, h20, h21, h22}};
        const int* slot = slots.data + 9 * t;
        for (int j = 0; j < 9; ++j) {{
            float* to = blocks + 9 * slot[j];
            *(eight*)to += __builtin_shufflevector(all[j], all[j], 0, 1, 2, 3, 4, 5, 6, 7);
            to[8] += all[j][8];
        }}
        const four g1 = gu * b[0] + gv * b[1], g2 = gu * b[2] + gv * b[3];
        const four pull[3] = {{-(g1 + g2), g1, g2}};
        for (int j = 0; j < 3; ++j)
            for (int m = 0; m < 3; ++m) out[3 * f[j] + m] += pull[j][m];
    }}
"""


@wp.func_native(_MEMBRANE)
def stretch_faces(
    x: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.vec3i),
    inverse_rest: wp.array(dtype=wp.mat22),
    area: wp.array(dtype=float),
    stiffness: wp.array(dtype=wp.vec3),
    limit: wp.array(dtype=wp.vec2),
    lock: wp.array(dtype=wp.vec2),
    give: float,
    firm: float,
    slots: wp.array2d(dtype=wp.int32),
    first: int,
    last: int,
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """Gradient and Hessian of triangles first to last."""
    ...


@wp.kernel
def bent_positions(
    x: wp.array(dtype=wp.vec3),
    start: wp.array(dtype=wp.vec3),
    damping: float,
    # outputs
    bent: wp.array(dtype=wp.vec3),
) -> None:
    """One vertex: what bending and its friction act upon, x + damping (x - start) [m]."""
    i = wp.tid()
    bent[i] = (1.0 + damping) * x[i] - damping * start[i]


@wp.kernel
def wide_bending_gradient(
    bent: wp.array(dtype=wp.vec3),
    strip_row: wp.array(dtype=wp.int32),
    strip: wp.array(dtype=wp.int32),
    count: int,
    # outputs
    gradient: wp.array(dtype=wp.vec3),
) -> None:
    """One chunk of vertices: add Q bent [N]; rows of Q sum to zero, and differences keep float32 digits."""
    first = wp.tid() * WIDE_FACES
    bend_rows(bent, strip_row, strip, first, wp.min(first + WIDE_FACES, count), gradient)


@wp.kernel
def wide_membrane(
    x: wp.array(dtype=wp.vec3),
    faces: wp.array(dtype=wp.vec3i),
    inverse_rest: wp.array(dtype=wp.mat22),
    area: wp.array(dtype=float),
    stiffness: wp.array(dtype=wp.vec3),
    limit: wp.array(dtype=wp.vec2),
    lock: wp.array(dtype=wp.vec2),
    give: float,
    firm: float,
    slots: wp.array2d(dtype=wp.int32),
    count: int,
    # outputs
    gradient: wp.array(dtype=wp.vec3),
    values: wp.array(dtype=wp.mat33),
) -> None:
    """One chunk of triangles: gradient [N] and positive semi-definite Hessian [N/m] of stretch and shear."""
    first = wp.tid() * WIDE_FACES
    stretch_faces(
        x, faces, inverse_rest, area, stiffness, limit, lock, give, firm, slots, first,
        wp.min(first + WIDE_FACES, count), gradient, values,
    )  # fmt: skip

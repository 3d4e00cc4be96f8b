"""Kernels of the conjugate gradient in wide registers of the CPU, which Warp's own 3x3 products do not use.

A row-major block of nine floats meets (q0 q1 q2 q0 q1 q2 q0 q1 q2) in one multiplication; what stands in the lanes beyond is never added up. Loads reach
past a block and past a vector: arrays of blocks and of vectors end in a spare element. Each kernel equals the
one of its name in `linear_kernels.py`, up to the order of sums.
"""

from __future__ import annotations

import warp as wp

wp.set_module_options({"enable_backward": False})

WIDE_CHUNK = wp.constant(256)  # rows of one thread

_TYPES = """
    typedef float wide __attribute__((vector_size(64), aligned(4)));
    typedef float four __attribute__((vector_size(16), aligned(4)));
"""
_TIMES = "__builtin_shufflevector(q, q, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 3, 3, 3, 3, 3, 3)"

_ROWS = f"""{_TYPES}
    const float* v = (const float*)values.data;
    const float* x = (const float*)p.data;
    float* y = (float*)product.data;
    for (int i = first; i < last; ++i) {{
        wide sum = {{}};
        four a = {{}}, b = {{}};
        int k = far_row.data[i];
        const int end = far_row.data[i + 1];
        for (; k + 1 < end; k += 2) {{
            a += far.data[k] * *(const four*)(x + 3 * far_column.data[k]);
            b += far.data[k + 1] * *(const four*)(x + 3 * far_column.data[k + 1]);
        }}
        if (k < end) a += far.data[k] * *(const four*)(x + 3 * far_column.data[k]);
        a = scale * (a + b);
        for (k = row.data[i]; k < row.data[i + 1]; ++k) {{
            const four q = *(const four*)(x + 3 * column.data[k]);
            sum += *(const wide*)(v + 9 * k) * {_TIMES};
        }}
        y[3 * i] = a[0] + ((sum[0] + sum[1]) + sum[2]);
        y[3 * i + 1] = a[1] + ((sum[3] + sum[4]) + sum[5]);
        y[3 * i + 2] = a[2] + ((sum[6] + sum[7]) + sum[8]);
    }}
"""


@wp.func_native(_ROWS)
def wide_rows(
    row: wp.array(dtype=wp.int32),
    column: wp.array(dtype=wp.int32),
    values: wp.array(dtype=wp.mat33),
    far_row: wp.array(dtype=wp.int32),
    far_column: wp.array(dtype=wp.int32),
    far: wp.array(dtype=float),
    scale: float,
    p: wp.array(dtype=wp.vec3),
    first: int,
    last: int,
    product: wp.array(dtype=wp.vec3),
) -> None:
    """Rows first to last of A p."""
    ...


_RESTRICT = f"""{_TYPES}
    const float* r = (const float*)residual.data;
    four a = {{}}, b = {{}};
    int m = first;
    for (; m + 1 < last; m += 2) {{
        a += *(const four*)(r + 3 * member.data[m]);
        b += *(const four*)(r + 3 * member.data[m + 1]);
    }}
    if (m < last) a += *(const four*)(r + 3 * member.data[m]);
    a += b;
    float* out = (float*)coarse.data + 3 * to;
    out[0] = a[0];
    out[1] = a[1];
    out[2] = a[2];
"""


@wp.func_native(_RESTRICT)
def wide_sum(
    member: wp.array(dtype=wp.int32),
    residual: wp.array(dtype=wp.vec3),
    first: int,
    last: int,
    to: int,
    coarse: wp.array(dtype=wp.vec3),
) -> None:
    """Sum of the residuals of members first to last."""
    ...


_INVERT = f"""{_TYPES}
    // an element that is written alone and then loaded with its row would stall: rows are masked instead
    static const float one[31] = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    float m[15][16];
    const int* who = member.data + 5 * patch;
    const int* at = slot.data + 25 * patch;
    const float* f = far.data + 25 * patch;
    for (int a = 0; a < 5; ++a) {{
        for (int b = 0; b < 5; ++b) {{
            float block[9] = {{}};
            if (at[5 * a + b] >= 0) {{
                const float* v = (const float*)values.data + 9 * at[5 * a + b];
                for (int k = 0; k < 9; ++k) block[k] = v[k];
            }} else block[0] = block[4] = block[8] = scale * f[5 * a + b];
            if (a == b) {{
                if (who[a] < 0) block[0] = block[4] = block[8] = 1.0f;
                else {{
                    const float* v = (const float*)extra.data + 9 * who[a];
                    for (int k = 0; k < 9; ++k) block[k] += v[k];
                }}
            }}
            for (int r = 0; r < 3; ++r)
                for (int k = 0; k < 3; ++k) m[3 * a + r][3 * b + k] = block[3 * r + k];
        }}
        for (int r = 0; r < 3; ++r) m[3 * a + r][15] = 0.0f;
    }}
    for (int k = 0; k < 15; ++k) {{
        const wide unit = *(const wide*)(one + 15 - k);
        const wide rest = 1.0f - unit;
        const wide pivot = (*(const wide*)m[k] * rest + unit) * (1.0f / m[k][k]);
        for (int i = 0; i < 15; ++i) {{
            const float c = m[i][k];
            *(wide*)m[i] = *(const wide*)m[i] * rest - c * pivot;
        }}
        *(wide*)m[k] = pivot;
    }}
    float* out = inverse.data + 240 * patch;
    for (int k = 0; k < 15; ++k) *(wide*)(out + 16 * k) = *(const wide*)m[k];
"""


@wp.func_native(_INVERT)
def wide_inverse(
    member: wp.array(dtype=wp.int32),
    slot: wp.array(dtype=wp.int32),
    far: wp.array(dtype=float),
    scale: float,
    values: wp.array(dtype=wp.mat33),
    extra: wp.array(dtype=wp.mat33),
    patch: int,
    inverse: wp.array(dtype=float),
) -> None:
    """Gauss-Jordan elimination of one patch's block of 15 rows; absent vertices have rows of the identity."""
    ...


_PRECONDITION = f"""{_TYPES}
    const float* r = (const float*)residual.data;
    const float* c = (const float*)correction.data;
    float* out = (float*)z.data;
    for (int patch = first; patch < last; ++patch) {{
        const int* who = member.data + 5 * patch;
        const float* m = inverse.data + 240 * patch;
        wide even = {{}}, odd = {{}};
        for (int a = 0; a < 5 && who[a] >= 0; ++a) {{
            const float* q = r + 3 * who[a];
            even += q[0] * *(const wide*)(m + 48 * a);
            odd += q[1] * *(const wide*)(m + 48 * a + 16);
            even += q[2] * *(const wide*)(m + 48 * a + 32);
        }}
        even += odd;
        float line[16];
        *(wide*)line = even;
        for (int a = 0; a < 5 && who[a] >= 0; ++a) {{
            const float* add = c + 3 * aggregate.data[who[a]];
            float* to = out + 3 * who[a];
            to[0] = line[3 * a] + add[0];
            to[1] = line[3 * a + 1] + add[1];
            to[2] = line[3 * a + 2] + add[2];
        }}
    }}
"""


@wp.func_native(_PRECONDITION)
def wide_precondition_patches(
    member: wp.array(dtype=wp.int32),
    inverse: wp.array(dtype=float),
    residual: wp.array(dtype=wp.vec3),
    aggregate: wp.array(dtype=wp.int32),
    correction: wp.array(dtype=wp.vec3),
    first: int,
    last: int,
    z: wp.array(dtype=wp.vec3),
) -> None:
    """Patches first to last of D^-1 r + the correction."""
    ...


@wp.kernel
def wide_multiply(
    row: wp.array(dtype=wp.int32),
    column: wp.array(dtype=wp.int32),
    values: wp.array(dtype=wp.mat33),
    far_row: wp.array(dtype=wp.int32),
    far_column: wp.array(dtype=wp.int32),
    far: wp.array(dtype=float),
    scale: float,
    p: wp.array(dtype=wp.vec3),
    chunk: int,
    count: int,
    # outputs
    product: wp.array(dtype=wp.vec3),
) -> None:
    """One chunk of vertices, from `chunk` on: its rows of A p; pairs that only bending couples have a scalar, times `scale`."""
    first = (chunk + wp.tid()) * WIDE_CHUNK
    last = wp.min(first + WIDE_CHUNK, count)
    wide_rows(row, column, values, far_row, far_column, far, scale, p, first, last, product)


@wp.kernel
def wide_restrict(
    member_row: wp.array(dtype=wp.int32),
    member: wp.array(dtype=wp.int32),
    residual: wp.array(dtype=wp.vec3),
    # outputs
    coarse: wp.array(dtype=wp.vec3),
) -> None:
    """One aggregate: the sum of its vertices' residuals."""
    a = wp.tid()
    wide_sum(member, residual, member_row[a], member_row[a + 1], a, coarse)


@wp.kernel
def invert_patches(
    member: wp.array(dtype=wp.int32),
    slot: wp.array(dtype=wp.int32),
    far: wp.array(dtype=float),
    scale: float,
    values: wp.array(dtype=wp.mat33),
    extra: wp.array(dtype=wp.mat33),
    first: int,
    # outputs
    inverse: wp.array(dtype=float),
) -> None:
    """One patch of five vertices, from `first` on: the inverse of its part of the matrix, 15 rows of 16 numbers.

    member (P, 5) are its vertices, -1 for none; slot (P, 25) says where the pairs' blocks are, -1 where only bending couples (far).
    """
    wide_inverse(member, slot, far, scale, values, extra, first + wp.tid(), inverse)


@wp.kernel
def wide_precondition(
    chunk: int,
    patches: int,
    member: wp.array(dtype=wp.int32),
    inverse: wp.array(dtype=float),
    residual: wp.array(dtype=wp.vec3),
    aggregate: wp.array(dtype=wp.int32),
    correction: wp.array(dtype=wp.vec3),
    # outputs
    z: wp.array(dtype=wp.vec3),
) -> None:
    """One chunk of patches, from `chunk` on: z = D^-1 r + the correction of each vertex's aggregate, D^-1 the inverses of the patches."""
    first = (chunk + wp.tid()) * WIDE_CHUNK
    last = wp.min(first + WIDE_CHUNK, patches)
    wide_precondition_patches(member, inverse, residual, aggregate, correction, first, last, z)

"""Conjugate gradients on the CPU as one native kernel that two threads work on together, in wide registers.

The descent is a sequence of stages (product, preconditioner, ...), each cut into chunks. One thread leads: it opens a stage, takes chunks
from its front, waits until all are done, forms the scalars and opens the next. Another may help: it takes chunks from the back of whatever stage
is open. A chunk writes what is its own, and sums run over chunks in their order: the bytes do not depend on who worked.
Whoever waits does so for a bounded time and returns to Python, which yields and comes back: the state of the descent is in arrays. The leader needs
no helper, and waits only for chunks that one has taken.

A row-major block of nine floats meets (q0 q1 q2 q0 q1 q2 q0 q1 q2) in one multiplication; bending's scalars meet strips of five neighbours in the
numbering. What stands in the lanes beyond is never added up. Loads reach past a block and past a vector: arrays of these end in spare elements.
"""

from __future__ import annotations

import warp as wp

wp.set_module_options({"enable_backward": False})

STAGES = ("end", "invert", "middle", "start", "coarse", "precondition", "turn", "touch", "product", "update")
STATE = 64  # int32: word (two) at 0, chunks that the helper has done at 16, the leader's own from 32 on
OWN, STAGE, ITERATION, CHUNKS, TOUCHES = 32, 33, 34, 35, 36
SCALARS = 5  # r.z, the first one, the last one, alpha, beta
PATCHES, AGGREGATES, COARSE_ROWS, MIDDLES, TOUCHING, INVERSES = 64, 4, 32, 64, 256, 16  # of a chunk
LEAD, HELP, ALONE = 0, 1, 2

REGISTERS = """
    typedef float wide __attribute__((vector_size(64), aligned(4)));
    typedef float eight __attribute__((vector_size(32), aligned(4)));
    typedef float four __attribute__((vector_size(16), aligned(4)));
// each of five weights three times, for a strip; three numbers three times over, for the rows of a block; each of them three times
#define FIVE(e) __builtin_shufflevector(e, e, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4, 4)
#define OVER(q) __builtin_shufflevector(q, q, 0, 1, 2, 0, 1, 2, 0, 1, 2, 3, 3, 3, 3, 3, 3, 3)
#define EACH(q) __builtin_shufflevector(q, q, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3)
"""

_TYPES = f"""{REGISTERS}
    enum {{ {", ".join(name.upper() for name in STAGES)} }};
"""

_INVERT = """
    auto invert = [&](int patch) {
        float m[15][16];
        const int* who = patch_member.data + 5 * patch;
        const int* at = patch_slot.data + 25 * patch;
        const float* f = patch_far.data + 25 * patch;
        for (int a = 0; a < 5; ++a) {
            for (int b = 0; b < 5; ++b) {
                float block[9] = {};
                if (at[5 * a + b] >= 0) {
                    const float* v = (const float*)values.data + 9 * at[5 * a + b];
                    for (int k = 0; k < 9; ++k) block[k] = v[k];
                } else block[0] = block[4] = block[8] = scale * f[5 * a + b];
                if (a == b) {
                    if (who[a] < 0) block[0] = block[4] = block[8] = 1.0f;
                    else {
                        const float* v = (const float*)extra.data + 9 * who[a];
                        for (int k = 0; k < 9; ++k) block[k] += v[k];
                    }
                }
                for (int r = 0; r < 3; ++r)
                    for (int k = 0; k < 3; ++k) m[3 * a + r][3 * b + k] = block[3 * r + k];
            }
            for (int r = 0; r < 3; ++r) m[3 * a + r][15] = 0.0f;
        }
        wide line[15];  // stays in registers
#pragma clang loop unroll(full)
        for (int k = 0; k < 15; ++k) line[k] = *(const wide*)m[k];
#pragma clang loop unroll(full)
        for (int k = 0; k < 15; ++k) {
            wide pivot = line[k];
            const float whole = 1.0f / pivot[k];
            pivot[k] = 1.0f;
            pivot *= whole;
#pragma clang loop unroll(full)
            for (int i = 0; i < 15; ++i) {
                const float c = line[i][k];
                line[i][k] = 0.0f;
                line[i] -= c * pivot;
            }
            line[k] = pivot;
        }
        float* out = patch_inverse.data + 240 * patch;
#pragma clang loop unroll(full)
        for (int k = 0; k < 15; ++k) *(wide*)(out + 16 * k) = line[k];
    };
"""

_MIDDLE = """
    auto invert_middle = [&](int m) {
        double a[9] = {};
        a[0] = a[4] = a[8] = scale * middle_far.data[m];
        for (int k = middle_row.data[m]; k < middle_row.data[m + 1]; ++k) {
            const int i = middle_member.data[k];
            const float* own = (const float*)extra.data + 9 * i;
            for (int j = 0; j < 9; ++j) a[j] += own[j];
            for (int e = row.data[i]; e < row.data[i + 1]; ++e) {
                if (middle.data[column.data[e]] != m) continue;
                const float* v = (const float*)values.data + 9 * e;
                for (int j = 0; j < 9; ++j) a[j] += v[j];
            }
        }
        const double c0 = a[4] * a[8] - a[5] * a[7], c1 = a[5] * a[6] - a[3] * a[8], c2 = a[3] * a[7] - a[4] * a[6];
        const double per = 1.0 / (a[0] * c0 + a[1] * c1 + a[2] * c2);
        const double inverse[9] = {
            c0, a[2] * a[7] - a[1] * a[8], a[1] * a[5] - a[2] * a[4], c1, a[0] * a[8] - a[2] * a[6],
            a[2] * a[3] - a[0] * a[5], c2, a[1] * a[6] - a[0] * a[7], a[0] * a[4] - a[1] * a[3]};
        for (int j = 0; j < 9; ++j) middle_inverse.data[9 * m + j] = (float)(per * inverse[j]);
    };
    auto correct_middle = [&](int m) {
        four t = {};
        for (int k = middle_row.data[m]; k < middle_row.data[m + 1]; ++k) t += *(const four*)(r + 3 * middle_member.data[k]);
        const float* h = middle_inverse.data + 9 * m;
        for (int j = 0; j < 3; ++j)
            middle_correction.data[3 * m + j] = h[3 * j] * t[0] + h[3 * j + 1] * t[1] + h[3 * j + 2] * t[2];
    };
"""

_PRECONDITION = """
    auto precondition = [&](int patch) -> double {
        const int* who = patch_member.data + 5 * patch;
        const float* m = patch_inverse.data + 240 * patch;
        wide even = {}, odd = {};
        for (int a = 0; a < 5 && who[a] >= 0; ++a) {
            const float* q = r + 3 * who[a];
            even += q[0] * *(const wide*)(m + 48 * a);
            odd += q[1] * *(const wide*)(m + 48 * a + 16);
            even += q[2] * *(const wide*)(m + 48 * a + 32);
        }
        even += odd;
        float line[16];
        *(wide*)line = even;
        double dot = 0.0;
        for (int a = 0; a < 5 && who[a] >= 0; ++a) {
            const float* add = correction + 3 * aggregate.data[who[a]];
            const float* more = middle_correction.data + 3 * middle.data[who[a]];
            const float* q = r + 3 * who[a];
            float* to = (float*)z.data + 3 * who[a];
            const float z0 = line[3 * a] + (add[0] + more[0]);
            const float z1 = line[3 * a + 1] + (add[1] + more[1]);
            const float z2 = line[3 * a + 2] + (add[2] + more[2]);
            to[0] = z0;
            to[1] = z1;
            to[2] = z2;
            dot += q[0] * z0 + q[1] * z1 + q[2] * z2;
        }
        return dot;
    };
"""

_PRODUCT = """
    auto multiply = [&](int i) -> double {
        const float* v = (const float*)values.data;
        const float* x = (const float*)p.data;
        wide a = {}, b = {}, c = {}, d = {};
        int k = strip_row.data[i];
        int end = strip_row.data[i + 1];
        const int* from = strip.data + 6 * k;
        for (; k + 1 < end; k += 2, from += 12) {
            const eight e = *(const eight*)(from + 1), f = *(const eight*)(from + 7);
            c += *(const wide*)(x + from[0]) * FIVE(e);
            d += *(const wide*)(x + from[6]) * FIVE(f);
        }
        if (k < end) {
            const eight e = *(const eight*)(from + 1);
            c += *(const wide*)(x + from[0]) * FIVE(e);
        }
        c += d;
        k = row.data[i];
        end = row.data[i + 1];
        for (; k + 1 < end; k += 2) {
            const four q = *(const four*)(x + 3 * column.data[k]), s = *(const four*)(x + 3 * column.data[k + 1]);
            a += *(const wide*)(v + 9 * k) * OVER(q);
            b += *(const wide*)(v + 9 * k + 9) * OVER(s);
        }
        if (k < end) {
            const four q = *(const four*)(x + 3 * column.data[k]);
            a += *(const wide*)(v + 9 * k) * OVER(q);
        }
        a += b;
        float y0 = scale * ((c[0] + c[3]) + (c[6] + c[9]) + c[12]) + ((a[0] + a[1]) + a[2]);
        float y1 = scale * ((c[1] + c[4]) + (c[7] + c[10]) + c[13]) + ((a[3] + a[4]) + a[5]);
        float y2 = scale * ((c[2] + c[5]) + (c[8] + c[11]) + c[14]) + ((a[6] + a[7]) + a[8]);
        if (touches)
            for (k = touch_row.data[i]; k < touch_row.data[i + 1]; ++k) {
                const int e = touch_entry.data[k];
                const float share = ((const float*)weights.data)[4 * touch.data[e >> 2] + (e & 3)];
                const float* f = (const float*)touch_force.data + 3 * (e >> 2);
                y0 += share * f[0];
                y1 += share * f[1];
                y2 += share * f[2];
            }
        float* y = (float*)product.data + 3 * i;
        y[0] = y0;
        y[1] = y1;
        y[2] = y2;
        return x[3 * i] * y0 + x[3 * i + 1] * y1 + x[3 * i + 2] * y2;
    };
"""

_TOUCH = """
    auto press = [&](int k) {
        const int c = touch.data[k];
        const float* x = (const float*)p.data;
        const float* share = (const float*)weights.data + 4 * c;
        const int* who = (const int*)pair.data + 4 * c;
        const float* n = (const float*)normal.data + 3 * c;
        float u[3] = {};
        for (int a = 0; a < 4; ++a)
            for (int j = 0; j < 3; ++j) u[j] += share[a] * x[3 * who[a] + j];
        const float far = n[0] * u[0] + n[1] * u[1] + n[2] * u[2];
        float* f = (float*)touch_force.data + 3 * k;
        for (int j = 0; j < 3; ++j) f[j] = along.data[c] * far * n[j] + across.data[c] * (u[j] - far * n[j]);
    };
"""

_WORK = f"""{_TYPES}
    const int touches = state.data[{TOUCHES}];
    const float* r = (const float*)residual.data;
    const float* correction = (const float*)coarse_correction.data;
    {_INVERT}{_MIDDLE}{_PRECONDITION}{_TOUCH}{_PRODUCT}
    auto between = [](int chunk, int size, int count, int& first, int& last) {{
        first = chunk * size;
        last = first + size < count ? first + size : count;
    }};
    auto pieces = [](int items, int size) -> int {{ return (items + size - 1) / size; }};
    const int coarse_chunks = pieces(3 * aggregates, {COARSE_ROWS});
    auto chunks_of = [&](int stage) -> int {{
        switch (stage) {{
            case INVERT: return pieces(patches, {INVERSES});
            case MIDDLE: return pieces(middles, {MIDDLES});
            case START:
            case UPDATE: return pieces(aggregates, {AGGREGATES});
            case COARSE: return coarse_chunks + pieces(middles, {MIDDLES});
            case PRECONDITION: return pieces(patches, {PATCHES});
            case TOUCH: return pieces(touches, {TOUCHING});
            default: return pieces(count, chunk_rows);
        }}
    }};
    auto work = [&](int stage, int chunk) {{
        int first, last;
        if (stage == INVERT) {{
            between(chunk, {INVERSES}, patches, first, last);
            for (int i = first; i < last; ++i) invert(i);
        }} else if (stage == START || stage == UPDATE) {{
            between(chunk, {AGGREGATES}, aggregates, first, last);
            const float alpha = stage == START ? 0.0f : (float)scalars.data[3];
            const float* g = (const float*)gradient.data;
            float* way = (float*)p.data;
            const float* y = (const float*)product.data;
            float* left = (float*)residual.data;
            float* s = (float*)step.data;
            for (int b = first; b < last; ++b) {{
                four total = {{}};
                for (int k = member_row.data[b]; k < member_row.data[b + 1]; ++k) {{
                    const int i = 3 * member.data[k];
                    four now;
                    if (stage == START) {{
                        now = -*(const four*)(g + i);
                        for (int j = 0; j < 3; ++j) s[i + j] = way[i + j] = 0.0f;
                    }} else {{
                        now = *(const four*)(left + i) - alpha * *(const four*)(y + i);
                        const four moved = *(const four*)(s + i) + alpha * *(const four*)(way + i);
                        for (int j = 0; j < 3; ++j) s[i + j] = moved[j];
                    }}
                    for (int j = 0; j < 3; ++j) left[i + j] = now[j];
                    total += now;
                }}
                float* to = (float*)coarse_residual.data + 3 * b;
                for (int j = 0; j < 3; ++j) to[j] = total[j];
            }}
        }} else if (stage == MIDDLE) {{
            between(chunk, {MIDDLES}, middles, first, last);
            for (int i = first; i < last; ++i) invert_middle(i);
        }} else if (stage == COARSE && chunk >= coarse_chunks) {{
            between(chunk - coarse_chunks, {MIDDLES}, middles, first, last);
            for (int i = first; i < last; ++i) correct_middle(i);
        }} else if (stage == COARSE) {{
            between(chunk, {COARSE_ROWS}, 3 * aggregates, first, last);
            const float* x = (const float*)coarse_residual.data;
            for (int i = first; i < last; ++i) {{
                const float* m = coarse.data + (long long)coarse_stride * i;
                wide a = {{}}, b = {{}};
                for (int k = 0; k < coarse_stride; k += 32) {{
                    a += *(const wide*)(m + k) * *(const wide*)(x + k);
                    b += *(const wide*)(m + k + 16) * *(const wide*)(x + k + 16);
                }}
                a += b;
                float total = 0.0f;
                for (int k = 0; k < 16; ++k) total += a[k];
                ((float*)coarse_correction.data)[i] = total;
            }}
        }} else if (stage == PRECONDITION) {{
            between(chunk, {PATCHES}, patches, first, last);
            double dot = 0.0;
            for (int i = first; i < last; ++i) dot += precondition(i);
            partial.data[chunk] = dot;
        }} else if (stage == TURN) {{
            between(chunk, chunk_rows, count, first, last);
            const float beta = (float)scalars.data[4];
            float* to = (float*)p.data;
            const float* from = (const float*)z.data;
            for (int k = 3 * first; k + 16 <= 3 * last; k += 16) *(wide*)(to + k) = *(const wide*)(from + k) + beta * *(const wide*)(to + k);
            for (int k = 3 * last - 3 * (last - first) % 16; k < 3 * last; ++k) to[k] = from[k] + beta * to[k];
        }} else if (stage == TOUCH) {{
            between(chunk, {TOUCHING}, touches, first, last);
            for (int k = first; k < last; ++k) press(k);
        }} else {{
            between(chunk, chunk_rows, count, first, last);
            double dot = 0.0;
            for (int i = first; i < last; ++i) dot += multiply(i);
            partial.data[chunk] = dot;
        }}
    }};
"""

_CREW = f"""{_WORK}
    int* own = state.data + {OWN};
    if (role == {ALONE}) {{
        for (int chunk = 0; chunk < chunks_of(alone); ++chunk) work(alone, chunk);
        return;
    }}
    // word: number of the stage (24 bits), its kind (8), first chunk that is left (16), end of those (16)
    typedef unsigned long long number;
    number* word = (number*)state.data;
    int* done = state.data + 16;
    auto rest = []() {{
#if defined(__x86_64__) || defined(_M_X64)
        __builtin_ia32_pause();
#endif
    }};
    auto take = [&](bool back, int& stage, int& chunk) -> bool {{
        number now = __atomic_load_n(word, __ATOMIC_ACQUIRE);
        for (;;) {{
            stage = (int)(now >> 32 & 0xff);
            const int first = (int)(now >> 16 & 0xffff), end = (int)(now & 0xffff);
            if (stage == END || first >= end) return false;
            chunk = back ? end - 1 : first;
            if (__atomic_compare_exchange_n(word, &now, back ? now - 1 : now + 0x10000, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return true;
        }}
    }};
    int stage, chunk;
    if (role == {HELP}) {{
        for (int idle = 0; idle < patience;) {{
            if (take(true, stage, chunk)) {{
                work(stage, chunk);
                __atomic_fetch_add(done, 1, __ATOMIC_RELEASE);
                idle = 0;
            }} else if (stage == END) return;
            else {{
                ++idle;
                rest();
            }}
        }}
        return;
    }}
    auto open = [&](int kind) {{
        own[0] = 0;
        own[1] = kind;
        own[3] = chunks_of(kind);
        __atomic_store_n(done, 0, __ATOMIC_RELAXED);
        const number which = (*word >> 40) + 1;
        __atomic_store_n(word, which << 40 | (number)kind << 32 | (number)own[3], __ATOMIC_RELEASE);
    }};
    auto sum = [&]() -> double {{
        double total = 0.0;
        for (int k = 0; k < own[3]; ++k) total += partial.data[k];
        return total;
    }};
    double* q = scalars.data;
    if (own[1] == END) {{
        own[2] = 0;
        q[2] = 0.0;
        open(INVERT);
    }}
    for (;;) {{
        while (take(false, stage, chunk)) {{
            work(stage, chunk);
            ++own[0];
        }}
        int idle = 0;
        while (__atomic_load_n(done, __ATOMIC_ACQUIRE) < own[3] - own[0]) {{
            if (++idle > patience) return;  // the helper sleeps: so may we
            rest();
        }}
        switch (own[1]) {{
            case INVERT: open(MIDDLE); break;
            case MIDDLE: open(START); break;
            case START: open(COARSE); break;
            case COARSE: open(PRECONDITION); break;
            case PRECONDITION:
                q[0] = sum();
                if (own[2] == 0) q[1] = q[0];
                if (own[2] > 0 && q[0] <= tolerance * tolerance * q[1]) {{
                    open(END);
                    return;
                }}
                q[4] = q[2] > 0.0 ? q[0] / q[2] : 0.0;
                q[2] = q[0];
                open(TURN);
                break;
            case TURN: open(touches ? TOUCH : PRODUCT); break;
            case TOUCH: open(PRODUCT); break;
            case PRODUCT: {{
                const double curve = sum();
                q[3] = curve > 0.0 ? q[0] / curve : 0.0;
                open(UPDATE);
                break;
            }}
            default:
                open(++own[2] == iterations ? END : COARSE);
                if (own[1] == END) return;
        }}
    }}
"""


@wp.func_native(_CREW)
def work_together(
    row: wp.array(dtype=wp.int32),
    column: wp.array(dtype=wp.int32),
    values: wp.array(dtype=wp.mat33),
    strip_row: wp.array(dtype=wp.int32),
    strip: wp.array(dtype=wp.int32),
    scale: float,
    patches: int,
    patch_member: wp.array(dtype=wp.int32),
    patch_slot: wp.array(dtype=wp.int32),
    patch_far: wp.array(dtype=float),
    extra: wp.array(dtype=wp.mat33),
    aggregates: int,
    aggregate: wp.array(dtype=wp.int32),
    member_row: wp.array(dtype=wp.int32),
    member: wp.array(dtype=wp.int32),
    coarse: wp.array(dtype=float),
    coarse_stride: int,
    middles: int,
    middle: wp.array(dtype=wp.int32),
    middle_row: wp.array(dtype=wp.int32),
    middle_member: wp.array(dtype=wp.int32),
    middle_far: wp.array(dtype=float),
    pair: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=wp.vec4),
    normal: wp.array(dtype=wp.vec3),
    along: wp.array(dtype=float),
    across: wp.array(dtype=float),
    touch: wp.array(dtype=wp.int32),
    touch_row: wp.array(dtype=wp.int32),
    touch_entry: wp.array(dtype=wp.int32),
    gradient: wp.array(dtype=wp.vec3),
    count: int,
    iterations: int,
    tolerance: float,
    patience: int,
    role: int,
    alone: int,
    chunk_rows: int,
    patch_inverse: wp.array(dtype=float),
    middle_inverse: wp.array(dtype=float),
    residual: wp.array(dtype=wp.vec3),
    step: wp.array(dtype=wp.vec3),
    p: wp.array(dtype=wp.vec3),
    z: wp.array(dtype=wp.vec3),
    product: wp.array(dtype=wp.vec3),
    coarse_residual: wp.array(dtype=float),
    coarse_correction: wp.array(dtype=float),
    middle_correction: wp.array(dtype=float),
    touch_force: wp.array(dtype=wp.vec3),
    partial: wp.array(dtype=wp.float64),
    scalars: wp.array(dtype=wp.float64),
    state: wp.array(dtype=wp.int32),
) -> None:
    """Lead the descent, help in it, or do one stage alone."""
    ...


@wp.kernel
def descend_together(
    row: wp.array(dtype=wp.int32),
    column: wp.array(dtype=wp.int32),
    values: wp.array(dtype=wp.mat33),
    strip_row: wp.array(dtype=wp.int32),
    strip: wp.array(dtype=wp.int32),
    scale: float,
    patches: int,
    patch_member: wp.array(dtype=wp.int32),
    patch_slot: wp.array(dtype=wp.int32),
    patch_far: wp.array(dtype=float),
    extra: wp.array(dtype=wp.mat33),
    aggregates: int,
    aggregate: wp.array(dtype=wp.int32),
    member_row: wp.array(dtype=wp.int32),
    member: wp.array(dtype=wp.int32),
    coarse: wp.array(dtype=float),
    coarse_stride: int,
    middles: int,
    middle: wp.array(dtype=wp.int32),
    middle_row: wp.array(dtype=wp.int32),
    middle_member: wp.array(dtype=wp.int32),
    middle_far: wp.array(dtype=float),
    pair: wp.array(dtype=wp.vec4i),
    weights: wp.array(dtype=wp.vec4),
    normal: wp.array(dtype=wp.vec3),
    along: wp.array(dtype=float),
    across: wp.array(dtype=float),
    touch: wp.array(dtype=wp.int32),
    touch_row: wp.array(dtype=wp.int32),
    touch_entry: wp.array(dtype=wp.int32),
    gradient: wp.array(dtype=wp.vec3),
    count: int,
    iterations: int,
    tolerance: float,
    patience: int,
    role: int,
    alone: int,
    chunk_rows: int,
    # outputs
    patch_inverse: wp.array(dtype=float),
    middle_inverse: wp.array(dtype=float),
    residual: wp.array(dtype=wp.vec3),
    step: wp.array(dtype=wp.vec3),
    p: wp.array(dtype=wp.vec3),
    z: wp.array(dtype=wp.vec3),
    product: wp.array(dtype=wp.vec3),
    coarse_residual: wp.array(dtype=float),
    coarse_correction: wp.array(dtype=float),
    middle_correction: wp.array(dtype=float),
    touch_force: wp.array(dtype=wp.vec3),
    partial: wp.array(dtype=wp.float64),
    scalars: wp.array(dtype=wp.float64),
    state: wp.array(dtype=wp.int32),
) -> None:
    """Single thread: lead a whole descent (A step = -gradient), help in it, or do the stage `alone`.

    Patches of five vertices have inverses of 15 rows of 16 numbers; member (P, 5) are its vertices, -1 for none; slot (P, 25) says where
    the pairs' blocks are, -1 where only bending couples (far). A strip is a column, times 3, and the bits of the weights of five columns from there on.
    """
    work_together(
        row, column, values, strip_row, strip, scale, patches, patch_member, patch_slot, patch_far, extra, aggregates, aggregate,
        member_row, member, coarse, coarse_stride, middles, middle, middle_row, middle_member, middle_far, pair, weights, normal,
        along, across, touch, touch_row, touch_entry, gradient, count, iterations, tolerance, patience, role, alone, chunk_rows,
        patch_inverse, middle_inverse, residual, step, p, z, product, coarse_residual, coarse_correction, middle_correction,
        touch_force, partial, scalars, state,
    )  # fmt: skip


_LIST = f"""
    int found = 0;
    const unsigned* bits = (const unsigned*)along.data;
    for (int c = 0; c < pairs; c += 64) {{
        const int end = c + 64 < pairs ? c + 64 : pairs;
        unsigned any = 0;
        for (int k = c; k < end; ++k) any |= bits[k];
        for (int k = c; any && k < end; ++k) {{
            if (bits[k] == 0) continue;
            if (found < capacity) touch.data[found] = k;
            ++found;
        }}
    }}
    state.data[{TOUCHES}] = found;
    if (found == 0 || found > capacity) return;
    int* start = touch_row.data;
    for (int i = 0; i <= count; ++i) start[i] = 0;
    const int* who = (const int*)pair.data;
    for (int k = 0; k < found; ++k)
        for (int a = 0; a < 4; ++a) ++start[who[4 * touch.data[k] + a]];
    for (int i = 0; i < count; ++i) start[i + 1] += start[i];
    for (int k = found - 1; k >= 0; --k)
        for (int a = 3; a >= 0; --a) touch_entry.data[--start[who[4 * touch.data[k] + a]]] = 4 * k + a;
"""


@wp.func_native(_LIST)
def list_them(
    pairs: int,
    pair: wp.array(dtype=wp.vec4i),
    along: wp.array(dtype=float),
    count: int,
    capacity: int,
    touch: wp.array(dtype=wp.int32),
    touch_row: wp.array(dtype=wp.int32),
    touch_entry: wp.array(dtype=wp.int32),
    state: wp.array(dtype=wp.int32),
) -> None:
    """List the pairs that touch, and for each vertex the corners of these that it is."""
    ...


@wp.kernel
def list_touching(
    pairs: int,
    pair: wp.array(dtype=wp.vec4i),
    along: wp.array(dtype=float),
    count: int,
    capacity: int,
    # outputs
    touch: wp.array(dtype=wp.int32),
    touch_row: wp.array(dtype=wp.int32),
    touch_entry: wp.array(dtype=wp.int32),
    state: wp.array(dtype=wp.int32),
) -> None:
    """Single thread: the pairs that touch, as many as the capacity holds; how many there are goes into the state."""
    list_them(pairs, pair, along, count, capacity, touch, touch_row, touch_entry, state)

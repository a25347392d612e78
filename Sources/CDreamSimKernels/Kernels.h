/*
 * The kernels, written once. Each Kernels+*.c includes this file for one kind of processor, after it has set the
 * compiler's target, LANES (floats a register), KIND (the kind's name) and KERNEL(name), which adds the kind to a name.
 */
#include <math.h>

#include "CDreamSimKernels.h"
#include "Lanes.h"
#include "Completion.h"

/* Row by row e[i] = exp(scale * (x[i] - maximum)), in place; the sums' inverses go to `inverse`. */
static void KERNEL(exponentials)(float *x, size_t rows, size_t width, size_t stride, float scale, float *inverse) {
    const size_t whole = width / WIDE * WIDE;
    for (size_t r = 0; r < rows; r++, x += stride) {
        wide highest = wide_splat(x[0]), total = wide_splat(0);
        for (size_t i = 0; i < whole; i += WIDE)
            UNROLLED for (int p = 0; p < PARTS; p++)
                highest.part[p] = __builtin_elementwise_max(highest.part[p], load(x + i + p * LANES));
        for (int p = 0; whole + p * LANES < width; p++)
            highest.part[p] =
                __builtin_elementwise_max(highest.part[p], load_until(x, whole + p * LANES, width, x[0]));
        const float shift = -wide_maximum(highest) * scale;
        for (size_t i = 0; i < whole; i += WIDE) {
            UNROLLED for (int p = 0; p < PARTS; p++) {
                const lanes e = exponential(load(x + i + p * LANES) * scale + shift);
                store(x + i + p * LANES, e);
                total.part[p] += e;
            }
        }
        for (int p = 0; whole + p * LANES < width; p++) {
            const size_t i = whole + p * LANES;
            store_until(x, i, width, exponential(load_until(x, i, width, 0) * scale + shift));
            total.part[p] += load_until(x, i, width, 0);
        }
        inverse[r] = 1.0f / wide_sum(total);
    }
}

static void KERNEL(softmax)(float *x, size_t rows, size_t width, size_t stride, float scale) {
    for (size_t r = 0; r < rows; r++, x += stride) {
        float inverse;
        KERNEL(exponentials)(x, 1, width, stride, scale, &inverse);
        for (size_t i = 0; i < width; i++)
            x[i] *= inverse;
    }
}

/* The mean of a row, and what its deviations are multiplied with. */
INLINE void moments_of_row(const float *x, size_t width, float epsilon, float *mean, float *scale) {
    const size_t whole = width / WIDE * WIDE;
    const float inverse_width = 1.0f / (float)width;
    wide total = wide_splat(0), squares = wide_splat(0);
    for (size_t i = 0; i < whole; i += WIDE)
        UNROLLED for (int p = 0; p < PARTS; p++)
            total.part[p] += load(x + i + p * LANES);
    for (int p = 0; whole + p * LANES < width; p++)
        total.part[p] += load_until(x, whole + p * LANES, width, 0);
    *mean = wide_sum(total) * inverse_width;
    for (size_t i = 0; i < whole; i += WIDE) {
        UNROLLED for (int p = 0; p < PARTS; p++) {
            const lanes deviation = load(x + i + p * LANES) - *mean;
            squares.part[p] += deviation * deviation;
        }
    }
    for (int p = 0; whole + p * LANES < width; p++) {
        /* The mean beyond the row makes the deviation there zero. */
        const lanes deviation = load_until(x, whole + p * LANES, width, *mean) - *mean;
        squares.part[p] += deviation * deviation;
    }
    *scale = 1.0f / sqrtf(wide_sum(squares) * inverse_width + epsilon);
}

/* A part of a row, normalized. */
INLINE void normalize(const float *x, size_t count, float mean, float scale, const float *gamma, const float *beta,
                      float *y) {
    for (size_t i = 0; i < count; i += LANES)
        store_until(y, i, count,
                    (load_until(x, i, count, 0) - mean) * scale * load_until(gamma, i, count, 0) +
                        load_until(beta, i, count, 0));
}

static void KERNEL(layer_norm)(const float *x, size_t rows, size_t width, const float *gamma, const float *beta,
                               float epsilon, float *y) {
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        float mean, scale;
        moments_of_row(x, width, epsilon, &mean, &scale);
        normalize(x, width, mean, scale, gamma, beta, y);
    }
}

static float KERNEL(dot)(const float *a, const float *b, size_t count) {
    enum { SUMS = 4 };
    wide total[SUMS] = {wide_splat(0), wide_splat(0), wide_splat(0), wide_splat(0)};
    size_t i = 0;
    for (; i + SUMS * WIDE <= count; i += SUMS * WIDE)
        UNROLLED for (int j = 0; j < SUMS; j++)
            UNROLLED for (int p = 0; p < PARTS; p++) {
                const size_t at = i + j * WIDE + p * LANES;
                total[j].part[p] += load(a + at) * load(b + at);
            }
    for (int p = 0; p < PARTS; p++)
        total[0].part[p] += total[1].part[p] + (total[2].part[p] + total[3].part[p]);
    for (; i < count; i += WIDE)
        for (int p = 0; p < PARTS && i + p * LANES < count; p++)
            total[0].part[p] += load_until(a, i + p * LANES, count, 0) * load_until(b, i + p * LANES, count, 0);
    return wide_sum(total[0]);
}

static void KERNEL(standardize)(const float *x, size_t count, float mean, float deviation, float *y) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        store(y + i, (load(x + i) - mean) / deviation);
    for (; i < count; i++)
        y[i] = (x[i] - mean) / deviation;
}

INLINE void rotate_pairs(float *a, float *b, size_t step, size_t count, const float *cosines, const float *sines,
                         float direction) {
    for (size_t i = 0; i < count; i++) {
        const float x = a[i * step], y = b[i * step], s = sines[i] * direction;
        a[i * step] = x * cosines[i] - y * s;
        b[i * step] = y * cosines[i] + x * s;
    }
}

static void KERNEL(rotate)(const struct dsv_rotation *of) {
    const size_t half = of->width / 2;
    const float direction = of->backwards ? -1 : 1;
    for (size_t r = 0; r < of->rows; r++) {
        const float *const c = of->cosines + r * half, *const s = of->sines + r * half;
        for (size_t h = 0; h < of->heads; h++) {
            float *const head = of->x + r * of->stride + h * of->width;
            if (of->neighbors) {
                rotate_pairs(head, head + 1, 2, half, c, s, direction);
                continue;
            }
            size_t i = 0;
            for (; i + LANES <= half; i += LANES) {
                const lanes x = load(head + i), y = load(head + half + i), turn = load(s + i) * direction;
                store(head + i, x * load(c + i) - y * turn);
                store(head + half + i, y * load(c + i) + x * turn);
            }
            rotate_pairs(head + i, head + half + i, 1, half - i, c + i, s + i, direction);
        }
    }
}

#include "Product.h"
#include "IntegerRows.h"
#include "IntegerTiles.h"
#include "AttentionKernel.h"
#include "GradientKernels.h"
#include "DifferenceKernels.h"
#include "RowProducts.h"
#include "MapKernels.h"
#include "MapGradientKernels.h"
#include "SimilarityKernel.h"

const struct dsv_kernels KERNEL(kernels) = {
    .name = KIND,
    .lanes = LANES,
    .layer_norm = KERNEL(layer_norm),
    .softmax = KERNEL(softmax),
    .dot = KERNEL(dot),
    .rotate = KERNEL(rotate),
    .standardize = KERNEL(standardize),
    .multiply_packed = KERNEL(multiply_packed),
    .packed_transposed_product = KERNEL(packed_transposed_product),
    .weighted_rows = KERNEL(weighted_rows),
    .round_rows = KERNEL(round_rows),
    .layer_norm_rounded = KERNEL(layer_norm_rounded),
    .multiply_integers = KERNEL(multiply_integers),
    .attend = KERNEL(attend),
    .layer_norm_backward = KERNEL(layer_norm_backward),
    .activate = KERNEL(activate),
    .activate_backward = KERNEL(activate_backward),
    .softmax_backward = KERNEL(softmax_backward),
    .float_differences = KERNEL(float_differences),
    .float_differences_backward = KERNEL(float_differences_backward),
    .all_finite = KERNEL(all_finite),
    .multiply_rows = KERNEL(multiply_rows),
    .widen_rows = KERNEL(widen_rows),
    .stored_dot = KERNEL(stored_dot),
    .places_above = KERNEL(places_above),
    .max_pool = KERNEL(max_pool),
    .l2_pool = KERNEL(l2_pool),
    .unit_differences = KERNEL(unit_differences),
    .moments = KERNEL(moments),
    .positive_flags = KERNEL(positive_flags),
    .gate = KERNEL(gate),
    .max_pool_backward = KERNEL(max_pool_backward),
    .l2_pool_backward = KERNEL(l2_pool_backward),
    .unit_differences_backward = KERNEL(unit_differences_backward),
    .channel_gradient = KERNEL(channel_gradient),
    .similarity_row = KERNEL(similarity_row),
    .sums_and_differences = KERNEL(sums_and_differences),
    .halve_bytes = KERNEL(halve_bytes),
    .halve = KERNEL(halve),
    .pixel_differences = KERNEL(pixel_differences),
};

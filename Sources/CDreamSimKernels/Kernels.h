/*
 * The kernels, written once. Each Kernels+*.c includes this file for one kind of processor, after it has set the
 * compiler's target, LANES (floats a register), KIND (the kind's name) and KERNEL(name), which adds the kind to a name.
 */
#include <math.h>

#include "CDreamSimKernels.h"
#include "Lanes.h"

INLINE lanes gelu(lanes v) {
    return v * 0.5f * (1.0f + error_function(v * 0.70710678118654752f));
}

INLINE lanes quick_gelu(lanes v) {
    return v / (1.0f + exponential(v * -1.702f));
}

/* Row by row e[i] = exp(scale * (x[i] - maximum)), in place; the sums' inverses go to `inverse`. */
static void KERNEL(exponentials)(float *x, size_t rows, size_t width, size_t stride, float scale, float *inverse) {
    const size_t whole = width / LANES * LANES, rest = width - whole;
    for (size_t r = 0; r < rows; r++, x += stride) {
        lanes highest = rest ? load_part(x + whole, rest, x[whole]) : splat(x[0]);
        for (size_t i = 0; i < whole; i += LANES)
            highest = __builtin_elementwise_max(highest, load(x + i));
        const float shift = -maximum(highest) * scale;
        lanes total = splat(0);
        for (size_t i = 0; i < whole; i += LANES) {
            const lanes e = exponential(load(x + i) * scale + shift);
            store(x + i, e);
            total += e;
        }
        if (rest) {
            store_part(x + whole, rest, exponential(load_part(x + whole, rest, 0) * scale + shift));
            total += load_part(x + whole, rest, 0);
        }
        inverse[r] = 1.0f / sum(total);
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


static void KERNEL(layer_norm)(const float *x, size_t rows, size_t width, const float *gamma, const float *beta, float epsilon,
                                float *y) {
    const size_t whole = width / LANES * LANES, rest = width - whole;
    const float inverse_width = 1.0f / (float)width;
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        lanes total = rest ? load_part(x + whole, rest, 0) : splat(0);
        for (size_t i = 0; i < whole; i += LANES)
            total += load(x + i);
        const float mean = sum(total) * inverse_width;
        /* The mean in the lanes beyond the row makes their deviation zero. */
        lanes deviation = rest ? load_part(x + whole, rest, mean) - mean : splat(0);
        lanes squares = deviation * deviation;
        for (size_t i = 0; i < whole; i += LANES) {
            deviation = load(x + i) - mean;
            squares += deviation * deviation;
        }
        const float scale = 1.0f / sqrtf(sum(squares) * inverse_width + epsilon);
        for (size_t i = 0; i < whole; i += LANES)
            store(y + i, (load(x + i) - mean) * scale * load(gamma + i) + load(beta + i));
        for (size_t i = whole; i < width; i++)
            y[i] = (x[i] - mean) * scale * gamma[i] + beta[i];
    }
}

static float KERNEL(dot)(const float *a, const float *b, size_t count) {
    lanes total = splat(0), others[3] = {splat(0), splat(0), splat(0)};
    size_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        total += load(a + i) * load(b + i);
        for (int j = 0; j < 3; j++)
            others[j] += load(a + i + (j + 1) * LANES) * load(b + i + (j + 1) * LANES);
    }
    total += others[0] + (others[1] + others[2]);
    for (; i + LANES <= count; i += LANES)
        total += load(a + i) * load(b + i);
    if (i < count)
        total += load_part(a + i, count - i, 0) * load_part(b + i, count - i, 0);
    return sum(total);
}

static void KERNEL(standardize)(const float *x, size_t count, float mean, float deviation, float *y) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        store(y + i, (load(x + i) - mean) / deviation);
    for (; i < count; i++)
        y[i] = (x[i] - mean) / deviation;
}

#include "Product.h"
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
    .standardize = KERNEL(standardize),
    .multiply_packed = KERNEL(multiply_packed),
    .packed_transposed_product = KERNEL(packed_transposed_product),
    .weighted_rows = KERNEL(weighted_rows),
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

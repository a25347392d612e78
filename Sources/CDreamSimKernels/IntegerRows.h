/*
 * Rounds rows to integers, as the product of integers takes them. Included by Kernels.h.
 */

/* The bits of the largest magnitude of a row; those of a NaN are above those of every number. */
INLINE int32_t highest_bits(const float *x, size_t count) {
    ilanes highest[4] = {(ilanes)0, (ilanes)0, (ilanes)0, (ilanes)0};
    size_t i = 0;
    for (; i + 4 * LANES <= count; i += 4 * LANES) {
        UNROLLED for (int j = 0; j < 4; j++) {
            ilanes bits;
            memcpy(&bits, x + i + j * LANES, sizeof bits);
            highest[j] = __builtin_elementwise_max(highest[j], bits & 0x7FFFFFFF);
        }
    }
    for (; i < count; i += LANES) {
        const lanes v = load_until(x, i, count, 0);
        ilanes bits;
        memcpy(&bits, &v, sizeof bits);
        highest[0] = __builtin_elementwise_max(highest[0], bits & 0x7FFFFFFF);
    }
    return __builtin_reduce_max(__builtin_elementwise_max(__builtin_elementwise_max(highest[0], highest[1]),
                                                          __builtin_elementwise_max(highest[2], highest[3])));
}

/* `count` values to a block of `block` integers. What is not finite shows by the scale, with which all sums are
   multiplied. */
INLINE void round_row(const int kind, const float *x, size_t count, size_t block, void *values, float *scale) {
/* Two roundings, so that processors that could do both at once give the same integers as those that cannot. */
#pragma clang fp contract(off)
    typedef int16_t shorts __attribute__((ext_vector_type(LANES)));
    typedef uint8_t bytes __attribute__((ext_vector_type(LANES)));
    const int32_t bits = highest_bits(x, count);
    const float most = kind == DSV_INT16 ? DSV_INT16_INPUT : DSV_INT8_INPUT;
    float highest;
    memcpy(&highest, &bits, sizeof highest);
    /* What float32 can hardly express is nothing. */
    const int is_nothing = highest < 1e-30f;
    const float inverse = is_nothing ? 0 : most / highest;
    *scale = is_nothing ? 0 : highest / most;
    /* Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits. */
    const lanes magic = splat(12582912.0f);
    for (size_t i = 0; i < block; i += LANES) {
        const lanes shifted = load_until(x, i, count, 0) * inverse + magic;
        ilanes integers;
        memcpy(&integers, &shifted, sizeof integers);
        integers -= 0x4B400000;
        const size_t left = block - i < LANES ? block - i : LANES;
        if (kind == DSV_INT16) {
            const shorts narrow = __builtin_convertvector(integers, shorts);
            memcpy((int16_t *)values + i, &narrow, left * sizeof(int16_t));
        } else {
            const bytes narrow = __builtin_convertvector(integers + DSV_INT8_EXCESS, bytes);
            memcpy((uint8_t *)values + i, &narrow, left);
        }
    }
}

INLINE void round_part(const float *x, const struct dsv_integer_rows *into, size_t row, size_t block) {
    const size_t first = block * into->block, left = into->columns - first;
    const size_t count = left < into->block ? left : into->block, at = block * into->rows + row;
    if (into->kind == DSV_INT16)
        round_row(DSV_INT16, x, count, into->block, (int16_t *)into->values + at * into->block, into->scales + at);
    else
        round_row(DSV_INT8, x, count, into->block, (uint8_t *)into->values + at * into->block, into->scales + at);
}

static void KERNEL(round_rows)(const float *x, size_t stride, size_t rows, const struct dsv_integer_rows *into,
                               size_t first_row, size_t block) {
    for (size_t r = 0; r < rows; r++)
        round_part(x + r * stride, into, first_row + r, block);
}

static void KERNEL(layer_norm_rounded)(const float *x, size_t rows, const float *gamma, const float *beta, float epsilon,
                                       const struct dsv_integer_rows *into, size_t first_row) {
    float part[DSV_INTEGER_BLOCK];
    for (size_t r = 0; r < rows; r++, x += into->columns) {
        float mean, scale;
        moments_of_row(x, into->columns, epsilon, &mean, &scale);
        for (size_t start = 0; start < into->columns; start += into->block) {
            const size_t left = into->columns - start, count = left < into->block ? left : into->block;
            normalize(x + start, count, mean, scale, gamma + start, beta + start, part);
            round_part(part, into, first_row + r, start / into->block);
        }
    }
}

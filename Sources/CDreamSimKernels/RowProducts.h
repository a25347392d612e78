/*
 * Products of stored rows with one or two vectors. Included by Kernels.h.
 *
 * One row at a time, in several sums, so that the additions do not wait for each other: a single stream of memory is what
 * processors fetch ahead best by themselves; several rows at once, or fetching by hand, measured slower.
 */
#define STEPS_TOGETHER 4

/* A register of stored numbers. */
INLINE lanes load_stored(const int precision, const void *x, size_t i) {
    return precision == DSV_FLOAT32 ? load((const float *)x + i) : load_float16((const uint16_t *)x + i);
}

INLINE lanes load_stored_part(const int precision, const void *x, size_t i, size_t count) {
    if (precision == DSV_FLOAT32)
        return load_part((const float *)x + i, count, 0);
    uint16_t part[LANES] = {0};
    memcpy(part, (const uint16_t *)x + i, count * sizeof(uint16_t));
    return load_stored(precision, part, 0);
}

/* One row by `count` vectors, which is known when compiled. */
INLINE void products_of(const int precision, const int count, const void *x, size_t width, const float *queries,
                        float *y) {
    lanes total[DSV_QUERIES][STEPS_TOGETHER];
    UNROLLED for (int q = 0; q < count; q++) {
        UNROLLED for (int s = 0; s < STEPS_TOGETHER; s++)
            total[q][s] = splat(0);
    }
    size_t k = 0;
    for (; k + STEPS_TOGETHER * LANES <= width; k += STEPS_TOGETHER * LANES) {
        UNROLLED for (int s = 0; s < STEPS_TOGETHER; s++) {
            const lanes value = load_stored(precision, x, k + s * LANES);
            UNROLLED for (int q = 0; q < count; q++)
                total[q][s] += value * load(queries + q * width + k + s * LANES);
        }
    }
    for (; k < width; k += LANES) {
        const size_t left = width - k < LANES ? width - k : LANES;
        const lanes value = load_stored_part(precision, x, k, left);
        UNROLLED for (int q = 0; q < count; q++)
            total[q][0] += value * load_part(queries + q * width + k, left, 0);
    }
    UNROLLED for (int q = 0; q < count; q++)
        y[q] = sum((total[q][0] + total[q][1]) + (total[q][2] + total[q][3]));
}

/* Two stored rows. */
INLINE float stored_dot_as(const int precision, const void *a, const void *b, size_t width) {
    lanes total[STEPS_TOGETHER];
    UNROLLED for (int s = 0; s < STEPS_TOGETHER; s++)
        total[s] = splat(0);
    size_t k = 0;
    for (; k + STEPS_TOGETHER * LANES <= width; k += STEPS_TOGETHER * LANES) {
        UNROLLED for (int s = 0; s < STEPS_TOGETHER; s++)
            total[s] += load_stored(precision, a, k + s * LANES) * load_stored(precision, b, k + s * LANES);
    }
    for (; k < width; k += LANES) {
        const size_t left = width - k < LANES ? width - k : LANES;
        total[0] += load_stored_part(precision, a, k, left) * load_stored_part(precision, b, k, left);
    }
    return sum((total[0] + total[1]) + (total[2] + total[3]));
}

static float KERNEL(stored_dot)(const void *a, const void *b, int precision, size_t width) {
    return precision == DSV_FLOAT32 ? stored_dot_as(DSV_FLOAT32, a, b, width) : stored_dot_as(DSV_FLOAT16, a, b, width);
}

INLINE void multiply_rows_as(const int precision, const struct dsv_row_products *of) {
    const size_t row = of->width * (precision == DSV_FLOAT32 ? sizeof(float) : sizeof(uint16_t));
    const char *x = of->x;
    if (of->count == 1) {
        for (size_t r = 0; r < of->rows; r++, x += row)
            products_of(precision, 1, x, of->width, of->queries, of->y + r * of->y_stride);
    } else {
        for (size_t r = 0; r < of->rows; r++, x += row)
            products_of(precision, 2, x, of->width, of->queries, of->y + r * of->y_stride);
    }
}

static void KERNEL(multiply_rows)(const struct dsv_row_products *of) {
    if (of->precision == DSV_FLOAT32)
        multiply_rows_as(DSV_FLOAT32, of);
    else
        multiply_rows_as(DSV_FLOAT16, of);
}

INLINE void widen_rows_as(const int precision, const char *x, size_t stride, size_t rows, size_t width, float *y) {
    for (size_t r = 0; r < rows; r++, x += stride * (precision == DSV_FLOAT32 ? sizeof(float) : sizeof(uint16_t))) {
        size_t k = 0;
        for (; k + LANES <= width; k += LANES)
            store(y + r * width + k, load_stored(precision, x, k));
        if (k < width)
            store_part(y + r * width + k, width - k, load_stored_part(precision, x, k, width - k));
    }
}

static void KERNEL(widen_rows)(const void *x, int precision, size_t stride, size_t rows, size_t width, float *y) {
    if (precision == DSV_FLOAT32)
        widen_rows_as(DSV_FLOAT32, x, stride, rows, width, y);
    else
        widen_rows_as(DSV_FLOAT16, x, stride, rows, width, y);
}

static size_t KERNEL(places_above)(const float *x, const float *limits, float offset, size_t count, uint32_t *places) {
    size_t found = 0, i = 0;
    for (; i + STEPS_TOGETHER * LANES <= count; i += STEPS_TOGETHER * LANES) {
        ilanes above = {0};
        UNROLLED for (int s = 0; s < STEPS_TOGETHER; s++) {
            const size_t at = i + s * LANES;
            above |= load(x + at) > load(limits + at) + offset;
        }
        if (__builtin_reduce_or(above))
            for (size_t at = i; at < i + STEPS_TOGETHER * LANES; at++)
                if (x[at] > limits[at] + offset)
                    places[found++] = (uint32_t)at;
    }
    for (; i < count; i++)
        if (x[i] > limits[i] + offset)
            places[found++] = (uint32_t)i;
    return found;
}

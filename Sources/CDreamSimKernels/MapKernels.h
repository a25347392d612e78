/* Loops over channels-last maps. Included by Kernels.h. */

/* The places of a window that x has. */
INLINE size_t inside(size_t first, size_t size, size_t count) {
    return first + size <= count ? size : count - first;
}

static void KERNEL(max_pool)(const struct dsv_pooling *of) {
    const size_t channels = of->channels, whole = channels / LANES * LANES, rows = inside(0, of->size, of->rows);
    for (size_t o = 0; o < of->outputs; o++) {
        const float *x = of->x + o * of->step * channels;
        const size_t columns = inside(o * of->step, of->size, of->columns);
        float *y = of->y + o * channels;
        for (size_t c = 0; c < channels; c += LANES) {
            const size_t count = c < whole ? LANES : channels - whole;
            lanes highest = count == LANES ? load(x + c) : load_part(x + c, count, 0);
            for (size_t r = 0; r < rows; r++)
                for (size_t i = 0; i < columns; i++) {
                    const float *p = x + r * of->x_stride + i * channels + c;
                    highest = __builtin_elementwise_max(highest, count == LANES ? load(p) : load_part(p, count, 0));
                }
            if (count == LANES) store(y + c, highest);
            else store_part(y + c, count, highest);
        }
    }
}

static void KERNEL(l2_pool)(const struct dsv_pooling *of) {
    const size_t channels = of->channels, whole = channels / LANES * LANES, rows = inside(0, 3, of->rows);
    for (size_t o = 0; o < of->outputs; o++) {
        const float *x = of->x + o * of->step * channels;
        const size_t columns = inside(o * of->step, 3, of->columns);
        float *y = of->y + o * channels;
        for (size_t c = 0; c < channels; c += LANES) {
            const size_t count = c < whole ? LANES : channels - whole;
            lanes total = splat(1e-12f);
            for (size_t r = 0; r < rows; r++)
                for (size_t i = 0; i < columns; i++) {
                    const float *p = x + r * of->x_stride + i * channels + c;
                    const lanes v = count == LANES ? load(p) : load_part(p, count, 0);
                    total += v * v * ((r == 1 ? 0.5f : 0.25f) * (i == 1 ? 0.5f : 0.25f));
                }
            total = __builtin_elementwise_sqrt(total);
            if (count == LANES) store(y + c, total);
            else store_part(y + c, count, total);
        }
    }
}

/* 1 / (|x| + 1e-10). */
INLINE float inverse_norm(const float *x, size_t channels) {
    const size_t whole = channels / LANES * LANES;
    lanes total = splat(0);
    for (size_t c = 0; c < whole; c += LANES)
        total += load(x + c) * load(x + c);
    if (whole < channels) {
        const lanes v = load_part(x + whole, channels - whole, 0);
        total += v * v;
    }
    return 1.0f / (sqrtf(sum(total)) + 1e-10f);
}

static void KERNEL(unit_differences)(const float *a, const float *b, size_t count, size_t channels,
                                     const float *weights, float *d) {
    const size_t whole = channels / LANES * LANES, rest = channels - whole;
    for (size_t i = 0; i < count; i++, a += channels, b += channels) {
        const float scale_a = inverse_norm(a, channels), scale_b = inverse_norm(b, channels);
        lanes total = splat(0);
        for (size_t c = 0; c < whole; c += LANES) {
            /* Both products are rounded, so that equal values leave nothing. */
            const lanes unit_a = load(a + c) * scale_a, unit_b = load(b + c) * scale_b;
            const lanes difference = unit_a - unit_b;
            total += load(weights + c) * difference * difference;
        }
        if (rest) {
            const lanes unit_a = load_part(a + whole, rest, 0) * scale_a, unit_b = load_part(b + whole, rest, 0) * scale_b;
            const lanes difference = unit_a - unit_b;
            total += load_part(weights + whole, rest, 0) * difference * difference;
        }
        d[i] = sum(total);
    }
}

/* The moments of `count` channels, at most LANES, of which x and y hold the first. */
INLINE void moments_of(const float *x, const float *y, size_t places, size_t stride, size_t count, size_t channels,
                       float *moments) {
    lanes sum_x = splat(0), sum_y = splat(0);
    const int whole = count == LANES;
#define AT(p, i) (whole ? load(p + (i) * stride) : load_part(p + (i) * stride, count, 0))
    for (size_t i = 0; i < places; i++) {
        sum_x += AT(x, i);
        if (y) sum_y += AT(y, i);
    }
    const lanes mean_x = sum_x * (1.0f / (float)places), mean_y = sum_y * (1.0f / (float)places);
    lanes xx = splat(0), yy = splat(0), xy = splat(0);
    for (size_t i = 0; i < places; i++) {
        const lanes dx = AT(x, i) - mean_x;
        xx += dx * dx;
        if (y) {
            const lanes dy = AT(y, i) - mean_y;
            yy += dy * dy;
            xy += dx * dy;
        }
    }
#undef AT
    const lanes results[5] = {mean_x, mean_y, xx, yy, xy};
    for (int m = 0; m < 5; m++)
        if (y || m == 0 || m == 2) store_part(moments + m * channels, count, results[m]);
}

static void KERNEL(moments)(const float *x, const float *y, size_t count, size_t channels, float *moments) {
    const size_t whole = channels / LANES * LANES;
    for (size_t c = 0; c < whole; c += LANES)
        moments_of(x + c, y ? y + c : NULL, count, channels, LANES, channels, moments + c);
    if (whole < channels)
        moments_of(x + whole, y ? y + whole : NULL, count, channels, channels - whole, channels, moments + whole);
}

/* Backward passes over channels-last maps. Included by Kernels.h, after MapKernels.h. */

static void KERNEL(positive_flags)(const float *restrict x, size_t count, uint8_t *restrict flags) {
    for (size_t i = 0; i < count; i++)
        flags[i] = x[i] > 0;
}

static void KERNEL(gate)(const float *values, const uint8_t *flags, size_t stride, size_t rows, size_t width, float *dy,
                         size_t dy_stride) {
    for (size_t r = 0; r < rows; r++, dy += dy_stride) {
        size_t i = 0;
        if (values) {
            const float *v = values + r * stride;
            for (; i + LANES <= width; i += LANES)
                store(dy + i, load(v + i) > splat(0) ? load(dy + i) : splat(0));
            for (; i < width; i++)
                dy[i] = v[i] > 0 ? dy[i] : 0;
        } else {
            const uint8_t *f = flags + r * stride;
            for (; i < width; i++)
                dy[i] = f[i] ? dy[i] : 0;
        }
    }
}

/* LANES channels of a map, or the last of them. */
INLINE lanes channels_at(const float *p, size_t count) {
    return count == LANES ? load(p) : load_part(p, count, 0);
}

INLINE void set_channels(float *p, size_t count, lanes v) {
    if (count == LANES) store(p, v);
    else store_part(p, count, v);
}

static void KERNEL(max_pool_backward)(const struct dsv_pooling_gradient *of) {
    const size_t channels = of->channels, rows = inside(0, of->size, of->rows);
    for (size_t o = 0; o < of->outputs; o++) {
        const size_t first = o * of->step * channels, columns = inside(o * of->step, of->size, of->columns);
        for (size_t c = 0; c < of->count; c += LANES) {
            const size_t count = of->count - c < LANES ? of->count - c : LANES;
            const float *x = of->x + first + c;
            float *dx = of->dx + first + c;
            lanes highest = channels_at(x, count);
            ilanes place = (ilanes)(0);
            for (size_t r = 0; r < rows; r++)
                for (size_t i = 0; i < columns; i++) {
                    const lanes v = channels_at(x + r * of->x_stride + i * channels, count);
                    place = v > highest ? (ilanes)((int32_t)(r * of->size + i)) : place;
                    highest = __builtin_elementwise_max(highest, v);
                }
            const lanes given = channels_at(of->dy + o * channels + c, count);
            const lanes dy = highest > splat(0) ? given : splat(0);
            for (size_t r = 0; r < rows; r++)
                for (size_t i = 0; i < columns; i++) {
                    float *p = dx + r * of->dx_stride + i * channels;
                    const lanes share = place == (ilanes)((int32_t)(r * of->size + i)) ? dy : splat(0);
                    set_channels(p, count, channels_at(p, count) + share);
                }
        }
    }
}

static void KERNEL(l2_pool_backward)(const struct dsv_pooling_gradient *of) {
    const size_t channels = of->channels, rows = inside(0, 3, of->rows);
    for (size_t o = 0; o < of->outputs; o++) {
        const size_t first = o * of->step * channels, columns = inside(o * of->step, 3, of->columns);
        for (size_t c = 0; c < of->count; c += LANES) {
            const size_t count = of->count - c < LANES ? of->count - c : LANES;
            const float *x = of->x + first + c;
            float *dx = of->dx + first + c;
            lanes total = splat(1e-12f);
            for (size_t r = 0; r < rows; r++)
                for (size_t i = 0; i < columns; i++) {
                    const lanes v = channels_at(x + r * of->x_stride + i * channels, count);
                    total += v * v * ((r == 1 ? 0.5f : 0.25f) * (i == 1 ? 0.5f : 0.25f));
                }
            const lanes slope = channels_at(of->dy + o * channels + c, count) / __builtin_elementwise_sqrt(total);
            for (size_t r = 0; r < rows; r++)
                for (size_t i = 0; i < columns; i++) {
                    const lanes v = channels_at(x + r * of->x_stride + i * channels, count);
                    const float share = (r == 1 ? 0.5f : 0.25f) * (i == 1 ? 0.5f : 0.25f);
                    float *p = dx + r * of->dx_stride + i * channels;
                    set_channels(p, count, channels_at(p, count) + v * slope * share);
                }
        }
    }
}

static void KERNEL(unit_differences_backward)(const float *a, const float *b, size_t count, size_t channels,
                                              const float *weights, float scale, float *da) {
    for (size_t i = 0; i < count; i++, a += channels, b += channels, da += channels) {
        const float norm = sqrtf(KERNEL(dot)(a, a, channels));
        const float scale_a = 1.0f / (norm + 1e-10f), scale_b = inverse_norm(b, channels);
        /* First the gradient with respect to a / (|a| + 1e-10), and what it has along a. */
        lanes along = splat(0);
        for (size_t c = 0; c < channels; c += LANES) {
            const size_t part = channels - c < LANES ? channels - c : LANES;
            const lanes unit_a = channels_at(a + c, part) * scale_a, unit_b = channels_at(b + c, part) * scale_b;
            const lanes gradient = (2 * scale) * channels_at(weights + c, part) * (unit_a - unit_b);
            along += gradient * unit_a;
            set_channels(da + c, part, gradient);
        }
        /* Where a is 0, or its square too small for a float, its norm has no derivative: only the division counts. */
        const float shift = norm > 0 ? sum(along) / norm : 0;
        for (size_t c = 0; c < channels; c += LANES) {
            const size_t part = channels - c < LANES ? channels - c : LANES;
            const lanes v = channels_at(a + c, part);
            const lanes gradient = (channels_at(da + c, part) - v * shift) * scale_a;
            set_channels(da + c, part, v > splat(0) ? gradient : splat(0));
        }
    }
}

static void KERNEL(channel_gradient)(const struct dsv_channel_gradient *of, const float *x, const float *y, size_t count,
                                     size_t channels, float *dx) {
    for (size_t i = 0; i < count; i++, x += channels, dx += channels) {
        for (size_t c = 0; c < channels; c += LANES) {
            const size_t part = channels - c < LANES ? channels - c : LANES;
            const lanes v = channels_at(x + c, part);
            lanes gradient = channels_at(of->constant + c, part) +
                             channels_at(of->slope_x + c, part) * (v - channels_at(of->mean_x + c, part));
            if (y) {
                /* Both products are rounded, so that equal maps with opposite slopes leave nothing. */
                const lanes other = channels_at(of->slope_y + c, part) *
                                    (channels_at(y + c, part) - channels_at(of->mean_y + c, part));
                gradient = gradient + other;
            }
            set_channels(dx + c, part, of->gated ? (v > splat(0) ? gradient : splat(0)) : gradient);
        }
        if (y) y += channels;
    }
}

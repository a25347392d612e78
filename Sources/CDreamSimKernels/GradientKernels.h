/*
 * The backward passes that are not matrix products. Included by Kernels.h.
 */

/* One row's share: dx, and what it adds to dgamma and dbeta. */
INLINE void layer_norm_row_backward(const float *x, const float *dy, size_t width, const float *gamma, float epsilon,
                                    int adds, float *dx, float *dgamma, float *dbeta) {
    const size_t whole = width / LANES * LANES, rest = width - whole;
    const float inverse_width = 1.0f / (float)width;
    lanes total = rest ? load_part(x + whole, rest, 0) : splat(0);
    for (size_t i = 0; i < whole; i += LANES)
        total += load(x + i);
    const float mean = sum(total) * inverse_width;
    lanes deviation = rest ? load_part(x + whole, rest, mean) - mean : splat(0);
    lanes dyg = rest ? load_part(dy + whole, rest, 0) * load_part(gamma + whole, rest, 0) : splat(0);
    lanes squares = deviation * deviation, gradients = dyg, products = dyg * deviation;
    for (size_t i = 0; i < whole; i += LANES) {
        deviation = load(x + i) - mean;
        dyg = load(dy + i) * load(gamma + i);
        squares += deviation * deviation;
        gradients += dyg;
        products += dyg * deviation;
    }
    const float scale = 1.0f / sqrtf(sum(squares) * inverse_width + epsilon);
    const float shift = sum(gradients) * inverse_width;
    const float slope = sum(products) * inverse_width * scale * scale;
    for (size_t i = 0; i < width; i += LANES) {
        const size_t count = width - i < LANES ? width - i : LANES;
        const int full = count == LANES;
        const lanes d = full ? load(dy + i) : load_part(dy + i, count, 0);
        const lanes centered = (full ? load(x + i) : load_part(x + i, count, mean)) - mean;
        lanes result = scale * (d * (full ? load(gamma + i) : load_part(gamma + i, count, 0)) - shift - centered * slope);
        if (adds)
            result += full ? load(dx + i) : load_part(dx + i, count, 0);
        if (full)
            store(dx + i, result);
        else
            store_part(dx + i, count, result);
        if (dgamma) {
            const lanes g = (full ? load(dgamma + i) : load_part(dgamma + i, count, 0)) + d * (centered * scale);
            const lanes b = (full ? load(dbeta + i) : load_part(dbeta + i, count, 0)) + d;
            if (full) {
                store(dgamma + i, g);
                store(dbeta + i, b);
            } else {
                store_part(dgamma + i, count, g);
                store_part(dbeta + i, count, b);
            }
        }
    }
}

static void KERNEL(layer_norm_backward)(const struct dsv_layer_norm_gradient *of) {
    for (size_t r = 0; r < of->rows; r++) {
        const size_t at = r * of->width;
        layer_norm_row_backward(of->x + at, of->dy + at, of->width, of->gamma, of->epsilon, of->adds, of->dx + at,
                                of->dgamma, of->dbeta);
    }
}

INLINE lanes activated(lanes v, const int activation) {
    switch (activation) {
    case DSV_GELU: return gelu(v);
    case DSV_QUICK_GELU: return quick_gelu(v);
    case DSV_TANH_GELU: return tanh_gelu(v);
    case DSV_SILU: return silu(v);
    default: return v;
    }
}

/* The derivative of an activation. */
INLINE lanes slope_of(lanes v, const int activation) {
    if (activation == DSV_GELU) {
        const lanes density = exponential(v * v * -0.5f) * 0.3989422804014327f;
        return 0.5f * (1.0f + error_function(v * 0.70710678118654752f)) + v * density;
    }
    if (activation == DSV_QUICK_GELU) {
        const lanes sigmoid = 1.0f / (1.0f + exponential(v * -1.702f));
        return sigmoid * (1.0f + 1.702f * v * (1.0f - sigmoid));
    }
    if (activation == DSV_TANH_GELU) {
        const lanes logistic = 1.0f / (1.0f + exponential(v * (v * v * -0.0713548162726f - 1.5957691216057308f)));
        return logistic * (1.0f + v * (1.0f - logistic) * (v * v * 0.2140644488178f + 1.5957691216057308f));
    }
    if (activation == DSV_SILU) {
        const lanes logistic = 1.0f / (1.0f + exponential(-v));
        return logistic * (1.0f + v * (1.0f - logistic));
    }
    return splat(1);
}

INLINE void activate_as(const int activation, const float *x, size_t count, float *y) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        store(y + i, activated(load(x + i), activation));
    if (i < count)
        store_part(y + i, count - i, activated(load_part(x + i, count - i, 0), activation));
}

static void KERNEL(activate)(int activation, const float *x, size_t count, float *y) {
    switch (activation) {
    case DSV_GELU: activate_as(DSV_GELU, x, count, y); break;
    case DSV_QUICK_GELU: activate_as(DSV_QUICK_GELU, x, count, y); break;
    case DSV_TANH_GELU: activate_as(DSV_TANH_GELU, x, count, y); break;
    case DSV_SILU: activate_as(DSV_SILU, x, count, y); break;
    default: activate_as(DSV_IDENTITY, x, count, y);
    }
}

INLINE void activate_backward_as(const int activation, const float *x, const float *dy, size_t count, float *dx) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        store(dx + i, load(dy + i) * slope_of(load(x + i), activation));
    if (i < count)
        store_part(dx + i, count - i,
                   load_part(dy + i, count - i, 0) * slope_of(load_part(x + i, count - i, 0), activation));
}

static void KERNEL(activate_backward)(int activation, const float *x, const float *dy, size_t count, float *dx) {
    switch (activation) {
    case DSV_GELU: activate_backward_as(DSV_GELU, x, dy, count, dx); break;
    case DSV_QUICK_GELU: activate_backward_as(DSV_QUICK_GELU, x, dy, count, dx); break;
    case DSV_TANH_GELU: activate_backward_as(DSV_TANH_GELU, x, dy, count, dx); break;
    case DSV_SILU: activate_backward_as(DSV_SILU, x, dy, count, dx); break;
    default: activate_backward_as(DSV_IDENTITY, x, dy, count, dx);
    }
}

static void KERNEL(softmax_backward)(const float *p, float *dp, size_t rows, size_t width, size_t stride, float scale) {
    for (size_t r = 0; r < rows; r++, p += stride, dp += stride) {
        const float mean = KERNEL(dot)(p, dp, width);
        size_t i = 0;
        for (; i + LANES <= width; i += LANES)
            store(dp + i, load(p + i) * (load(dp + i) - mean) * scale);
        for (; i < width; i++)
            dp[i] = p[i] * (dp[i] - mean) * scale;
    }
}

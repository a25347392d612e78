/*
 * Structural similarity (Wang et al. 2004) of one row, from sums s = a + b and differences d = a - b:
 *     luminance          (mean(s)^2 - mean(d)^2 + 2 C1) / (mean(s)^2 + mean(d)^2 + 2 C1)
 *     contrast-structure (var(s) - var(d) + 2 C2) / (var(s) + var(d) + 2 C2)
 * which is the same as the usual formula with mean(a), mean(b), var(a) + var(b) and cov(a, b). So written, equal images
 * give exactly 1, exchanged images give the same bits, and nothing exceeds 1.
 *
 * Variances are never differences of large numbers. Moments are taken of deviations from the window's middle, which is
 * itself in the window with so much weight that the square of their mean is at most a few times their variance; along
 * rows, the variance of the columns' means is added to the mean of their variances. Flat areas lose nothing in float.
 */

/* One axis of a window, whose weights are symmetric: the weighted mean, and the weighted variance. */
INLINE void KERNEL(column_moments)(const float *const *rows, const float *weights, size_t taps, size_t count, float *mean,
                                   float *variance) {
    const size_t middle = taps / 2;
    for (size_t i = 0; i < count; i += LANES) {
        const lanes center = load(rows[middle] + i);
        lanes m = splat(0), q = splat(0);
        for (size_t k = 0; k < middle; k++) {
            const lanes before = load(rows[k] + i) - center, after = load(rows[taps - 1 - k] + i) - center;
            m += (before + after) * weights[k];
            q += (before * before + after * after) * weights[k];
        }
        store(mean + i, center + m);
        store(variance + i, __builtin_elementwise_max(q - m * m, splat(0)));
    }
}

/* The same along a row, from the moments of its columns. */
INLINE void KERNEL(row_moments)(const float *means, const float *variances, const float *weights, size_t taps, lanes *mean,
                                lanes *variance) {
    const size_t middle = taps / 2;
    const lanes center = load(means + DSV_CHANNELS * middle);
    lanes m = splat(0), q = load(variances + DSV_CHANNELS * middle) * weights[middle];
    for (size_t k = 0; k < middle; k++) {
        const size_t left = DSV_CHANNELS * k, right = DSV_CHANNELS * (taps - 1 - k);
        const lanes before = load(means + left) - center, after = load(means + right) - center;
        m += (before + after) * weights[k];
        q += ((before * before + load(variances + left)) + (after * after + load(variances + right))) * weights[k];
    }
    *mean = center + m;
    *variance = __builtin_elementwise_max(q - m * m, splat(0));
}

INLINE void KERNEL(similarity_taps)(const struct dsv_similarity *row, const size_t taps) {
    const size_t wide = row->count + DSV_CHANNELS * (taps - 1);
    const size_t stride = (wide + 2 * DSV_SIMILARITY_SLACK - 1) / DSV_SIMILARITY_SLACK * DSV_SIMILARITY_SLACK;
    float *const sum_mean = row->scratch, *const sum_variance = sum_mean + stride;
    float *const difference_mean = sum_variance + stride, *const difference_variance = difference_mean + stride;
    KERNEL(column_moments)(row->sums, row->weights, taps, wide, sum_mean, sum_variance);
    KERNEL(column_moments)(row->differences, row->weights, taps, wide, difference_mean, difference_variance);

    const float c1 = 2 * row->c1, c2 = 2 * row->c2, covariance = row->covariance;
    /* Every third register holds the same channel in the same lane. */
    lanes similarities[DSV_CHANNELS] = {splat(0), splat(0), splat(0)};
    lanes contrasts[DSV_CHANNELS] = {splat(0), splat(0), splat(0)};
    size_t phase = 0;
    for (size_t i = 0; i < row->count; i += LANES, phase = phase == DSV_CHANNELS - 1 ? 0 : phase + 1) {
        lanes s, var_s, d, var_d;
        KERNEL(row_moments)(sum_mean + i, sum_variance + i, row->weights, taps, &s, &var_s);
        KERNEL(row_moments)(difference_mean + i, difference_variance + i, row->weights, taps, &d, &var_d);
        s *= s;
        d *= d;
        var_s *= covariance;
        var_d *= covariance;
        lanes contrast = (var_s - var_d + c2) / (var_s + var_d + c2);
        lanes similarity = (s - d + c1) / (s + d + c1) * contrast;
        const size_t left = row->count - i;
        if (left < LANES) {
            const lanes whole = similarity, structure = contrast;
            similarity = contrast = splat(0);
            memcpy(&similarity, &whole, left * sizeof(float));
            memcpy(&contrast, &structure, left * sizeof(float));
            if (row->similarity)
                store_part(row->similarity + i, left, similarity);
        } else if (row->similarity) {
            store(row->similarity + i, similarity);
        }
        similarities[phase] += similarity;
        contrasts[phase] += contrast;
    }
    for (size_t j = 0; j < DSV_CHANNELS; j++)
        for (size_t k = 0; k < LANES; k++) {
            const size_t channel = (j * LANES + k) % DSV_CHANNELS;
            row->totals[channel] += (double)similarities[j][k];
            row->totals[DSV_CHANNELS + channel] += (double)contrasts[j][k];
        }
}

static void KERNEL(similarity_row)(const struct dsv_similarity *row) {
    /* With the number of taps known, a column's rows stay in registers. */
    switch (row->taps) {
    case 11: KERNEL(similarity_taps)(row, 11); break;
    case 7: KERNEL(similarity_taps)(row, 7); break;
    default: __builtin_trap();
    }
}

static void KERNEL(sums_and_differences)(const uint8_t *restrict a, const uint8_t *restrict b, size_t count,
                                         float *restrict sums, float *restrict differences) {
    for (size_t i = 0; i < count; i++) {
        sums[i] = (float)((int)a[i] + (int)b[i]);
        differences[i] = (float)((int)a[i] - (int)b[i]);
    }
}

/* Each pixel of the result is the mean of 2 x 2: rows `top` and `bottom`, columns 2x and 2x + 1. */
static void KERNEL(halve_bytes)(const uint8_t *restrict a_top, const uint8_t *restrict a_bottom, const uint8_t *restrict b_top,
                                const uint8_t *restrict b_bottom, size_t columns, float *restrict sums,
                                float *restrict differences) {
    for (size_t x = 0; x < columns; x++)
        for (size_t c = 0; c < DSV_CHANNELS; c++) {
            const size_t i = 2 * DSV_CHANNELS * x + c, j = i + DSV_CHANNELS, o = DSV_CHANNELS * x + c;
            const int a = (int)a_top[i] + a_top[j] + a_bottom[i] + a_bottom[j];
            const int b = (int)b_top[i] + b_top[j] + b_bottom[i] + b_bottom[j];
            sums[o] = (float)(a + b) * 0.25f;
            differences[o] = (float)(a - b) * 0.25f;
        }
}

static void KERNEL(halve)(const float *restrict top, const float *restrict bottom, size_t columns, float *restrict y) {
    for (size_t x = 0; x < columns; x++)
        for (size_t c = 0; c < DSV_CHANNELS; c++) {
            const size_t i = 2 * DSV_CHANNELS * x + c, j = i + DSV_CHANNELS;
            y[DSV_CHANNELS * x + c] = ((top[i] + top[j]) + (bottom[i] + bottom[j])) * 0.25f;
        }
}

static void KERNEL(pixel_differences)(const uint8_t *a, const uint8_t *b, size_t count, uint64_t *absolute,
                                      uint64_t *squared) {
    /* So many squares fit into 32 bits. */
    const size_t block = 1 << 16;
    for (size_t start = 0; start < count; start += block) {
        const size_t end = count - start < block ? count : start + block;
        uint32_t sum = 0, squares = 0;
        for (size_t i = start; i < end; i++) {
            const int32_t difference = (int32_t)a[i] - (int32_t)b[i];
            sum += (uint32_t)(difference < 0 ? -difference : difference);
            squares += (uint32_t)(difference * difference);
        }
        *absolute += sum;
        *squared += squares;
    }
}

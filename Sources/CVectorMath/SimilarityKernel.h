/*
 * Structural similarity (Wang et al. 2004) of one row, from sums s = a + b and differences d = a - b:
 *     luminance          (mean(s)^2 - mean(d)^2 + 2 C1) / (mean(s)^2 + mean(d)^2 + 2 C1)
 *     contrast-structure (var(s) - var(d) + 2 C2) / (var(s) + var(d) + 2 C2)
 * which is the same as the usual formula with mean(a), mean(b), var(a) + var(b) and cov(a, b). So written, equal images
 * give exactly 1, exchanged images give the same bits, and nothing exceeds 1.
 *
 * Variances are never differences of large numbers: along columns they are means of squared deviations from the
 * column's own mean; along rows the variance of those means is added. Flat areas therefore lose nothing in float.
 */

/* One axis of a window: the weighted mean, and the weighted mean of squared deviations from it. */
INLINE void KERNEL(window_moments)(const lanes *x, const float *weights, size_t taps, lanes *mean, lanes *variance) {
    lanes m = x[0] * weights[0], v;
    for (size_t k = 1; k < taps; k++)
        m += x[k] * weights[k];
    lanes deviation = x[0] - m;
    v = deviation * deviation * weights[0];
    for (size_t k = 1; k < taps; k++) {
        deviation = x[k] - m;
        v += deviation * deviation * weights[k];
    }
    *mean = m;
    *variance = v;
}

INLINE void KERNEL(column_moments)(const float *const *rows, const float *weights, size_t taps, size_t count, float *mean,
                                   float *variance) {
    for (size_t i = 0; i < count; i += LANES) {
        lanes x[16], m, v;
        for (size_t k = 0; k < taps; k++)
            x[k] = load(rows[k] + i);
        KERNEL(window_moments)(x, weights, taps, &m, &v);
        store(mean + i, m);
        store(variance + i, v);
    }
}

INLINE void KERNEL(row_moments)(const float *means, const float *variances, const float *weights, size_t taps, lanes *mean,
                                lanes *variance) {
    lanes x[16], v;
    for (size_t k = 0; k < taps; k++)
        x[k] = load(means + DSV_CHANNELS * k);
    KERNEL(window_moments)(x, weights, taps, mean, &v);
    for (size_t k = 0; k < taps; k++)
        v += load(variances + DSV_CHANNELS * k) * weights[k];
    *variance = v;
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

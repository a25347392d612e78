/*
 * The differences of float values, their sums and gradients, in double precision. Included by Kernels.h.
 */
typedef double doubles __attribute__((ext_vector_type(LANES)));

INLINE doubles widened(lanes v) {
    return __builtin_convertvector(v, doubles);
}

static void KERNEL(float_differences)(const float *a, const float *b, size_t count, double *absolute, double *squared) {
    doubles sums = (doubles)(0.0), squares = (doubles)(0.0);
    for (size_t i = 0; i < count; i += LANES) {
        const size_t rest = count - i;
        const doubles difference = rest >= LANES ? widened(load(a + i)) - widened(load(b + i))
                                                 : widened(load_part(a + i, rest, 0)) - widened(load_part(b + i, rest, 0));
        sums += __builtin_elementwise_abs(difference);
        squares += difference * difference;
    }
    for (int i = 0; i < LANES; i++) {
        *absolute += sums[i];
        *squared += squares[i];
    }
}

INLINE lanes slope_of_difference(lanes a, lanes b, double slope, const int of_signs) {
    if (of_signs)
        return a > b ? splat((float)slope) : a < b ? splat((float)-slope) : splat(0);
    return __builtin_convertvector(slope * (widened(a) - widened(b)), lanes);
}

INLINE void float_differences_backward_as(const int of_signs, const int both, const float *a, const float *b,
                                          size_t count, double slope, float *da, float *db) {
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        const lanes d = slope_of_difference(load(a + i), load(b + i), slope, of_signs);
        store(da + i, d);
        if (both)
            store(db + i, -d);
    }
    const size_t rest = count - i;
    const lanes d = slope_of_difference(load_part(a + i, rest, 0), load_part(b + i, rest, 0), slope, of_signs);
    store_part(da + i, rest, d);
    if (both)
        store_part(db + i, rest, -d);
}

static void KERNEL(float_differences_backward)(const float *a, const float *b, size_t count, double slope, int of_signs,
                                               float *da, float *db) {
    if (of_signs)
        float_differences_backward_as(1, db != NULL, a, b, count, slope, da, db);
    else
        float_differences_backward_as(0, db != NULL, a, b, count, slope, da, db);
}

static int KERNEL(all_finite)(const float *x, size_t count) {
    /* Without its sign, the pattern of a number that is finite lies below that of infinity. */
    const ilanes magnitude = (ilanes)(0x7FFFFFFF);
    ilanes highest = (ilanes)(0);
    for (size_t i = 0; i < count; i += LANES) {
        const size_t rest = count - i;
        const lanes v = rest >= LANES ? load(x + i) : load_part(x + i, rest, 0);
        ilanes bits;
        memcpy(&bits, &v, sizeof bits);
        highest = __builtin_elementwise_max(highest, bits & magnitude);
    }
    int is_finite = 1;
    for (int i = 0; i < LANES; i++)
        is_finite &= highest[i] < 0x7F800000;
    return is_finite;
}

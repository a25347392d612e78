/*
 * The tiles of results that products hold in registers, and what becomes of a tile's sums. Included by the products.
 */
#if LANES == 16
#define TILE_ROWS 14
#define TILE_PANELS 2
#elif LANES == 8
#define TILE_ROWS 6
#define TILE_PANELS 1
#elif defined(__aarch64__)
#define TILE_ROWS 6
#define TILE_PANELS 1
#else
#define TILE_ROWS 2
#define TILE_PANELS 1
#endif
/* The inputs that a turn of the inner loop takes; more than one spills where there are sixteen registers. */
#if LANES == 16
#define STEPS 4
#else
#define STEPS 1
#endif
#define UNROLLED _Pragma("clang loop unroll(full)")

/* M(1), M(2) and so on up to TILE_ROWS. */
#define COMMA ,
#if TILE_ROWS == 14
#define EACH_ROWS(M, S) \
    M(1) S M(2) S M(3) S M(4) S M(5) S M(6) S M(7) S M(8) S M(9) S M(10) S M(11) S M(12) S M(13) S M(14)
#elif TILE_ROWS == 6
#define EACH_ROWS(M, S) M(1) S M(2) S M(3) S M(4) S M(5) S M(6)
#else
#define EACH_ROWS(M, S) M(1) S M(2)
#endif

INLINE lanes gelu(lanes v) {
    return v * 0.5f * (1.0f + error_function(v * 0.70710678118654752f));
}

INLINE lanes quick_gelu(lanes v) {
    return v / (1.0f + exponential(v * -1.702f));
}

/* v / 2 (1 + tanh(u)) with u = sqrt(2 / pi) (v + .044715 v^3); (1 + tanh(u)) / 2 is the logistic function of 2 u. */
INLINE lanes tanh_gelu(lanes v) {
    return v / (1.0f + exponential(v * (v * v * -0.0713548162726f - 1.5957691216057308f)));
}

INLINE lanes silu(lanes v) {
    return v / (1.0f + exponential(-v));
}

/* What becomes of the sums of a tile. */
struct KERNEL(completion) {
    const float *bias, *scale;
    int adds, activation;
};

/* Completes `count` values, all of a register or, where the outputs end, some. */
INLINE lanes completed(lanes v, const float *y, size_t i, size_t count, const struct KERNEL(completion) *then,
                       const int activation) {
    const int whole = count == LANES;
    if (then->bias) v += whole ? load(then->bias + i) : load_part(then->bias + i, count, 0);
    if (then->scale) v *= whole ? load(then->scale + i) : load_part(then->scale + i, count, 0);
    if (then->adds) v += whole ? load(y + i) : load_part(y + i, count, 0);
    switch (activation) {
    case DSV_GELU: return gelu(v);
    case DSV_QUICK_GELU: return quick_gelu(v);
    case DSV_RELU: return __builtin_elementwise_max(v, splat(0));
    case DSV_TANH_GELU: return tanh_gelu(v);
    case DSV_SILU: return silu(v);
    default: return v;
    }
}

INLINE void complete_as(const int activation, const float *tile, size_t rows, size_t width, float *y, size_t stride,
                        const struct KERNEL(completion) *then) {
    const struct KERNEL(completion) what = *then;
    for (size_t r = 0; r < rows; r++, tile += TILE_PANELS * DSV_PANEL, y += stride) {
        size_t i = 0;
        for (; i + LANES <= width; i += LANES)
            store(y + i, completed(load(tile + i), y, i, LANES, &what, activation));
        if (i < width)
            store_part(y + i, width - i, completed(load(tile + i), y, i, width - i, &what, activation));
    }
}

static __attribute__((noinline)) void KERNEL(complete)(const float *tile, size_t rows, size_t width, float *y,
                                                       size_t stride, const struct KERNEL(completion) *then) {
    switch (then->activation) {
    case DSV_GELU: complete_as(DSV_GELU, tile, rows, width, y, stride, then); break;
    case DSV_QUICK_GELU: complete_as(DSV_QUICK_GELU, tile, rows, width, y, stride, then); break;
    case DSV_RELU: complete_as(DSV_RELU, tile, rows, width, y, stride, then); break;
    case DSV_TANH_GELU: complete_as(DSV_TANH_GELU, tile, rows, width, y, stride, then); break;
    case DSV_SILU: complete_as(DSV_SILU, tile, rows, width, y, stride, then); break;
    default: complete_as(DSV_IDENTITY, tile, rows, width, y, stride, then);
    }
}

/* Splits `count` into the fewest parts of at most `most`, all but equal; returns the end of the part that starts at
   `start`. */
INLINE size_t end_of_part(size_t start, size_t count, size_t most) {
    const size_t left = count - start, parts = (left + most - 1) / most;
    return start + (left + parts - 1) / parts;
}

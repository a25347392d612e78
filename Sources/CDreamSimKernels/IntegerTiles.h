/*
 * The packed product of integers. Included by the kernels, after Completion.h, with the same tiles as the product of
 * float32. Four bytes of a row, two int16 or four int8, meet the same of sixteen outputs a step, and are added up in 32
 * bits; after a block of inputs the sums become float32.
 *
 * HAS_VNNI tells that the target has an instruction for a whole step.
 */
/* The bytes of a panel that a step takes. */
#define STEP_BYTES (4 * DSV_PANEL)

typedef int16_t pairs __attribute__((ext_vector_type(2 * LANES)));

/* total + the products of two int16 a lane. */
INLINE ilanes add_pairs(ilanes total, ilanes x, ilanes w) {
#if defined(__x86_64__) && LANES == 16 && defined(HAS_VNNI)
    /* Of the intrinsic LLVM makes two instructions, vpmaddwd and vpaddd. */
    __asm__("vpdpwssd %2, %1, %0" : "+v"(total) : "v"(w), "v"(x));
    return total;
#elif defined(__x86_64__) && LANES == 16
    return total + (ilanes)_mm512_madd_epi16((__m512i)x, (__m512i)w);
#elif defined(__x86_64__) && LANES == 8 && defined(HAS_VNNI)
    return (ilanes)_mm256_dpwssd_avx_epi32((__m256i)total, (__m256i)x, (__m256i)w);
#elif defined(__x86_64__) && LANES == 8
    return total + (ilanes)_mm256_madd_epi16((__m256i)x, (__m256i)w);
#elif defined(__x86_64__)
    return total + (ilanes)_mm_madd_epi16((__m128i)x, (__m128i)w);
#else
    const int16x8_t weights = vreinterpretq_s16_s32((int32x4_t)w);
    const int16x4_t pair = vget_low_s16(vreinterpretq_s16_s32((int32x4_t)x));
    total = (ilanes)vmlal_lane_s16((int32x4_t)total, vget_low_s16(weights), pair, 0);
    return (ilanes)vmlal_high_lane_s16((int32x4_t)total, weights, pair, 1);
#endif
}

/* total + the products of four bytes a lane, of which x's are DSV_INT8_EXCESS too large. */
INLINE ilanes add_quads(ilanes total, ilanes x, ilanes w) {
#if defined(__x86_64__) && LANES == 16 && defined(HAS_VNNI)
    return (ilanes)_mm512_dpbusd_epi32((__m512i)total, (__m512i)x, (__m512i)w);
#elif defined(__x86_64__) && LANES == 16
    return total + (ilanes)_mm512_madd_epi16(_mm512_maddubs_epi16((__m512i)x, (__m512i)w), _mm512_set1_epi16(1));
#elif defined(__x86_64__) && LANES == 8 && defined(HAS_VNNI)
    return (ilanes)_mm256_dpbusd_avx_epi32((__m256i)total, (__m256i)x, (__m256i)w);
#elif defined(__x86_64__) && LANES == 8
    return total + (ilanes)_mm256_madd_epi16(_mm256_maddubs_epi16((__m256i)x, (__m256i)w), _mm256_set1_epi16(1));
#elif defined(__x86_64__)
    const pairs bytes = (pairs)x, weights = (pairs)w;
    total += (ilanes)_mm_madd_epi16((__m128i)(bytes & 255), (__m128i)((weights << 8) >> 8));
    return total + (ilanes)_mm_madd_epi16((__m128i)((bytes >> 8) & 255), (__m128i)(weights >> 8));
#elif defined(HAS_VNNI)
    const int8x8_t bytes = vget_low_s8(vreinterpretq_s8_s32((int32x4_t)x));
    return (ilanes)vdotq_lane_s32((int32x4_t)total, vreinterpretq_s8_s32((int32x4_t)w), bytes, 0);
#else
    /* Two products in 16 bits cannot overflow: 2 * 127 * 63 < 2^15. */
    const int8x16_t bytes = vreinterpretq_s8_s32((int32x4_t)x), weights = vreinterpretq_s8_s32((int32x4_t)w);
    const int16x8_t low = vmull_s8(vget_low_s8(bytes), vget_low_s8(weights)), high = vmull_high_s8(bytes, weights);
    return (ilanes)vpadalq_s16((int32x4_t)total, vpaddq_s16(low, high));
#endif
}

/* A register of weights as the functions above take it, once for all rows. On arm64 the first of every two int16 are the
   lower half. The empty instruction keeps the compiler from taking two registers for the halves, which then spill. */
INLINE ilanes arranged(const int kind, ilanes w) {
#if defined(__aarch64__)
    if (kind == DSV_INT16) {
        w = (ilanes)vreinterpretq_s32_s16(vshrn_high_n_s32(vmovn_s32((int32x4_t)w), (int32x4_t)w, 16));
        __asm__("" : "+w"(w));
    }
#else
    (void)kind;
#endif
    return w;
}

/* Four bytes of a row, in every lane. */
INLINE ilanes four_bytes(const int kind, const char *x) {
    int32_t four;
    memcpy(&four, x, sizeof four);
    ilanes v = (ilanes)four;
#if defined(__aarch64__) && !defined(HAS_VNNI)
    /* Likewise. */
    if (kind == DSV_INT8)
        __asm__("" : "+w"(v));
#else
    (void)kind;
#endif
    return v;
}

/* On arm64, lets the load of a row's bytes wait until half of the row before is added up: what the compiler would compute
   further ahead spills. The product of four bytes in one instruction needs no other registers, and may run ahead. */
INLINE void in_turn(const int kind, const int row, ilanes (*total)[TILE_PANELS * PARTS], const char **bytes) {
#if defined(__aarch64__)
#if defined(HAS_VNNI)
    if (kind == DSV_INT8)
        return;
#endif
    if (row >= 1)
        __asm__("" : "+w"(total[row - 1][0]), "+w"(total[row - 1][1]), "+r"(*bytes));
    if (row >= 2)
        __asm__("" : "+w"(total[row - 2][2]), "+w"(total[row - 2][3]), "+r"(*bytes));
#endif
    (void)kind, (void)row, (void)total, (void)bytes;
}

/* The sums of a tile's products over a block of inputs, times their scales, into tile [rows][panels * 16]; added to what
   is there when asked. `stride` and `panel` are in bytes. */
INLINE void integer_sums(const int kind, const int rows, const int panels, const char *x, size_t stride,
                         const float *x_scales, const char *w, size_t panel, const float *w_scales, size_t scales_panel,
                         size_t steps, const char *ahead, int adds, float *tile) {
    ilanes total[TILE_ROWS][TILE_PANELS * PARTS];
    UNROLLED for (int r = 0; r < rows; r++) {
        UNROLLED for (int p = 0; p < panels * PARTS; p++)
            total[r][p] = (ilanes)0;
    }
    /* See sums_of_products. */
    const char *base[(TILE_ROWS + 2) / 3];
    UNROLLED for (int g = 0; g < (rows + 2) / 3; g++) {
        base[g] = x + 3 * g * stride;
        __asm__("" : "+r"(base[g]));
    }
    size_t k = 0;
    for (; k + STEPS <= steps; k += STEPS) {
        UNROLLED for (int step = 0; step < STEPS; step++) {
            ilanes column[TILE_PANELS * PARTS];
            UNROLLED for (int p = 0; p < panels * PARTS; p++)
                memcpy(&column[p], w + p / PARTS * panel + step * STEP_BYTES + p % PARTS * sizeof(ilanes),
                       sizeof(ilanes));
            UNROLLED for (int p = 0; p < panels * PARTS; p++)
                column[p] = arranged(kind, column[p]);
            __builtin_prefetch(ahead + step * STEP_BYTES, 0, 2);
            UNROLLED for (int r = 0; r < rows; r++) {
                in_turn(kind, r, total, &base[r / 3]);
                const ilanes value = four_bytes(kind, base[r / 3] + r % 3 * stride + 4 * step);
                UNROLLED for (int p = 0; p < panels * PARTS; p++)
                    total[r][p] = kind == DSV_INT16 ? add_pairs(total[r][p], value, column[p])
                                                    : add_quads(total[r][p], value, column[p]);
            }
        }
        UNROLLED for (int g = 0; g < (rows + 2) / 3; g++) {
            base[g] += 4 * STEPS;
            __asm__("" : "+r"(base[g]));
        }
        w += STEPS * STEP_BYTES;
        ahead += STEPS * STEP_BYTES;
    }
#pragma clang loop unroll(disable)
    for (; k < steps; k++) {
        UNROLLED for (int p = 0; p < panels * PARTS; p++) {
            ilanes column;
            memcpy(&column, w + p / PARTS * panel + p % PARTS * sizeof(ilanes), sizeof column);
            column = arranged(kind, column);
            UNROLLED for (int r = 0; r < rows; r++) {
                const ilanes value = four_bytes(kind, base[r / 3] + r % 3 * stride);
                total[r][p] = kind == DSV_INT16 ? add_pairs(total[r][p], value, column)
                                                : add_quads(total[r][p], value, column);
            }
        }
        UNROLLED for (int g = 0; g < (rows + 2) / 3; g++) {
            base[g] += 4;
            __asm__("" : "+r"(base[g]));
        }
        w += STEP_BYTES;
    }
    UNROLLED for (int p = 0; p < panels * PARTS; p++) {
        const float *scales = w_scales + p / PARTS * scales_panel + p % PARTS * LANES;
        UNROLLED for (int r = 0; r < rows; r++) {
            lanes v = __builtin_convertvector(total[r][p], lanes);
            /* Exact: both are whole numbers below 2^24. */
            if (DSV_INT8_EXCESS && kind == DSV_INT8)
                v -= load(scales + DSV_PANEL);
            v *= load(scales);
            float *at = tile + r * TILE_PANELS * DSV_PANEL + p * LANES;
            store(at, adds ? load(at) + v * x_scales[r] : v * x_scales[r]);
        }
    }
}

typedef void integer_tile_function(const char *, size_t, const float *, const char *, size_t, const float *, size_t,
                                   size_t, const char *, int, float *);

#define INTEGER_TILE_OF(NAME, KIND_OF, ROWS, PANELS)                                                                  \
    static __attribute__((noinline)) void KERNEL(NAME)(                                                               \
        const char *x, size_t stride, const float *x_scales, const char *w, size_t panel, const float *w_scales,      \
        size_t scales_panel, size_t steps, const char *ahead, int adds, float *tile) {                                \
        integer_sums(KIND_OF, ROWS, PANELS, x, stride, x_scales, w, panel, w_scales, scales_panel, steps, ahead,      \
                     adds, tile);                                                                                     \
    }
#define INTEGER_TILE(ROWS)                                                                                            \
    INTEGER_TILE_OF(half_tile16_##ROWS, DSV_INT16, ROWS, 1)                                                           \
    INTEGER_TILE_OF(tile16_##ROWS, DSV_INT16, ROWS, TILE_PANELS)                                                      \
    INTEGER_TILE_OF(half_tile8_##ROWS, DSV_INT8, ROWS, 1)                                                             \
    INTEGER_TILE_OF(tile8_##ROWS, DSV_INT8, ROWS, TILE_PANELS)
#define INTEGER_TILES(ROWS)                                                                                           \
    {{KERNEL(half_tile16_##ROWS), KERNEL(tile16_##ROWS)}, {KERNEL(half_tile8_##ROWS), KERNEL(tile8_##ROWS)}}

EACH_ROWS(INTEGER_TILE, )

/* By the number of rows, from 1, by the kind, and by whether all of TILE_PANELS are wanted or one. */
static integer_tile_function *const KERNEL(integer_tiles)[TILE_ROWS][2][2] = {EACH_ROWS(INTEGER_TILES, COMMA)};

/* The bytes of x that stay in the second-level cache while the panels pass. */
#define INTEGER_ROWS_BYTES (384 << 10)

/* The rows of x that a tile reads: where a block of the first begins, and the scales. */
struct KERNEL(block_of_rows) {
    const char *values;
    const float *scales;
};

/* Block b of rows from `row` on. What a window shows of a map's row has one scale, which `same` takes for all rows. */
INLINE struct KERNEL(block_of_rows) block_of_rows(const struct dsv_integer_product *of, size_t row, size_t b, size_t size,
                                                  float *same) {
    const struct dsv_integer_rows *x = of->x;
    const struct dsv_integer_window *window = of->window;
    const char *values = x->values;
    if (!window) {
        const size_t at = b * x->rows + of->first_row + row;
        return (struct KERNEL(block_of_rows)){values + at * x->block * size, x->scales + at};
    }
    const size_t at = of->first_row + row / window->places * window->row_step + b / window->blocks;
    const size_t place = row % window->places * window->place_stride + b % window->blocks * window->block;
    for (size_t r = 0; r < TILE_ROWS; r++)
        same[r] = x->scales[at];
    return (struct KERNEL(block_of_rows)){values + (at * x->block + place) * size, same};
}

static void KERNEL(multiply_integers)(const struct dsv_integer_product *of) {
    const struct dsv_integer_rows *x = of->x;
    const struct dsv_integer_window *window = of->window;
    const size_t size = x->kind == DSV_INT16 ? 2 : 1;
    const size_t block = window ? window->block * size : x->block * size, steps = block / 4;
    const size_t blocks = window ? window->rows * window->blocks : (x->columns + x->block - 1) / x->block;
    const size_t panel = blocks * block * DSV_PANEL, scales_panel = blocks * 2 * DSV_PANEL;
    const size_t stride = window ? window->place_stride * size : block;
    const size_t most = INTEGER_ROWS_BYTES / (window ? stride : blocks * block);
    const size_t row_block = most < TILE_ROWS ? TILE_ROWS : most, group = window ? window->places : of->rows;
    const size_t y_group_stride = window ? window->y_row_stride : 0;
    float tile[TILE_ROWS * TILE_PANELS * DSV_PANEL] __attribute__((aligned(64))), same[TILE_ROWS];
    for (size_t first = 0, last; first < of->rows; first = last) {
        last = end_of_part(first, of->rows, row_block);
        for (size_t output = 0; output < of->outputs; output += TILE_PANELS * DSV_PANEL) {
            const size_t left = of->outputs - output;
            const size_t width = left < TILE_PANELS * DSV_PANEL ? left : TILE_PANELS * DSV_PANEL;
            const int whole = width > (TILE_PANELS - 1) * DSV_PANEL;
            const char *w = (const char *)of->w + output / DSV_PANEL * panel;
            const float *w_scales = of->w_scales + output / DSV_PANEL * scales_panel;
            const struct KERNEL(completion) then = {
                .bias = of->bias ? of->bias + output : NULL,
                .scale = of->scale ? of->scale + output : NULL,
                .adds = of->adds,
                .activation = of->activation,
            };
            size_t ahead = 0;
            for (size_t row = first, end; row < last; row = end) {
                const size_t at = row % group, rows_left = last - row;
                end = row + end_of_part(0, group - at < rows_left ? group - at : rows_left, TILE_ROWS);
                float *y = of->y + row / group * y_group_stride + at * of->y_stride + output;
                /* The results' memory arrives while the sums are computed. */
                for (size_t r = 0; r < end - row; r++) {
                    for (size_t i = 0; i < width; i += DSV_PANEL)
                        __builtin_prefetch(y + r * of->y_stride + i, 1, 3);
                }
                /* Of the next panels a share is fetched beside each of the first tiles; beyond the last it is harmless. */
                const char *fetched = ahead < TILE_PANELS ? w + (TILE_PANELS + ahead) * panel : w;
                ahead++;
                integer_tile_function *const sums = KERNEL(integer_tiles)[end - row - 1][x->kind][whole];
                for (size_t b = 0; b < blocks; b++) {
                    const struct KERNEL(block_of_rows) rows = block_of_rows(of, row, b, size, same);
                    sums(rows.values, stride, rows.scales, w + b * block * DSV_PANEL, panel,
                         w_scales + b * 2 * DSV_PANEL, scales_panel, steps, fetched + b * block * DSV_PANEL, b > 0, tile);
                }
                KERNEL(complete)(tile, end - row, width, y, of->y_stride, &then);
            }
        }
    }
}

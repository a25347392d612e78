/*
 * The packed matrix product. Included by Kernels.h.
 *
 * A tile of TILE_ROWS rows and TILE_PANELS panels of the result is held in registers while the inputs run by. The
 * inputs are taken in blocks, and the rows in blocks, so that a block of x stays in the second-level cache while the
 * panels pass; of the panels the next is fetched while the present one is used, because weights come from memory.
 */
#define ROW_BLOCK 200

/* The sums of products of `rows` rows and `panels` panels, both known when compiled, into tile [rows][panels * 16];
   added to what is there when asked. */
INLINE void sums_of_products(const int rows, const int panels, const float *x, size_t stride, const float *w,
                             size_t panel, size_t inputs, const float *ahead, int adds, float *tile) {
    lanes total[TILE_ROWS][TILE_PANELS * PARTS];
    UNROLLED for (int r = 0; r < rows; r++) {
        UNROLLED for (int p = 0; p < panels * PARTS; p++)
            total[r][p] = adds ? load(tile + r * TILE_PANELS * DSV_PANEL + p * LANES) : splat(0);
    }
    /* Groups of three rows, so that the addresses need few registers: base, base + stride and base + 2 * stride. The
       empty instructions keep the compiler from deriving the groups from each other. */
    const float *base[(TILE_ROWS + 2) / 3];
    UNROLLED for (int g = 0; g < (rows + 2) / 3; g++) {
        base[g] = x + 3 * g * stride;
        __asm__("" : "+r"(base[g]));
    }
    size_t k = 0;
    for (; k + STEPS <= inputs; k += STEPS) {
        UNROLLED for (int step = 0; step < STEPS; step++) {
            lanes column[TILE_PANELS * PARTS];
            UNROLLED for (int p = 0; p < panels * PARTS; p++)
                column[p] = load(w + p / PARTS * panel + step * DSV_PANEL + p % PARTS * LANES);
            __builtin_prefetch(ahead + step * DSV_PANEL, 0, 2);
            UNROLLED for (int r = 0; r < rows; r++) {
                const lanes value = splat(base[r / 3][r % 3 * stride + step]);
                UNROLLED for (int p = 0; p < panels * PARTS; p++)
                    total[r][p] += value * column[p];
            }
        }
        UNROLLED for (int g = 0; g < (rows + 2) / 3; g++) {
            base[g] += STEPS;
            __asm__("" : "+r"(base[g]));
        }
        w += STEPS * DSV_PANEL;
        ahead += STEPS * DSV_PANEL;
    }
#pragma clang loop unroll(disable)
    for (; k < inputs; k++) {
        UNROLLED for (int p = 0; p < panels * PARTS; p++) {
            const lanes column = load(w + p / PARTS * panel + p % PARTS * LANES);
            UNROLLED for (int r = 0; r < rows; r++)
                total[r][p] += base[r / 3][r % 3 * stride] * column;
        }
        UNROLLED for (int g = 0; g < (rows + 2) / 3; g++) {
            base[g]++;
            __asm__("" : "+r"(base[g]));
        }
        w += DSV_PANEL;
    }
    UNROLLED for (int r = 0; r < rows; r++) {
        UNROLLED for (int p = 0; p < panels * PARTS; p++)
            store(tile + r * TILE_PANELS * DSV_PANEL + p * LANES, total[r][p]);
    }
}

typedef void tile_function(const float *, size_t, const float *, size_t, size_t, const float *, int, float *);

#define TILE(ROWS)                                                                                                    \
    static __attribute__((noinline)) void KERNEL(tile_##ROWS)(                                                        \
        const float *x, size_t stride, const float *w, size_t panel, size_t inputs, const float *ahead, int adds,     \
        float *tile) {                                                                                                \
        sums_of_products(ROWS, TILE_PANELS, x, stride, w, panel, inputs, ahead, adds, tile);                          \
    }                                                                                                                 \
    static __attribute__((noinline)) void KERNEL(half_tile_##ROWS)(                                                   \
        const float *x, size_t stride, const float *w, size_t panel, size_t inputs, const float *ahead, int adds,     \
        float *tile) {                                                                                                \
        sums_of_products(ROWS, 1, x, stride, w, panel, inputs, ahead, adds, tile);                                    \
    }
#define BOTH(ROWS) {KERNEL(half_tile_##ROWS), KERNEL(tile_##ROWS)}

EACH_ROWS(TILE, )

/* By the number of rows, from 1, and by whether all of TILE_PANELS are wanted or one. */
static tile_function *const KERNEL(tiles)[TILE_ROWS][2] = {EACH_ROWS(BOTH, COMMA)};

/* A block of x, and the outputs from `output` on that a tile holds. */
struct KERNEL(part) {
    size_t first_row, last_row, first_input, last_input, output;
};

/* The rows of a part, tile by tile. Of `next` a share is fetched beside each of the first tiles. */
static void KERNEL(multiply_part)(const struct dsv_product *of, const struct KERNEL(part) *part, const float *w,
                                  size_t panel, const float *next, size_t next_panel) {
    float tile[TILE_ROWS * TILE_PANELS * DSV_PANEL] __attribute__((aligned(64)));
    const int starts = part->first_input == 0, ends = part->last_input == of->inputs;
    const size_t inputs = part->last_input - part->first_input, left = of->outputs - part->output;
    const size_t width = left < TILE_PANELS * DSV_PANEL ? left : TILE_PANELS * DSV_PANEL;
    const int whole = width > (TILE_PANELS - 1) * DSV_PANEL;
    const float *x = of->x + (of->x_block ? part->first_input / of->x_block * of->x_block_stride : part->first_input);
    const struct KERNEL(completion) then = {
        .bias = starts && of->bias ? of->bias + part->output : NULL,
        .scale = of->scale ? of->scale + part->output : NULL,
        .adds = of->adds || !starts,
        .activation = ends ? of->activation : DSV_IDENTITY,
    };
    const size_t step = of->x_block && of->x_block < inputs ? of->x_block : inputs;
    const size_t group = of->group ? of->group : of->rows;
    size_t ahead = 0;
    for (size_t row = part->first_row, end; row < part->last_row; row = end) {
        const size_t at = row % group, rows_left = part->last_row - row;
        end = row + end_of_part(0, group - at < rows_left ? group - at : rows_left, TILE_ROWS);
        const float *x_row = x + row / group * of->x_group_stride + at * of->x_stride;
        float *y_row = of->y + row / group * of->y_group_stride + at * of->y_stride + part->output;
        const float *fetched = ahead < TILE_PANELS ? next + ahead * next_panel : w;
        ahead++;
        /* The results' memory arrives while the sums are computed. */
        for (size_t r = 0; r < end - row; r++) {
            for (size_t i = 0; i < width; i += DSV_PANEL)
                __builtin_prefetch(y_row + r * of->y_stride + i, 1, 3);
        }
        tile_function *const sums = KERNEL(tiles)[end - row - 1][whole];
        for (size_t k = 0; k < inputs; k += step, x_row += of->x_block_stride) {
            const size_t count = inputs - k < step ? inputs - k : step;
            sums(x_row, of->x_stride, w + k * DSV_PANEL, panel, count, fetched + k * DSV_PANEL, k > 0, tile);
        }
        KERNEL(complete)(tile, end - row, width, y_row, of->y_stride, &then);
    }
}

static void KERNEL(multiply_block)(const struct dsv_product *of, size_t first_row, size_t last_row, size_t first_input,
                                   size_t last_input) {
    struct KERNEL(part) part = {first_row, last_row, first_input, last_input, 0};
    for (; part.output < of->outputs; part.output += TILE_PANELS * DSV_PANEL) {
        const float *w = of->w + part.output / DSV_PANEL * of->w_panel + first_input * DSV_PANEL;
        /* Prefetching beyond the last panel is harmless. */
        KERNEL(multiply_part)(of, &part, w, of->w_panel, w + TILE_PANELS * of->w_panel, of->w_panel);
    }
}

static void KERNEL(multiply_packed)(const struct dsv_product *of) {
    const size_t together = of->x_blocks_together ? of->x_blocks_together : 1;
    for (size_t row = 0, row_end; row < of->rows; row = row_end) {
        row_end = end_of_part(row, of->rows, ROW_BLOCK);
        for (size_t input = 0, input_end; input < of->inputs; input = input_end) {
            input_end = of->x_block ? input + together * of->x_block : end_of_part(input, of->inputs, DSV_INPUT_BLOCK);
            input_end = input_end < of->inputs ? input_end : of->inputs;
            KERNEL(multiply_block)(of, row, row_end, input, input_end);
        }
    }
}

/* Sixteen outputs at a time against one input: the sum over the lanes for each input. */
static void KERNEL(packed_transposed_product)(const float *packed, size_t inputs, size_t first, size_t count,
                                              const float *q, float *u) {
    memset(u, 0, inputs * sizeof(float));
    for (size_t panel = first / DSV_PANEL; panel * DSV_PANEL < first + count; panel++) {
        float wanted[DSV_PANEL] = {0};
        for (size_t o = 0; o < DSV_PANEL; o++) {
            const size_t output = panel * DSV_PANEL + o;
            if (output >= first && output < first + count)
                wanted[o] = q[output - first];
        }
        const float *w = packed + panel * inputs * DSV_PANEL;
        for (size_t k = 0; k < inputs; k++, w += DSV_PANEL) {
            wide products;
            for (int p = 0; p < PARTS; p++)
                products.part[p] = load(w + p * LANES) * load(wanted + p * LANES);
            u[k] += wide_sum(products);
        }
    }
}

static void KERNEL(weighted_rows)(const float *x, size_t stride, const float *p, size_t rows, size_t width, float *y) {
    size_t i = 0;
    for (; i + 4 * LANES <= width; i += 4 * LANES) {
        lanes total[4] = {splat(0), splat(0), splat(0), splat(0)};
        for (size_t r = 0; r < rows; r++) {
            for (int j = 0; j < 4; j++)
                total[j] += p[r] * load(x + r * stride + i + j * LANES);
        }
        for (int j = 0; j < 4; j++)
            store(y + i + j * LANES, total[j]);
    }
    for (; i < width; i++) {
        float total = 0;
        for (size_t r = 0; r < rows; r++)
            total += p[r] * x[r * stride + i];
        y[i] = total;
    }
}

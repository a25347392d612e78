/*
 * Matrix products of integers, for networks that need not be exact to the last digit.
 *
 * Numbers are rounded to multiples of a scale. Inputs are taken in blocks, and every block of every row, of the weights as
 * of the inputs, has a scale of its own; the sums over a block are exact and cannot overflow:
 *
 *   int16: both sides within +-2047, 512 products a block: 512 * 2047 * 2047 < 2^31.
 *   int8:  inputs within +-127, on x86-64 stored 128 higher; weights within +-63, so that the instructions of processors
 *          without VNNI, which add two products in 16 bits, cannot saturate: 2 * 255 * 63 < 2^15.
 *
 * The sums over a block are therefore the same on every kind of processor, and the results on all that multiply and add
 * in one rounding.
 */
#ifndef DREAMSIM_KERNELS_INTEGERPRODUCT_H
#define DREAMSIM_KERNELS_INTEGERPRODUCT_H

#include <stddef.h>

/* The most inputs of a block; a block holds a multiple of DSV_INTEGER_STEP numbers. */
#define DSV_INTEGER_BLOCK 512
#define DSV_INTEGER_STEP 4

enum dsv_integers { DSV_INT16 = 0, DSV_INT8 = 1 };

/* The largest magnitude of an input and of a weight. */
#define DSV_INT16_INPUT 2047
#define DSV_INT16_WEIGHT 2047
#define DSV_INT8_INPUT 127
#define DSV_INT8_WEIGHT 63

/* What the bytes of int8's inputs are too large by: of two bytes that x86-64 multiplies, the first has no sign. */
#if defined(__x86_64__)
#define DSV_INT8_EXCESS 128
#else
#define DSV_INT8_EXCESS 0
#endif

/* A matrix [rows, columns] of rounded inputs. */
struct dsv_integer_rows {
    /* [blocks, rows, block] of int16_t, or of bytes that are DSV_INT8_EXCESS too large; filled up with zeros. */
    void *values;
    float *scales; /* [blocks, rows] */
    int kind;      /* enum dsv_integers */
    size_t rows, columns, block;
};

/* Rounds rows of x, which lie `stride` apart and hold the columns of a block, into rows from `first_row` on. */
void dsv_round_rows(const float *x, size_t stride, size_t rows, const struct dsv_integer_rows *into, size_t first_row,
                    size_t block);

/* Layer norm (see dsv_layer_norm) of rows of x, which lie into->columns apart, rounded into rows from `first_row` on. */
void dsv_layer_norm_rounded(const float *x, size_t rows, const float *gamma, const float *beta, float epsilon,
                            const struct dsv_integer_rows *into, size_t first_row);

/* How a convolution reads a map whose rows are rows of dsv_integer_rows, each of them one block with one scale. The inputs
   of a place are then taken in blocks of the weights, of which several make up a row of the kernel. */
struct dsv_integer_window {
    size_t places;         /* of a row of the result */
    size_t place_stride;   /* from what one place reads to the next one's, in numbers */
    size_t row_step;       /* from the first row that a row of the result reads to the next one's */
    size_t rows;           /* of the kernel */
    size_t block;          /* the inputs of a block of the weights */
    size_t blocks;         /* the blocks of a row of the kernel */
    size_t y_row_stride;   /* from one row of the result to the next */
};

/* y = activation(scale * (x Wᵀ + bias)), or y += scale * (x Wᵀ + bias), of some rows of x. With a window, y's rows are the
   places of a convolution's result, and first_row is the row of x that the first of them, which begins a row of the result,
   reads first. */
struct dsv_integer_product {
    const struct dsv_integer_rows *x;
    const struct dsv_integer_window *window; /* NULL for none */
    size_t first_row, rows;
    const void *w;         /* the first panel that is wanted, of dsv_pack_integers */
    const float *w_scales; /* likewise */
    size_t outputs;
    float *y;              /* [rows, outputs] */
    size_t y_stride;
    const float *bias;     /* [outputs], or NULL for 0 */
    const float *scale;    /* [outputs], or NULL for 1 */
    int adds;              /* whether the result is added to y; then there is no activation */
    int activation;        /* enum dsv_activation */
};

/* Computes a product on the calling thread. */
void dsv_multiply_integers(const struct dsv_integer_product *product);

/*
 * Rounds and packs W [outputs, inputs], whose rows lie `stride` apart: panels of DSV_PANEL outputs, each
 * [blocks][block / n][DSV_PANEL][n] with n = 2 of int16_t or n = 4 of int8_t, and its scales [blocks][2][DSV_PANEL]: what a
 * unit of the integers stands for, then 128 times the sum of the block's integers, which is what the sums of
 * int8 are too large by on x86-64. The last panel and the last block are filled up with zeros.
 */
void dsv_pack_integers(const float *w, size_t stride, size_t outputs, size_t inputs, int kind, size_t block, void *packed,
                       float *scales);

/* What packed integers stand for: W [outputs, inputs], whose rows lie `inputs` apart. */
void dsv_unpack_integers(const void *packed, const float *scales, size_t outputs, size_t inputs, int kind, size_t block,
                         float *w);

#endif

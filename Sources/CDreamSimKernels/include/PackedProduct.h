/*
 * Matrix products with a packed right-hand side, and what is built on them.
 *
 * A weight W [outputs, inputs] is packed into panels of DSV_PANEL outputs, [panels][inputs][DSV_PANEL], the last one
 * filled up with zeros. The layout is the same for every kind of processor, so that packed weights may be kept in a
 * file.
 */
#ifndef DREAMSIM_KERNELS_PACKEDPRODUCT_H
#define DREAMSIM_KERNELS_PACKEDPRODUCT_H

#include <stddef.h>

#include "IntegerProduct.h"

/* The outputs of a panel. */
#define DSV_PANEL 16

/* The most inputs that are taken at once. */
#define DSV_INPUT_BLOCK 768

/* The queries that attention takes together. */
#define DSV_QUERY_BLOCK 56

/* What is done with a sum of products before it is stored. */
enum dsv_activation {
    DSV_IDENTITY = 0,
    DSV_GELU = 1,
    DSV_QUICK_GELU = 2,
    DSV_RELU = 3,
    DSV_TANH_GELU = 4,
    DSV_SILU = 5
};

/*
 * y = activation(scale * (x Wᵀ + bias)), or y += scale * (x Wᵀ + bias).
 * x is [rows, inputs] and y [rows, outputs], row-major with the given strides. Rows of x may overlap, and rows may come in
 * groups that lie further apart: a convolution over channels-last maps is such a product, whose rows are the places of
 * the result, whose groups are the map's rows and whose blocks of x are the rows of the kernel.
 */
struct dsv_product {
    const float *x;
    size_t x_stride;
    size_t x_block;       /* the inputs of a block of x, when x is stored as blocks [rows, x_block]; 0 for one block */
    size_t x_block_stride; /* from one such block to the next */
    size_t x_blocks_together; /* the blocks that are summed in registers before y is touched; 0 for one */
    size_t group;         /* the rows of a group; 0 for one group */
    size_t x_group_stride, y_group_stride; /* from one group's first row to the next one's */
    const float *w;       /* the first panel that is wanted */
    size_t w_panel;       /* from one panel to the next; inputs * DSV_PANEL when all inputs are wanted */
    size_t rows, inputs, outputs;
    float *y;
    size_t y_stride;
    const float *bias;    /* [outputs], or NULL for 0 */
    const float *scale;   /* [outputs], or NULL for 1 */
    int adds;             /* whether the result is added to y; then there is no activation */
    int activation;       /* enum dsv_activation */
};

/* Computes a product on the calling thread. */
void dsv_multiply_packed(const struct dsv_product *product);

/* Multi-head attention of one head of one image: softmax(scale * Q Kᵀ) V. */
struct dsv_attention {
    const float *queries, *keys, *values; /* [tokens, width] each, rows `stride` apart */
    size_t stride;
    size_t tokens, width;
    float scale;
    float *y;                             /* [tokens, width]; or NULL */
    size_t y_stride;
    /* With y NULL: where the results are rounded, from `first_row` on, into a block that has `width` columns. */
    const struct dsv_integer_rows *rounded;
    size_t first_row, block;
    float *scratch;                       /* dsv_attention_scratch(tokens, width) floats */
};

/* The floats of scratch memory that attention needs. */
size_t dsv_attention_scratch(size_t tokens, size_t width);

/* Computes attention on the calling thread. */
void dsv_attend(const struct dsv_attention *attention);

/*
 * Rotary positions: in each of `rows` rows of x, the channels of every head are rotated pair by pair. Pair i of a row is
 * turned by the angle whose cosine and sine are cosines[i] and sines[i] of that row.
 */
struct dsv_rotation {
    float *x;
    size_t stride, rows;
    size_t heads, width;          /* of one head; even */
    const float *cosines, *sines; /* [rows, width / 2] */
    int neighbors;                /* whether pairs are channels 2i and 2i + 1, not i and i + width / 2 */
    int backwards;                /* whether to rotate the other way, which is the inverse and the backward pass */
};

void dsv_rotate(const struct dsv_rotation *rotation);

/* u[k] = the sum over o of q[o - first] * W[o, k], for o from `first` to `first + count`. */
void dsv_packed_transposed_product(const float *packed, size_t inputs, size_t first, size_t count, const float *q,
                                   float *u);

/* y = the sum over i of p[i] * x[i], for `rows` rows x[i] of `width`, `stride` apart. */
void dsv_weighted_rows(const float *x, size_t stride, const float *p, size_t rows, size_t width, float *y);

/* Packs W [outputs, inputs], whose rows lie `stride` apart. */
void dsv_pack(const float *w, size_t stride, size_t outputs, size_t inputs, float *packed);

/* Packs the transpose of V [inputs, outputs], whose rows lie `stride` apart. */
void dsv_pack_transposed(const float *v, size_t stride, size_t outputs, size_t inputs, float *packed);

/* The inverse of dsv_pack; the rows of W lie `inputs` apart. */
void dsv_unpack(const float *packed, size_t outputs, size_t inputs, float *w);

#endif

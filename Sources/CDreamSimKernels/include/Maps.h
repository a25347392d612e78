/*
 * Loops over channels-last maps: [rows, columns, channels], row-major float32. What a convolution does is a packed
 * product, see PackedProduct.h; here is what stands between the products, and what is read from the maps.
 */
#ifndef DREAMSIM_KERNELS_MAPS_H
#define DREAMSIM_KERNELS_MAPS_H

#include <stddef.h>

/* One row of a pooled map. */
struct dsv_pooling {
    const float *x;       /* the first place of the first window */
    size_t x_stride;      /* from one row of x to the next */
    size_t columns, rows; /* of x, from there on; a window is cut off where they end */
    size_t channels;
    size_t size, step;    /* the side of a window, and from one window to the next */
    size_t outputs;       /* windows of the row; each has at least one place */
    float *y;             /* [outputs, channels] */
};

/* The largest value of each window. */
void dsv_max_pool(const struct dsv_pooling *pooling);

/* sqrt(sum of h x² + 1e-12) over windows of 3x3, h being the outer product of (1, 2, 1) / 4 with itself (Hénaff and
   Simoncelli 2016). */
void dsv_l2_pool(const struct dsv_pooling *pooling);

/* d[i] = the sum over c of weights[c] * (a[i, c] / (|a[i]| + 1e-10) - b[i, c] / (|b[i]| + 1e-10))², for `count` places of
   `channels` values; exactly 0 where a[i] equals b[i]. */
void dsv_unit_differences(const float *a, const float *b, size_t count, size_t channels, const float *weights, float *d);

/* Over `count` places of `channels` values: the means of x and y, and the sums of (x - mean)², (y - mean)² and
   (x - mean) (y - mean) into moments [5, channels]. Without y (NULL) only the first and the third are set. */
void dsv_moments(const float *x, const float *y, size_t count, size_t channels, float *moments);

#endif

/*
 * Backward passes of what Maps.h has. A gradient is named after what it belongs to: dy is that of y.
 */
#ifndef DREAMSIM_KERNELS_MAPGRADIENTS_H
#define DREAMSIM_KERNELS_MAPGRADIENTS_H

#include <stddef.h>
#include <stdint.h>

/* flags[i] = whether x[i] > 0. */
void dsv_positive_flags(const float *x, size_t count, uint8_t *flags);

/* The backward pass of a ReLU, in place: dy[r, i] becomes 0 where the ReLU's result was not positive. That result is
   given as `values`, or as `flags` when `values` is NULL; its rows lie `stride` apart. */
void dsv_gate(const float *values, const uint8_t *flags, size_t stride, size_t rows, size_t width, float *dy,
              size_t dy_stride);

/* The backward pass of one row of a pooled map; dx is added to. */
struct dsv_pooling_gradient {
    const float *x;       /* the first place of the first window */
    size_t x_stride;      /* from one row of x to the next */
    size_t columns, rows; /* of x, from there on; a window is cut off where they end */
    size_t channels;      /* of x, dx and dy */
    size_t count;         /* how many of the channels to do, from where the pointers are */
    size_t size, step;    /* the side of a window, and from one window to the next */
    size_t outputs;       /* windows of the row */
    const float *dy;      /* [outputs, channels] */
    float *dx;            /* the place of x's first */
    size_t dx_stride;
};

/* dy goes to the first of the largest values of its window, and nowhere when that is not positive: a ReLU comes before. */
void dsv_max_pool_backward(const struct dsv_pooling_gradient *gradient);

/* dx += h x dy / y, see dsv_l2_pool; y is computed anew. */
void dsv_l2_pool_backward(const struct dsv_pooling_gradient *gradient);

/* da = scale times the gradient of what dsv_unit_differences gives for each place, with respect to a; 0 where a is not
   positive, because a ReLU comes before. */
void dsv_unit_differences_backward(const float *a, const float *b, size_t count, size_t channels, const float *weights,
                                   float scale, float *da);

/* What depends on a map through the moments of its channels has a gradient that is affine in the map, channel by channel:
   dx = constant + slope_x (x - mean_x) + slope_y (y - mean_y). Each points to `channels` values. */
struct dsv_channel_gradient {
    const float *constant, *mean_x, *slope_x, *mean_y, *slope_y;
    int gated; /* whether dx is 0 where x is not positive */
};

/* Over `count` places of `channels` values; y may be NULL. */
void dsv_channel_gradient(const struct dsv_channel_gradient *gradient, const float *x, const float *y, size_t count,
                          size_t channels, float *dx);

#endif

/*
 * Backward passes that are not matrix products. A gradient is named after what it belongs to: dy is that of y.
 */
#ifndef DREAMSIM_KERNELS_GRADIENTS_H
#define DREAMSIM_KERNELS_GRADIENTS_H

#include <stddef.h>

/* Layer norm's: x, dy and dx are [rows, width], contiguous. */
struct dsv_layer_norm_gradient {
    const float *x, *dy;
    size_t rows, width;
    const float *gamma;
    float epsilon;
    int adds;              /* whether the result is added to dx */
    float *dx;
    float *dgamma, *dbeta; /* [width], added to; or both NULL */
};

void dsv_layer_norm_backward(const struct dsv_layer_norm_gradient *gradient);

/* y = activation(x), an enum dsv_activation; x may be y. */
void dsv_activate(int activation, const float *x, size_t count, float *y);

/* dx = dy * activation'(x); dx may be dy. */
void dsv_activate_backward(int activation, const float *x, const float *dy, size_t count, float *dx);

/* With p = softmax(scale * s), row by row: dp becomes ds = scale * p (dp - the sum of p dp). */
void dsv_softmax_backward(const float *p, float *dp, size_t rows, size_t width, size_t stride, float scale);

/* Adds the sums of |a[i] - b[i]| and of its square, all in double precision; NaN or infinite when any value is. */
void dsv_float_differences(const float *a, const float *b, size_t count, double *absolute, double *squared);

/* da[i] = slope (a[i] - b[i]), or slope times the sign of that, computed in double precision and rounded once;
   db[i] = -da[i], unless db is NULL. */
void dsv_float_differences_backward(const float *a, const float *b, size_t count, double slope, int of_signs, float *da,
                                    float *db);

/* Whether there is neither NaN nor infinity. */
int dsv_all_finite(const float *x, size_t count);

#endif

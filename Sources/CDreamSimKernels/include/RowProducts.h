/*
 * Products of a few vectors with many that lie in a file, row after row, as float32 or in half precision. Memory is
 * read once, front to back.
 */
#ifndef DREAMSIM_KERNELS_ROWPRODUCTS_H
#define DREAMSIM_KERNELS_ROWPRODUCTS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How stored numbers are kept. */
enum dsv_precision { DSV_FLOAT32 = 0, DSV_FLOAT16 = 1 };

/* The most vectors that are multiplied with each row as it passes; more are better packed, see PackedProduct.h. */
#define DSV_QUERIES 2

/* y[r * y_stride + q] = the sum over k of queries[q * width + k] * x[r * width + k]. */
struct dsv_row_products {
    const void *x;        /* [rows, width] without gaps; aligned for its numbers only */
    int precision;        /* enum dsv_precision */
    size_t rows, width;
    const float *queries; /* [count, width] */
    size_t count;         /* from 1 to DSV_QUERIES */
    float *y;
    size_t y_stride;
};

/* Computes products on the calling thread. */
void dsv_multiply_rows(const struct dsv_row_products *products);

/* y [rows, width] = a part of stored rows, which lie `stride` numbers apart, as float32. */
void dsv_widen_rows(const void *x, int precision, size_t stride, size_t rows, size_t width, float *y);

/* The product of two stored rows of `width` numbers, in any enum dsv_precision; aligned for their numbers only. */
float dsv_stored_dot(const void *a, const void *b, int precision, size_t width);

/* Writes the places i, in order, at which x[i] > limits[i] + offset, and returns their number; `places` has room for `count`.
   Fast where there are few. */
size_t dsv_places_above(const float *x, const float *limits, float offset, size_t count, uint32_t *places);

#ifdef __cplusplus
}
#endif

#endif

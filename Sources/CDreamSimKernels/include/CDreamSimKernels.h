/*
 * Small loops that want wide SIMD. Each function exists in several versions, or kinds: 'baseline' for every processor,
 * 'avx2' (with FMA) and 'avx512', and of the product of integers 'avxvnni', 'avx512vnni' and 'dotprod', whose other
 * functions are those of 'avx2', 'avx512' and 'baseline'. The best that the processor has is chosen at start-up;
 * DREAMSIM_SIMD in the environment asks for another. All matrices are row-major; `stride` is the distance between rows in
 * elements.
 */
#ifndef DREAMSIM_KERNELS_H
#define DREAMSIM_KERNELS_H

#include <stddef.h>

#include "Gradients.h"
#include "MapGradients.h"
#include "Maps.h"
#include "IntegerProduct.h"
#include "PackedProduct.h"
#include "Resample.h"
#include "RowProducts.h"
#include "Similarity.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tells the processor that the thread waits in a loop. */
static inline void dsv_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Asks for bytes that are soon read. */
static inline void dsv_prefetch(const void *p, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64)
        __builtin_prefetch((const char *)p + i);
}

/* The name of the kernels in use. */
const char *dsv_simd(void);

/* The functions of one kind; the functions below call those of the kind in use. */
struct dsv_kernels {
    const char *name;
    int lanes; /* floats a register */
    void (*layer_norm)(const float *, size_t, size_t, const float *, const float *, float, float *);
    void (*softmax)(float *, size_t, size_t, size_t, float);
    float (*dot)(const float *, const float *, size_t);
    void (*rotate)(const struct dsv_rotation *);
    void (*standardize)(const float *, size_t, float, float, float *);
    void (*multiply_packed)(const struct dsv_product *);
    void (*packed_transposed_product)(const float *, size_t, size_t, size_t, const float *, float *);
    void (*weighted_rows)(const float *, size_t, const float *, size_t, size_t, float *);
    void (*round_rows)(const float *, size_t, size_t, const struct dsv_integer_rows *, size_t, size_t);
    void (*layer_norm_rounded)(const float *, size_t, const float *, const float *, float,
                               const struct dsv_integer_rows *, size_t);
    void (*multiply_integers)(const struct dsv_integer_product *);
    void (*attend)(const struct dsv_attention *);
    void (*layer_norm_backward)(const struct dsv_layer_norm_gradient *);
    void (*activate)(int, const float *, size_t, float *);
    void (*activate_backward)(int, const float *, const float *, size_t, float *);
    void (*softmax_backward)(const float *, float *, size_t, size_t, size_t, float);
    void (*float_differences)(const float *, const float *, size_t, double *, double *);
    void (*float_differences_backward)(const float *, const float *, size_t, double, int, float *, float *);
    int (*all_finite)(const float *, size_t);
    void (*multiply_rows)(const struct dsv_row_products *);
    void (*widen_rows)(const void *, int, size_t, size_t, size_t, float *);
    float (*stored_dot)(const void *, const void *, int, size_t);
    size_t (*places_above)(const float *, const float *, float, size_t, uint32_t *);
    void (*max_pool)(const struct dsv_pooling *);
    void (*l2_pool)(const struct dsv_pooling *);
    void (*unit_differences)(const float *, const float *, size_t, size_t, const float *, float *);
    void (*moments)(const float *, const float *, size_t, size_t, float *);
    void (*positive_flags)(const float *, size_t, uint8_t *);
    void (*gate)(const float *, const uint8_t *, size_t, size_t, size_t, float *, size_t);
    void (*max_pool_backward)(const struct dsv_pooling_gradient *);
    void (*l2_pool_backward)(const struct dsv_pooling_gradient *);
    void (*unit_differences_backward)(const float *, const float *, size_t, size_t, const float *, float, float *);
    void (*channel_gradient)(const struct dsv_channel_gradient *, const float *, const float *, size_t, size_t, float *);
    void (*similarity_row)(const struct dsv_similarity *);
    void (*sums_and_differences)(const uint8_t *, const uint8_t *, size_t, float *, float *);
    void (*halve_bytes)(const uint8_t *, const uint8_t *, const uint8_t *, const uint8_t *, size_t, float *, float *);
    void (*halve)(const float *, const float *, size_t, float *);
    void (*pixel_differences)(const uint8_t *, const uint8_t *, size_t, uint64_t *, uint64_t *);
};

/* The kernels of a kind, for tests and measurements; NULL when the processor or the build lacks it. */
const struct dsv_kernels *dsv_kernels_named(const char *name);

/* The name of a kind that the processor and the build have, the best first; NULL from their number on. */
const char *dsv_kind(size_t index);

/* y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, each row by itself, with the population variance.
   x may be y. */
void dsv_layer_norm(const float *x, size_t rows, size_t width, const float *gamma, const float *beta, float epsilon,
                    float *y);

/* Each row becomes softmax(scale * row), computed with the row's maximum subtracted. */
void dsv_softmax(float *x, size_t rows, size_t width, size_t stride, float scale);

/* The sum of a[i] * b[i], accumulated lane by lane. */
float dsv_dot(const float *a, const float *b, size_t count);

/* y[i] = (x[i] - mean) / deviation. */
void dsv_standardize(const float *x, size_t count, float mean, float deviation, float *y);

#ifdef __cplusplus
}
#endif

#endif

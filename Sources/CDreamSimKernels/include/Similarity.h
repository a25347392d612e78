/*
 * What metrics of pixels and of windows of pixels need. Colors stay interleaved: windows are taken along rows of floats
 * in which neighbors of one channel lie DSV_CHANNELS apart.
 */
#ifndef DREAMSIM_KERNELS_SIMILARITY_H
#define DREAMSIM_KERNELS_SIMILARITY_H

#include <stddef.h>
#include <stdint.h>

#define DSV_CHANNELS 3
/* Floats that may be read beyond the end of each row. */
#define DSV_SIMILARITY_SLACK 16

/* One row of structural similarity, from `taps` rows of a + b and of a - b. */
struct dsv_similarity {
    const float *const *sums;        /* `taps` rows of count + DSV_CHANNELS * (taps - 1) floats and the slack */
    const float *const *differences; /* likewise */
    const float *weights;            /* of the window along one axis; `taps` that are symmetric and add up to 1 */
    size_t taps;
    size_t count;      /* floats of the result: columns * DSV_CHANNELS */
    float c1, c2;      /* the stabilizing constants, in squares of the rows' unit */
    float covariance;  /* what variances and covariances are multiplied with */
    float *scratch;    /* dsv_similarity_scratch(count, taps) floats */
    float *similarity; /* receives `count` values; may be NULL */
    double *totals;    /* to which are added: the sums of SSIM of each channel, then those of contrast-structure */
};

size_t dsv_similarity_scratch(size_t count, size_t taps);

void dsv_similarity_row(const struct dsv_similarity *row);

/* sums[i] = a[i] + b[i], differences[i] = a[i] - b[i]. */
void dsv_sums_and_differences(const uint8_t *a, const uint8_t *b, size_t count, float *sums, float *differences);

/* Means over squares of 2 x 2 pixels of two rows: of a + b and of a - b, and of a row of floats. */
void dsv_halve_bytes(const uint8_t *a_top, const uint8_t *a_bottom, const uint8_t *b_top, const uint8_t *b_bottom,
                     size_t columns, float *sums, float *differences);
void dsv_halve(const float *top, const float *bottom, size_t columns, float *y);

/* Adds the sums of |a[i] - b[i]| and of its square. */
void dsv_pixel_differences(const uint8_t *a, const uint8_t *b, size_t count, uint64_t *absolute, uint64_t *squared);

#endif

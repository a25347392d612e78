#ifndef DREAMSIM_KERNELS_RESAMPLE_H
#define DREAMSIM_KERNELS_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

/// The number of rows that dreamsim_resample_rows handles together.
#define DREAMSIM_RESAMPLE_ROWS 16

/// How each output sample of one axis is made: output i is the sum over k < counts[i] of input[starts[i] + k] times
/// weights[i * stride + k], in fixed point with 22 fractional bits, rounded half up and clipped to 0...255.
typedef struct {
    const int32_t *starts;
    const int32_t *counts;
    const int32_t *weights;
    size_t stride;
    size_t outputs;
} DreamSimResampling;

/// Resamples the width of `rows` rows of `width` RGB pixels. `scratch` holds width * 3 * DREAMSIM_RESAMPLE_ROWS bytes.
void dreamsim_resample_rows(const uint8_t *source, size_t width, size_t rows, const DreamSimResampling *axis,
    uint8_t *scratch, uint8_t *destination);

/// Resamples the height of rows of `rowBytes` bytes each.
void dreamsim_resample_columns(
    const uint8_t *source, size_t rowBytes, const DreamSimResampling *axis, uint8_t *destination);

#endif

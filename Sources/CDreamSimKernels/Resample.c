#include "Resample.h"

// Which clone is taken is decided before ThreadSanitizer has begun, whose calls would end the process there.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define HAS_THREAD_SANITIZER 1
#endif
#endif
#if defined(__x86_64__) && defined(__linux__) && !defined(HAS_THREAD_SANITIZER)
#define DISPATCHED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DISPATCHED
#endif

#define FRACTION_BITS 22
#define LANES (3 * DREAMSIM_RESAMPLE_ROWS)
#define CHUNK 192

static inline uint8_t clipped(int32_t sum) {
    int32_t value = sum >> FRACTION_BITS;
    value = value < 0 ? 0 : value;
    return (uint8_t)(value > 255 ? 255 : value);
}

// Sixteen rows are interleaved so that the same column of all of them lies together: the sums of a pixel then run over
// contiguous lanes, which the compiler turns into wide multiplies, and every row shares one set of weights.
DISPATCHED
void dreamsim_resample_rows(const uint8_t *source, size_t width, size_t rows, const DreamSimResampling *axis,
    uint8_t *scratch, uint8_t *destination) {
    const size_t rowBytes = width * 3;
    const size_t outputBytes = axis->outputs * 3;
    for (size_t first = 0; first < rows; first += DREAMSIM_RESAMPLE_ROWS) {
        const size_t count = rows - first < DREAMSIM_RESAMPLE_ROWS ? rows - first : DREAMSIM_RESAMPLE_ROWS;
        const uint8_t *row[DREAMSIM_RESAMPLE_ROWS];
        for (size_t r = 0; r < DREAMSIM_RESAMPLE_ROWS; r++)
            row[r] = source + (first + (r < count ? r : count - 1)) * rowBytes;
        for (size_t i = 0; i < rowBytes; i++)
            for (size_t r = 0; r < DREAMSIM_RESAMPLE_ROWS; r++)
                scratch[i * DREAMSIM_RESAMPLE_ROWS + r] = row[r][i];

        for (size_t x = 0; x < axis->outputs; x++) {
            int32_t sums[LANES];
            for (size_t j = 0; j < LANES; j++) sums[j] = 1 << (FRACTION_BITS - 1);
            const uint8_t *pixels = scratch + (size_t)axis->starts[x] * LANES;
            const int32_t *weights = axis->weights + x * axis->stride;
            for (int32_t k = 0; k < axis->counts[x]; k++, pixels += LANES) {
                const int32_t weight = weights[k];
                for (size_t j = 0; j < LANES; j++) sums[j] += (int32_t)pixels[j] * weight;
            }
            uint8_t bytes[LANES];
            for (size_t j = 0; j < LANES; j++) bytes[j] = clipped(sums[j]);
            for (size_t r = 0; r < count; r++)
                for (size_t c = 0; c < 3; c++)
                    destination[(first + r) * outputBytes + x * 3 + c] = bytes[c * DREAMSIM_RESAMPLE_ROWS + r];
        }
    }
}

DISPATCHED
void dreamsim_resample_columns(
    const uint8_t *source, size_t rowBytes, const DreamSimResampling *axis, uint8_t *destination) {
    for (size_t y = 0; y < axis->outputs; y++) {
        const uint8_t *top = source + (size_t)axis->starts[y] * rowBytes;
        const int32_t *weights = axis->weights + y * axis->stride;
        for (size_t left = 0; left < rowBytes; left += CHUNK) {
            const size_t count = rowBytes - left < CHUNK ? rowBytes - left : CHUNK;
            int32_t sums[CHUNK];
            for (size_t j = 0; j < count; j++) sums[j] = 1 << (FRACTION_BITS - 1);
            for (int32_t k = 0; k < axis->counts[y]; k++) {
                const uint8_t *samples = top + (size_t)k * rowBytes + left;
                const int32_t weight = weights[k];
                for (size_t j = 0; j < count; j++) sums[j] += (int32_t)samples[j] * weight;
            }
            for (size_t j = 0; j < count; j++) destination[y * rowBytes + left + j] = clipped(sums[j]);
        }
    }
}

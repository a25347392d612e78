/* Rounds matrices to integers in panels, and back. */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "CDreamSimKernels.h"

/* Where the integer of an output of a panel and an input of a block lies, from the block's beginning. */
static size_t place(int kind, size_t output, size_t input) {
    const size_t together = kind == DSV_INT16 ? 2 : 4;
    return (input / together * DSV_PANEL + output) * together + input % together;
}

void dsv_pack_integers(const float *w, size_t stride, size_t outputs, size_t inputs, int kind, size_t block, void *packed,
                       float *scales) {
    const size_t size = kind == DSV_INT16 ? sizeof(int16_t) : sizeof(int8_t);
    const float most = kind == DSV_INT16 ? DSV_INT16_WEIGHT : DSV_INT8_WEIGHT;
    char *at = packed;
    for (size_t first = 0; first < outputs; first += DSV_PANEL) {
        for (size_t start = 0; start < inputs; start += block, at += block * DSV_PANEL * size, scales += 2 * DSV_PANEL) {
            const size_t count = inputs - start < block ? inputs - start : block;
            memset(at, 0, block * DSV_PANEL * size);
            memset(scales, 0, 2 * DSV_PANEL * sizeof(float));
            for (size_t o = 0; o < DSV_PANEL && first + o < outputs; o++) {
                const float *row = w + (first + o) * stride + start;
                float highest = 0;
                for (size_t k = 0; k < count; k++)
                    highest = fabsf(row[k]) > highest || isnan(row[k]) ? fabsf(row[k]) : highest;
                scales[o] = highest / most;
                /* What float32 can hardly express is nothing; what is not finite shows by its scale. */
                if (highest < 1e-30f || !isfinite(highest)) {
                    if (isfinite(highest))
                        scales[o] = 0;
                    continue;
                }
                int sum = 0;
                for (size_t k = 0; k < count; k++) {
                    const int value = (int)rintf(row[k] * (most / highest));
                    sum += value;
                    if (kind == DSV_INT16)
                        ((int16_t *)at)[place(kind, o, k)] = (int16_t)value;
                    else
                        ((int8_t *)at)[place(kind, o, k)] = (int8_t)value;
                }
                scales[DSV_PANEL + o] = 128.0f * (float)sum;
            }
        }
    }
}

void dsv_unpack_integers(const void *packed, const float *scales, size_t outputs, size_t inputs, int kind, size_t block,
                         float *w) {
    const size_t size = kind == DSV_INT16 ? sizeof(int16_t) : sizeof(int8_t), blocks = (inputs + block - 1) / block;
    for (size_t output = 0; output < outputs; output++) {
        for (size_t k = 0; k < inputs; k++) {
            const size_t part = output / DSV_PANEL * blocks + k / block, o = output % DSV_PANEL;
            const char *at = (const char *)packed + part * block * DSV_PANEL * size;
            const size_t index = place(kind, o, k % block);
            const int value = kind == DSV_INT16 ? ((const int16_t *)at)[index] : ((const int8_t *)at)[index];
            w[output * inputs + k] = (float)value * scales[part * 2 * DSV_PANEL + o];
        }
    }
}

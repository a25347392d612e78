/* Moves matrices into panels and back. */
#include <string.h>

#include "CDreamSimKernels.h"

void dsv_pack(const float *w, size_t stride, size_t outputs, size_t inputs, float *packed) {
    for (size_t first = 0; first < outputs; first += DSV_PANEL, packed += inputs * DSV_PANEL) {
        const size_t count = outputs - first < DSV_PANEL ? outputs - first : DSV_PANEL;
        const float *rows = w + first * stride;
        if (count == DSV_PANEL) {
            for (size_t k = 0; k < inputs; k++)
                for (size_t o = 0; o < DSV_PANEL; o++)
                    packed[k * DSV_PANEL + o] = rows[o * stride + k];
        } else {
            for (size_t k = 0; k < inputs; k++)
                for (size_t o = 0; o < DSV_PANEL; o++)
                    packed[k * DSV_PANEL + o] = o < count ? rows[o * stride + k] : 0;
        }
    }
}

void dsv_pack_transposed(const float *v, size_t stride, size_t outputs, size_t inputs, float *packed) {
    for (size_t first = 0; first < outputs; first += DSV_PANEL) {
        const size_t count = outputs - first < DSV_PANEL ? outputs - first : DSV_PANEL;
        for (size_t k = 0; k < inputs; k++, packed += DSV_PANEL) {
            if (count == DSV_PANEL) {
                memcpy(packed, v + k * stride + first, DSV_PANEL * sizeof(float));
            } else {
                memset(packed, 0, DSV_PANEL * sizeof(float));
                memcpy(packed, v + k * stride + first, count * sizeof(float));
            }
        }
    }
}

void dsv_unpack(const float *packed, size_t outputs, size_t inputs, float *w) {
    for (size_t o = 0; o < outputs; o++) {
        const float *panel = packed + o / DSV_PANEL * inputs * DSV_PANEL + o % DSV_PANEL;
        for (size_t k = 0; k < inputs; k++)
            w[o * inputs + k] = panel[k * DSV_PANEL];
    }
}

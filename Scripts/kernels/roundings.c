// Rounding and packing against plain loops, and what rounds on the way against what rounds afterwards.
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "check.h"

// What a row is in check_rounding.
enum { TIES, RANDOM, ZEROS, TINY, SMALL, HUGE_ROW, INFINITE, NOT_A_NUMBER, ROW_SORTS };

static float rounded_value(int sort, size_t k, int most) {
    const float v = random_float(), sign = random_bits() % 2 ? 1 : -1;
    switch (sort) {
    // The largest comes first, so that a unit is one, and then quarters.
    case TIES: return sign * (k == 0 ? (float)most : 0.25f * (float)random_between(0, 4 * most - 1));
    case ZEROS: return sign * 0.0f;
    case TINY: return v * (k % 2 ? 1e-31f : 1e-39f);
    case SMALL: return k == 0 ? 1.5e-30f : v * 1e-30f;
    case HUGE_ROW: return k == 0 ? sign * FLT_MAX : v * FLT_MAX;
    case INFINITE: return k == 0 ? sign * INFINITY : v;
    case NOT_A_NUMBER: return k == 0 ? sign * NAN : k == 1 ? INFINITY : v;
    default: return v;
    }
}

void check_rounding(int kind) {
    const int most = inputs_within[kind];
    for (int turn = 0; turn < 200; turn++) {
        const size_t block = 4 * (size_t)random_between(1, turn % 2 ? 128 : 8);
        const size_t columns = (size_t)random_between(1, 3 * (int)block), rows = ROW_SORTS + 2, stride = columns + 5;
        float *x = take((rows - 2) * stride - 5, sizeof(float));
        const struct dsv_integer_rows into = take_rows(kind, rows, columns, block);
        for (size_t r = 0; r < rows - 2; r++) {
            for (size_t k = 0; k < columns; k++)
                x[r * stride + k] = rounded_value((int)r, k % block, most);
        }
        for (size_t b = 0; b < blocks_of(&into); b++)
            kernels->round_rows(x + b * block, stride, rows - 2, &into, 1, b);
        for (size_t at = 0; at < blocks_of(&into) * rows; at++) {
            const size_t b = at / rows, left = columns - b * block, count = left < block ? left : block;
            const float found = into.scales[at];
            if (at % rows == 0 || at % rows == rows - 1) {
                // The rows around are left as they were.
                for (size_t k = 0; k < block; k++)
                    compare(input_at(&into, at % rows, b * block + k),
                            kind == DSV_INT16 ? (int16_t)0xA5A5 : (int8_t)(0xA5 - DSV_INT8_EXCESS), 0);
                continue;
            }
            const int sort = (int)(at % rows) - 1;
            const float *row = x + (size_t)sort * stride + b * block;
            if (sort == INFINITE || sort == NOT_A_NUMBER) {
                compare(sort == INFINITE ? isinf(found) : isnan(found), 1, 0);
                continue;
            }
            float highest = 0;
            for (size_t k = 0; k < count; k++)
                highest = fmaxf(highest, fabsf(row[k]));
            const int is_nothing = sort == ZEROS || sort == TINY;
            compare(found, is_nothing ? 0 : highest / (float)most, 0);
            for (size_t k = 0; k < block; k++) {
                const int value = input_at(&into, at % rows, b * block + k);
                const double scaled = k < count && !is_nothing ? (double)row[k] * (float)((float)most / highest) : 0;
                // With and without a rounding of the product, which differ next to a tie.
                const double apart = rint((double)(float)scaled);
                compare(value, sort == TIES || value != apart ? rint(scaled) : apart, 0);
            }
        }
        free(x), release(&into);
    }
}

static void compare_rows(const struct dsv_integer_rows *a, const struct dsv_integer_rows *b) {
    for (size_t r = 0; r < a->rows; r++) {
        for (size_t k = 0; k < blocks_of(a) * a->block; k++)
            compare(input_at(a, r, k), input_at(b, r, k), 0);
    }
    for (size_t i = 0; i < blocks_of(a) * a->rows; i++)
        compare(a->scales[i], b->scales[i], 0);
}

void check_layer_norm(int kind) {
    for (int turn = 0; turn < 120; turn++) {
        const size_t block = 4 * (size_t)random_between(1, turn % 2 ? 128 : 8);
        const size_t columns = (size_t)random_between(1, 3 * (int)block), rows = (size_t)random_between(1, 7);
        float *x = take_random(rows * columns), *gamma = take_random(columns), *beta = take_random(columns);
        float *y = take(rows * columns, sizeof(float));
        const struct dsv_integer_rows apart = take_rows(kind, rows, columns, block);
        const struct dsv_integer_rows together = take_rows(kind, rows, columns, block);
        kernels->layer_norm(x, rows, columns, gamma, beta, 1e-6f, y);
        for (size_t b = 0; b < blocks_of(&apart); b++)
            kernels->round_rows(y + b * block, columns, rows, &apart, 0, b);
        kernels->layer_norm_rounded(x, 1, gamma, beta, 1e-6f, &together, 0);
        kernels->layer_norm_rounded(x + columns, rows - 1, gamma, beta, 1e-6f, &together, 1);
        compare_rows(&apart, &together);
        free(x), free(gamma), free(beta), free(y), release(&apart), release(&together);
    }
}

void check_attention(int kind) {
    for (int turn = 0; turn < 40; turn++) {
        const size_t width = 4 * (size_t)random_between(1, 20), heads = (size_t)random_between(1, 3);
        const size_t tokens = (size_t)random_between(1, turn % 4 ? 70 : 260), stride = 3 * heads * width;
        float *qkv = take_random(tokens * stride), *y = take(tokens * width, sizeof(float));
        float *scratch = take(dsv_attention_scratch(tokens, width), sizeof(float));
        const struct dsv_integer_rows apart = take_rows(kind, tokens + 1, heads * width, width);
        const struct dsv_integer_rows together = take_rows(kind, tokens + 1, heads * width, width);
        for (size_t head = 0; head < heads; head++) {
            struct dsv_attention of = {
                .queries = qkv + head * width, .keys = qkv + (heads + head) * width,
                .values = qkv + (2 * heads + head) * width, .stride = stride, .tokens = tokens, .width = width,
                .scale = 1 / sqrtf((float)width), .y = y, .y_stride = width, .scratch = scratch,
            };
            kernels->attend(&of);
            kernels->round_rows(y, width, tokens, &apart, 1, head);
            of.y = NULL, of.rounded = &together, of.first_row = 1, of.block = head;
            kernels->attend(&of);
        }
        // The row before the first is left as it was, in both.
        for (size_t i = 0; i < heads * (tokens + 1); i += tokens + 1)
            apart.scales[i] = together.scales[i] = 0;
        compare_rows(&apart, &together);
        free(qkv), free(y), free(scratch), release(&apart), release(&together);
    }
}

void check_packing(int kind) {
    const int most = weights_within[kind];
    for (int turn = 0; turn < 120; turn++) {
        const size_t block = 4 * (size_t)random_between(1, turn % 2 ? 128 : 8), stride = 3 * block + 2;
        const size_t inputs = (size_t)random_between(1, 3 * (int)block), outputs = (size_t)random_between(1, 70);
        float *w = take_random(outputs * stride), *back = take(outputs * inputs, sizeof(float));
        // Nothing, what float32 can hardly express, and what it cannot.
        for (size_t k = 0; k < inputs; k++)
            w[k] = 0, w[outputs / 2 * stride + k] *= 1e-32f;
        if (turn % 4 == 3) w[(outputs - 1) * stride] = turn % 8 == 3 ? NAN : -INFINITY;
        const struct weights packed = take_weights(kind, inputs, outputs, block);
        const struct weights again = take_weights(kind, inputs, outputs, block);
        dsv_pack_integers(w, stride, outputs, inputs, kind, block, packed.values, packed.scales);
        dsv_unpack_integers(packed.values, packed.scales, outputs, inputs, kind, block, back);
        dsv_pack_integers(back, inputs, outputs, inputs, kind, block, again.values, again.scales);
        for (size_t o = 0; o < (outputs + DSV_PANEL - 1) / DSV_PANEL * DSV_PANEL; o++) {
            for (size_t first = 0; first < inputs; first += block) {
                const size_t count = o >= outputs ? 0 : inputs - first < block ? inputs - first : block;
                float highest = 0;
                for (size_t k = 0; k < count; k++) {
                    const float magnitude = fabsf(w[o * stride + first + k]);
                    highest = magnitude > highest || isnan(magnitude) ? magnitude : highest;
                }
                const float scale = highest < 1e-30f ? 0 : highest / (float)most;
                const float found = *scale_of(&packed, o, first);
                if (isnan(scale)) compare(isnan(found), 1, 0);
                else compare(found, scale, 0);
                int sum = 0;
                for (size_t k = 0; k < block; k++) {
                    const int value = weight_at(&packed, o, first + k);
                    const int is_number = k < count && scale != 0 && isfinite(scale);
                    const float scaled = is_number ? w[o * stride + first + k] * ((float)most / highest) : 0;
                    compare(value, rintf(scaled), 0);
                    compare(weight_at(&again, o, first + k), value, 0);
                    if (k < count && isfinite(scale))
                        compare(back[o * inputs + first + k], (float)value * scale, 0);
                    else if (k < count)
                        compare(isfinite(back[o * inputs + first + k]), 0, 0);
                    sum += value;
                }
                compare(scale_of(&packed, o, first)[DSV_PANEL], 128.0f * (float)sum, 0);
            }
        }
        free(w), free(back), release_weights(&packed), release_weights(&again);
    }
}

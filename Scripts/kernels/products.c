// Products of integers against sums of whole numbers.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

// Random integers, or all of the largest magnitude, with scales of one.
static void fill(const struct dsv_integer_rows *x, const struct weights *w, int x_most, int w_most, int x_sign,
                 int w_sign) {
    const size_t inputs = blocks_of(x) * x->block, outputs = (w->outputs + DSV_PANEL - 1) / DSV_PANEL * DSV_PANEL;
    for (size_t r = 0; r < x->rows; r++) {
        for (size_t k = 0; k < inputs; k++)
            set_input(x, r, k, k >= x->columns ? 0 : x_sign ? x_sign * x_most : random_between(-x_most, x_most));
    }
    for (size_t i = 0; i < blocks_of(x) * x->rows; i++)
        x->scales[i] = 1;
    for (size_t o = 0; o < outputs; o++) {
        int sum = 0;
        for (size_t k = 0; k < (w->inputs + w->block - 1) / w->block * w->block; k++) {
            const int is_none = o >= w->outputs || k >= w->inputs;
            const int value = is_none ? 0 : w_sign ? w_sign * w_most : random_between(-w_most, w_most);
            set_weight(w, o, k, value);
            sum = k % w->block ? sum + value : value;
            scale_of(w, o, k)[0] = 1;
            scale_of(w, o, k)[DSV_PANEL] = 128.0f * (float)sum;
        }
    }
}

static double activated(double v, int activation) {
    switch (activation) {
    case DSV_GELU: return v * 0.5 * (1 + erf(v * 0.70710678118654752));
    case DSV_QUICK_GELU: return v / (1 + exp(-1.702 * v));
    case DSV_RELU: return v > 0 ? v : 0;
    default: return v;
    }
}

// A product of rows `first` to `first + rows` of `x`, whose sums are whole numbers, with a completion in powers of two.
static void check_product(const struct dsv_integer_rows *x, size_t first, size_t rows, const struct weights *w,
                          int activation, int has_bias, int has_scale, int adds) {
    const size_t outputs = w->outputs, stride = outputs + 3;
    // Sums stay near those that activations bend.
    const float unit = has_scale ? 0x1p-20f : 1;
    float *bias = take(outputs, sizeof(float)), *scale = take(outputs, sizeof(float));
    float *y = take(rows * stride, sizeof(float)), *before = take(rows * stride, sizeof(float));
    for (size_t o = 0; o < outputs; o++)
        bias[o] = (float)random_between(-(1 << 20), 1 << 20), scale[o] = random_bits() % 2 ? unit : -unit;
    for (size_t i = 0; i < rows * stride; i++)
        before[i] = unit * (float)random_between(-(1 << 20), 1 << 20);
    memcpy(y, before, rows * stride * sizeof(float));
    kernels->multiply_integers(&(struct dsv_integer_product){
        .x = x, .first_row = first, .rows = rows, .w = w->values, .w_scales = w->scales, .outputs = outputs, .y = y,
        .y_stride = stride, .bias = has_bias ? bias : NULL, .scale = has_scale ? scale : NULL, .adds = adds,
        .activation = activation,
    });
    for (size_t r = 0; r < rows; r++) {
        for (size_t o = 0; o < stride; o++) {
            const size_t at = r * stride + o;
            if (o >= outputs) {
                compare(y[at], before[at], 0);
                continue;
            }
            int64_t sum = 0;
            for (size_t k = 0; k < w->inputs; k++)
                sum += (int64_t)input_at(x, first + r, k) * weight_at(w, o, k);
            double v = (double)(float)sum + (has_bias ? bias[o] : 0);
            v = v * (has_scale ? scale[o] : 1) + (adds ? before[at] : 0);
            const int is_exact = activation == DSV_IDENTITY || activation == DSV_RELU;
            compare(y[at], activated(v, activation), is_exact ? 0 : 2e-6 * fmax(1, fabs(v)));
        }
    }
    free(bias), free(scale), free(y), free(before);
}

void check_products(int kind) {
    for (int rows = 1; rows <= 29; rows++) {
        for (int then = 0; then < 20; then++) {
            // Blocks of all lengths, and inputs that fill one, begin another or take three.
            const int block = 4 * random_between(1, then % 3 ? 128 : 8), most = 1540 < 4 * block ? 1540 : 4 * block;
            const int inputs = then % 4 == 0 ? block : random_between(4 < most ? 4 : most, most);
            const int outputs = random_between(1, 70), first = random_between(0, 3);
            const struct dsv_integer_rows x = take_rows(kind, (size_t)(first + rows + 1), (size_t)inputs, (size_t)block);
            const struct weights w = take_weights(kind, (size_t)inputs, (size_t)outputs, (size_t)block);
            // Sums below 2^23, with large numbers on either side.
            const int all = (1 << 23) / inputs, x_within = inputs_within[kind], w_within = weights_within[kind];
            int x_most = x_within, w_most = w_within;
            if (then % 2)
                x_most = all / w_most < x_within ? all / w_most : x_within;
            else
                w_most = all / x_most < w_within ? all / x_most : w_within;
            fill(&x, &w, x_most, w_most, 0, 0);
            const int adds = then >= 16;
            check_product(&x, (size_t)first, (size_t)rows, &w, adds ? DSV_IDENTITY : then / 4, then & 1, then >> 1 & 1,
                          adds);
            release(&x), release_weights(&w);
        }
    }
}

// A convolution over rows of `x` from `first` on, whose sums are whole numbers, with scales of one and two.
static void check_convolution(const struct dsv_integer_rows *x, size_t first, const struct dsv_integer_window *window,
                              size_t rows, const struct weights *w) {
    const size_t outputs = w->outputs, stride = outputs + 3, count = rows * window->y_row_stride;
    float *y = take(count, sizeof(float));
    for (size_t i = 0; i < count; i++)
        y[i] = 0.5f;
    for (size_t r = 0; r < x->rows; r++)
        x->scales[r] = (float)(1 + r % 2);
    kernels->multiply_integers(&(struct dsv_integer_product){
        .x = x, .window = window, .first_row = first, .rows = rows * window->places, .w = w->values,
        .w_scales = w->scales, .outputs = outputs, .y = y, .y_stride = stride, .activation = DSV_RELU,
    });
    for (size_t i = 0; i < count; i++) {
        const size_t row = i / window->y_row_stride, place = i % window->y_row_stride / stride;
        const size_t o = i % window->y_row_stride % stride;
        int64_t sum = 0;
        for (size_t k = 0; o < outputs && k < w->inputs; k++) {
            const size_t length = window->blocks * window->block, source = first + row * window->row_step + k / length;
            const int value = place < window->places
                ? input_at(x, source, place * window->place_stride + k % length) * weight_at(w, o, k) : 0;
            sum += value * (int64_t)(1 + source % 2);
        }
        compare(y[i], place >= window->places || o >= outputs ? 0.5 : sum > 0 ? (double)sum : 0, 0);
    }
    free(y);
}

void check_convolutions(int kind) {
    for (int places = 1; places <= 29; places++) {
        for (int then = 0; then < 8; then++) {
            const int size = random_between(1, 3), step = random_between(1, 2), channels = 4 * random_between(1, 12);
            const int length = ((places - 1) * step + size) * channels, inputs = size * size * channels;
            const int blocks = then % 2 ? size : 1, rows = random_between(1, 3), first = random_between(0, 2);
            const int outputs = random_between(1, 70), last = first + (rows - 1) * step + size;
            const struct dsv_integer_rows x = take_rows(kind, (size_t)last, (size_t)length, (size_t)length);
            const struct weights w =
                take_weights(kind, (size_t)inputs, (size_t)outputs, (size_t)(size * channels / blocks));
            // Sums below 2^22, twice of which float32 holds.
            const int all = (1 << 22) / inputs / inputs_within[kind];
            fill(&x, &w, inputs_within[kind], all < weights_within[kind] ? all : weights_within[kind], 0, 0);
            const struct dsv_integer_window window = {
                .places = (size_t)places, .place_stride = (size_t)(step * channels), .row_step = (size_t)step,
                .rows = (size_t)size, .block = w.block, .blocks = (size_t)blocks,
                .y_row_stride = (size_t)((places + 1) * (outputs + 3)),
            };
            check_convolution(&x, (size_t)first, &window, (size_t)rows, &w);
            release(&x), release_weights(&w);
        }
    }
}

void check_largest(int kind) {
    for (int rows = 1; rows <= 29; rows += 2) {
        for (int signs = 0; signs < 4; signs++) {
            const struct dsv_integer_rows x = take_rows(kind, (size_t)rows, DSV_INTEGER_BLOCK, DSV_INTEGER_BLOCK);
            const struct weights w = take_weights(kind, DSV_INTEGER_BLOCK, 33, DSV_INTEGER_BLOCK);
            fill(&x, &w, inputs_within[kind], weights_within[kind], signs & 1 ? 1 : -1, signs & 2 ? 1 : -1);
            check_product(&x, 0, (size_t)rows, &w, DSV_IDENTITY, 0, 0, 0);
            release(&x), release_weights(&w);
        }
    }
}

// What the checks of kernels share: random numbers, comparisons, and the layouts, written down here once more from
// include/IntegerProduct.h.
#ifndef CHECK_H
#define CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "CDreamSimKernels.h"

// By enum dsv_integers.
extern const int inputs_within[2], weights_within[2];

// The kernels that are checked.
extern const struct dsv_kernels *kernels;

// Random numbers, the same in every run.
uint32_t random_bits(void);
int random_between(int low, int high);
float random_float(void);

// Memory to the byte, so that AddressSanitizer sees what is read or written beyond it.
void *take(size_t count, size_t size);
float *take_random(size_t count);

// Counts a failure where the difference is larger than `within`, or a NaN.
void compare(double found, double expected, double within);

// Rounded rows.
struct dsv_integer_rows take_rows(int kind, size_t rows, size_t columns, size_t block);
void release(const struct dsv_integer_rows *rows);
size_t blocks_of(const struct dsv_integer_rows *of);
int input_at(const struct dsv_integer_rows *of, size_t row, size_t column);
void set_input(const struct dsv_integer_rows *of, size_t row, size_t column, int value);

// Packed weights.
struct weights {
    void *values;
    float *scales;
    size_t inputs, outputs, block;
    int kind;
};

struct weights take_weights(int kind, size_t inputs, size_t outputs, size_t block);
void release_weights(const struct weights *of);
int weight_at(const struct weights *of, size_t output, size_t input);
void set_weight(const struct weights *of, size_t output, size_t input, int value);

// The scale of an output and the block of an input; DSV_PANEL further lies 128 times the sum.
float *scale_of(const struct weights *of, size_t output, size_t input);

// The checks of one kind of integers.
void check_products(int kind);
void check_convolutions(int kind);
void check_largest(int kind);
void check_rounding(int kind);
void check_layer_norm(int kind);
void check_attention(int kind);
void check_packing(int kind);

#endif

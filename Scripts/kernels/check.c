// Compares the kernels of integers, of every kind that the processor has, with plain C: integers, and sums that float32
// holds, exactly. Prints a line for each kind and check with the largest difference, and ends with 1 when one is too large.
// Scripts/kernels/arm64.sh builds and runs it.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

const int inputs_within[] = {[DSV_INT16] = DSV_INT16_INPUT, [DSV_INT8] = DSV_INT8_INPUT};
const int weights_within[] = {[DSV_INT16] = DSV_INT16_WEIGHT, [DSV_INT8] = DSV_INT8_WEIGHT};
const struct dsv_kernels *kernels;

static int failures;
static double largest;
static uint64_t state;

uint32_t random_bits(void) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

int random_between(int low, int high) {
    return low + (int)(random_bits() % (uint32_t)(high - low + 1));
}

float random_float(void) {
    return (float)random_between(-(1 << 20), 1 << 20) / (float)(1 << 20);
}

void *take(size_t count, size_t size) {
    void *memory = malloc(count * size);
    if (!memory) {
        fprintf(stderr, "check: no memory for %zu bytes; free some\n", count * size);
        exit(1);
    }
    // What nobody writes shows.
    memset(memory, 0xA5, count * size);
    return memory;
}

float *take_random(size_t count) {
    float *values = take(count, sizeof(float));
    for (size_t i = 0; i < count; i++)
        values[i] = random_float();
    return values;
}

void compare(double found, double expected, double within) {
    const double difference = found == expected ? 0 : fabs(found - expected);
    if (!(difference <= largest)) largest = difference;
    if (!(difference <= within)) failures++;
}

// Rounded rows.
struct dsv_integer_rows take_rows(int kind, size_t rows, size_t columns, size_t block) {
    const size_t blocks = (columns + block - 1) / block;
    return (struct dsv_integer_rows){
        .values = take(blocks * rows * block, kind == DSV_INT16 ? 2 : 1), .scales = take(blocks * rows, sizeof(float)),
        .kind = kind, .rows = rows, .columns = columns, .block = block,
    };
}

void release(const struct dsv_integer_rows *rows) {
    free(rows->values);
    free(rows->scales);
}

size_t blocks_of(const struct dsv_integer_rows *of) {
    return (of->columns + of->block - 1) / of->block;
}

int input_at(const struct dsv_integer_rows *of, size_t row, size_t column) {
    const size_t at = (column / of->block * of->rows + row) * of->block + column % of->block;
    return of->kind == DSV_INT16 ? ((int16_t *)of->values)[at]
                                 : (int8_t)(((uint8_t *)of->values)[at] - DSV_INT8_EXCESS);
}

void set_input(const struct dsv_integer_rows *of, size_t row, size_t column, int value) {
    const size_t at = (column / of->block * of->rows + row) * of->block + column % of->block;
    if (of->kind == DSV_INT16)
        ((int16_t *)of->values)[at] = (int16_t)value;
    else
        ((uint8_t *)of->values)[at] = (uint8_t)(value + DSV_INT8_EXCESS);
}

// Packed weights.
struct weights take_weights(int kind, size_t inputs, size_t outputs, size_t block) {
    const size_t parts = (inputs + block - 1) / block * ((outputs + DSV_PANEL - 1) / DSV_PANEL);
    return (struct weights){
        .values = take(parts * block * DSV_PANEL, kind == DSV_INT16 ? 2 : 1),
        .scales = take(parts * 2 * DSV_PANEL, sizeof(float)),
        .inputs = inputs, .outputs = outputs, .block = block, .kind = kind,
    };
}

void release_weights(const struct weights *of) {
    free(of->values);
    free(of->scales);
}

static size_t part_of(const struct weights *of, size_t output, size_t input) {
    return output / DSV_PANEL * ((of->inputs + of->block - 1) / of->block) + input / of->block;
}

static size_t place_of(const struct weights *of, size_t output, size_t input) {
    const size_t n = of->kind == DSV_INT16 ? 2 : 4, k = input % of->block;
    return part_of(of, output, input) * of->block * DSV_PANEL + (k / n * DSV_PANEL + output % DSV_PANEL) * n + k % n;
}

int weight_at(const struct weights *of, size_t output, size_t input) {
    const size_t at = place_of(of, output, input);
    return of->kind == DSV_INT16 ? ((int16_t *)of->values)[at] : ((int8_t *)of->values)[at];
}

float *scale_of(const struct weights *of, size_t output, size_t input) {
    return of->scales + part_of(of, output, input) * 2 * DSV_PANEL + output % DSV_PANEL;
}

void set_weight(const struct weights *of, size_t output, size_t input, int value) {
    const size_t at = place_of(of, output, input);
    if (of->kind == DSV_INT16)
        ((int16_t *)of->values)[at] = (int16_t)value;
    else
        ((int8_t *)of->values)[at] = (int8_t)value;
}

static void run(const char *name, void (*check)(int), int kind) {
    const int before = failures;
    // The same cases for all kinds of kernels.
    state = 1, largest = 0;
    check(kind);
    printf("%-10s %-5s  %-12s  largest difference %-8.2g  %s\n", kernels->name, kind == DSV_INT16 ? "int16" : "int8", name,
           largest, failures == before ? "ok" : "FAILED");
}

int main(void) {
    for (size_t i = 0; dsv_kind(i); i++) {
        kernels = dsv_kernels_named(dsv_kind(i));
        for (int kind = DSV_INT16; kind <= DSV_INT8; kind++) {
            run("products", check_products, kind);
            run("convolutions", check_convolutions, kind);
            run("largest", check_largest, kind);
            run("rounding", check_rounding, kind);
            run("layer norm", check_layer_norm, kind);
            run("attention", check_attention, kind);
            run("packing", check_packing, kind);
        }
    }
    if (failures) fprintf(stderr, "check: %d values differ; the lines above say of which kernels\n", failures);
    return failures > 0;
}

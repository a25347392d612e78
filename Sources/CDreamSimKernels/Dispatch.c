/* Chooses the kernels for the processor at hand, once, at start-up. */
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#include "CDreamSimKernels.h"

#if defined(__aarch64__)
static int has_dot_products(void) {
#if defined(__linux__)
    return getauxval(AT_HWCAP) >> 20 & 1;
#else
    /* All of Apple's since 2020. */
    return 1;
#endif
}
#endif

extern const struct dsv_kernels dsv_kernels_baseline;
#if defined(__x86_64__)
extern const struct dsv_kernels dsv_kernels_avx2, dsv_kernels_avx512;
void dsv_multiply_integers_only_avxvnni(const struct dsv_integer_product *);
void dsv_multiply_integers_only_avx512vnni(const struct dsv_integer_product *);
#elif defined(__aarch64__)
void dsv_multiply_integers_only_dotprod(const struct dsv_integer_product *);
#endif

/* The most kinds that a build has. */
enum { MOST_KINDS = 5 };

/* What the processor has, the best first. */
static struct dsv_kernels kinds[MOST_KINDS];
static size_t kind_count;
static const struct dsv_kernels *active = &dsv_kernels_baseline;

static struct dsv_kernels *add(const struct dsv_kernels *kernels) {
    kinds[kind_count] = *kernels;
    return &kinds[kind_count++];
}

/* The same functions with another product of integers. */
static void add_integers(const struct dsv_kernels *kernels, const char *name,
                         void (*multiply)(const struct dsv_integer_product *)) {
    struct dsv_kernels *kind = add(kernels);
    kind->name = name;
    kind->multiply_integers = multiply;
}

static void find_kinds(void) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl")) {
        if (__builtin_cpu_supports("avx512vnni"))
            add_integers(&dsv_kernels_avx512, "avx512vnni", dsv_multiply_integers_only_avx512vnni);
        add(&dsv_kernels_avx512);
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")) {
        unsigned a = 0, b, c, d;
        /* Leaf 7, part 1: bit 4 of EAX is AVX-VNNI, which not every compiler's list of names has. */
        if (__get_cpuid_count(7, 1, &a, &b, &c, &d) && a >> 4 & 1)
            add_integers(&dsv_kernels_avx2, "avxvnni", dsv_multiply_integers_only_avxvnni);
        add(&dsv_kernels_avx2);
    }
#elif defined(__aarch64__)
    if (has_dot_products())
        add_integers(&dsv_kernels_baseline, "dotprod", dsv_multiply_integers_only_dotprod);
#endif
    add(&dsv_kernels_baseline);
}

const struct dsv_kernels *dsv_kernels_named(const char *name) {
    for (size_t i = 0; i < kind_count; i++) {
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    }
    return NULL;
}

const char *dsv_kind(size_t index) {
    return index < kind_count ? kinds[index].name : NULL;
}

__attribute__((constructor)) static void choose(void) {
    find_kinds();
    const char *wanted = getenv("DREAMSIM_SIMD");
    const struct dsv_kernels *found = wanted ? dsv_kernels_named(wanted) : NULL;
    active = found ? found : &kinds[0];
}

const char *dsv_simd(void) {
    return active->name;
}

void dsv_layer_norm(const float *x, size_t rows, size_t width, const float *gamma, const float *beta, float epsilon,
                    float *y) {
    active->layer_norm(x, rows, width, gamma, beta, epsilon, y);
}

void dsv_softmax(float *x, size_t rows, size_t width, size_t stride, float scale) {
    active->softmax(x, rows, width, stride, scale);
}

float dsv_dot(const float *a, const float *b, size_t count) {
    return active->dot(a, b, count);
}

void dsv_rotate(const struct dsv_rotation *rotation) {
    active->rotate(rotation);
}

void dsv_multiply_packed(const struct dsv_product *product) {
    active->multiply_packed(product);
}

void dsv_packed_transposed_product(const float *packed, size_t inputs, size_t first, size_t count, const float *q,
                                   float *u) {
    active->packed_transposed_product(packed, inputs, first, count, q, u);
}

void dsv_round_rows(const float *x, size_t stride, size_t rows, const struct dsv_integer_rows *into, size_t first_row,
                    size_t block) {
    active->round_rows(x, stride, rows, into, first_row, block);
}

void dsv_layer_norm_rounded(const float *x, size_t rows, const float *gamma, const float *beta, float epsilon,
                            const struct dsv_integer_rows *into, size_t first_row) {
    active->layer_norm_rounded(x, rows, gamma, beta, epsilon, into, first_row);
}

void dsv_multiply_integers(const struct dsv_integer_product *product) {
    active->multiply_integers(product);
}

void dsv_attend(const struct dsv_attention *attention) {
    active->attend(attention);
}

size_t dsv_attention_scratch(size_t tokens, size_t width) {
    const size_t wide_tokens = (tokens + DSV_PANEL - 1) / DSV_PANEL * DSV_PANEL;
    const size_t wide_width = (width + DSV_PANEL - 1) / DSV_PANEL * DSV_PANEL;
    return wide_tokens * width + wide_width * tokens + DSV_QUERY_BLOCK * (wide_tokens + width);
}

void dsv_weighted_rows(const float *x, size_t stride, const float *p, size_t rows, size_t width, float *y) {
    active->weighted_rows(x, stride, p, rows, width, y);
}

void dsv_float_differences(const float *a, const float *b, size_t count, double *absolute, double *squared) {
    active->float_differences(a, b, count, absolute, squared);
}

void dsv_float_differences_backward(const float *a, const float *b, size_t count, double slope, int of_signs, float *da,
                                    float *db) {
    active->float_differences_backward(a, b, count, slope, of_signs, da, db);
}

int dsv_all_finite(const float *x, size_t count) {
    return active->all_finite(x, count);
}

void dsv_multiply_rows(const struct dsv_row_products *products) {
    active->multiply_rows(products);
}

void dsv_widen_rows(const void *x, int precision, size_t stride, size_t rows, size_t width, float *y) {
    active->widen_rows(x, precision, stride, rows, width, y);
}

float dsv_stored_dot(const void *a, const void *b, int precision, size_t width) {
    return active->stored_dot(a, b, precision, width);
}

size_t dsv_places_above(const float *x, const float *limits, float offset, size_t count, uint32_t *places) {
    return active->places_above(x, limits, offset, count, places);
}

void dsv_standardize(const float *x, size_t count, float mean, float deviation, float *y) {
    active->standardize(x, count, mean, deviation, y);
}

void dsv_layer_norm_backward(const struct dsv_layer_norm_gradient *gradient) {
    active->layer_norm_backward(gradient);
}

void dsv_activate(int activation, const float *x, size_t count, float *y) {
    active->activate(activation, x, count, y);
}

void dsv_activate_backward(int activation, const float *x, const float *dy, size_t count, float *dx) {
    active->activate_backward(activation, x, dy, count, dx);
}

void dsv_softmax_backward(const float *p, float *dp, size_t rows, size_t width, size_t stride, float scale) {
    active->softmax_backward(p, dp, rows, width, stride, scale);
}

void dsv_max_pool(const struct dsv_pooling *pooling) {
    active->max_pool(pooling);
}

void dsv_l2_pool(const struct dsv_pooling *pooling) {
    active->l2_pool(pooling);
}

void dsv_unit_differences(const float *a, const float *b, size_t count, size_t channels, const float *weights, float *d) {
    active->unit_differences(a, b, count, channels, weights, d);
}

void dsv_moments(const float *x, const float *y, size_t count, size_t channels, float *moments) {
    active->moments(x, y, count, channels, moments);
}

void dsv_positive_flags(const float *x, size_t count, uint8_t *flags) {
    active->positive_flags(x, count, flags);
}

void dsv_gate(const float *values, const uint8_t *flags, size_t stride, size_t rows, size_t width, float *dy,
              size_t dy_stride) {
    active->gate(values, flags, stride, rows, width, dy, dy_stride);
}

void dsv_max_pool_backward(const struct dsv_pooling_gradient *gradient) {
    active->max_pool_backward(gradient);
}

void dsv_l2_pool_backward(const struct dsv_pooling_gradient *gradient) {
    active->l2_pool_backward(gradient);
}

void dsv_unit_differences_backward(const float *a, const float *b, size_t count, size_t channels, const float *weights,
                                   float scale, float *da) {
    active->unit_differences_backward(a, b, count, channels, weights, scale, da);
}

void dsv_channel_gradient(const struct dsv_channel_gradient *gradient, const float *x, const float *y, size_t count,
                          size_t channels, float *dx) {
    active->channel_gradient(gradient, x, y, count, channels, dx);
}

void dsv_similarity_row(const struct dsv_similarity *row) {
    active->similarity_row(row);
}

size_t dsv_similarity_scratch(size_t count, size_t taps) {
    const size_t wide = count + DSV_CHANNELS * (taps - 1);
    return 4 * (wide + 2 * DSV_SIMILARITY_SLACK) + DSV_SIMILARITY_SLACK;
}

void dsv_sums_and_differences(const uint8_t *a, const uint8_t *b, size_t count, float *sums, float *differences) {
    active->sums_and_differences(a, b, count, sums, differences);
}

void dsv_halve_bytes(const uint8_t *a_top, const uint8_t *a_bottom, const uint8_t *b_top, const uint8_t *b_bottom,
                     size_t columns, float *sums, float *differences) {
    active->halve_bytes(a_top, a_bottom, b_top, b_bottom, columns, sums, differences);
}

void dsv_halve(const float *top, const float *bottom, size_t columns, float *y) {
    active->halve(top, bottom, columns, y);
}

void dsv_pixel_differences(const uint8_t *a, const uint8_t *b, size_t count, uint64_t *absolute, uint64_t *squared) {
    active->pixel_differences(a, b, count, absolute, squared);
}

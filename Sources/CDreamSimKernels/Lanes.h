/*
 * One register of float lanes, by the compiler's vector extension: the same source lowers to SSE, AVX2, AVX-512 and NEON.
 * Included by the kernels, which define LANES for the processor they are compiled for.
 */
#ifndef LANES
#error "define LANES before including Lanes.h"
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

typedef float lanes __attribute__((ext_vector_type(LANES)));
typedef int32_t ilanes __attribute__((ext_vector_type(LANES)));
typedef uint16_t halves __attribute__((ext_vector_type(LANES)));

INLINE lanes splat(float v) {
    return (lanes)(v);
}

INLINE lanes load(const float *p) {
    lanes v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void store(float *p, lanes v) {
    memcpy(p, &v, sizeof v);
}

/* Loads IEEE 754 binary16; without an instruction for it infinities and NaN become large numbers. */
#if (defined(__x86_64__) && LANES >= 8) || defined(__aarch64__)
typedef _Float16 float16s __attribute__((ext_vector_type(LANES)));

INLINE lanes load_float16(const uint16_t *p) {
    float16s h;
    memcpy(&h, p, sizeof h);
    return __builtin_convertvector(h, lanes);
}
#else
INLINE lanes load_float16(const uint16_t *p) {
    halves h;
    memcpy(&h, p, sizeof h);
    const ilanes wide = __builtin_convertvector(h, ilanes);
    const ilanes magnitude = (wide & 0x7FFF) << 13, exponent = wide & 0x7C00;
    /* Both ways avoid float32 numbers below the normal range, which processors are slow with. */
    ilanes normal = magnitude + (112 << 23), small = magnitude + (113 << 23);
    lanes value, subnormal;
    memcpy(&value, &normal, sizeof value);
    memcpy(&subnormal, &small, sizeof subnormal);
    subnormal = subnormal - 0x1p-14f;
    ilanes bits, bits_of_subnormal;
    memcpy(&bits, &value, sizeof bits);
    memcpy(&bits_of_subnormal, &subnormal, sizeof bits_of_subnormal);
    bits = (exponent == 0 ? bits_of_subnormal : bits) | (wide & 0x8000) << 16;
    memcpy(&value, &bits, sizeof value);
    return value;
}
#endif

/* Loads `count` < LANES values; the other lanes hold `rest`. */
INLINE lanes load_part(const float *p, size_t count, float rest) {
    lanes v = splat(rest);
    memcpy(&v, p, count * sizeof(float));
    return v;
}

INLINE void store_part(float *p, size_t count, lanes v) {
    memcpy(p, &v, count * sizeof(float));
}

INLINE float sum(lanes v) {
    float s[LANES];
    memcpy(s, &v, sizeof s);
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++)
            s[i] += s[i + width];
    return s[0];
}

/* Sixteen floats in as many registers as they take. What is added up along a row is added up in these, so that the sums
   are the same whatever a register holds. */
#define WIDE 16
#define PARTS (WIDE / LANES)
typedef struct {
    lanes part[PARTS];
} wide;

INLINE wide wide_splat(float v) {
    wide w;
    for (int p = 0; p < PARTS; p++)
        w.part[p] = splat(v);
    return w;
}

#define WIDE_REDUCTION(NAME, COMBINED)                                                                                \
    INLINE float NAME(wide v) {                                                                                       \
        float s[WIDE];                                                                                                \
        memcpy(s, &v, sizeof s);                                                                                      \
        for (int width = WIDE / 2; width > 0; width /= 2)                                                             \
            for (int i = 0; i < width; i++)                                                                           \
                s[i] = COMBINED(s[i], s[i + width]);                                                                  \
        return s[0];                                                                                                  \
    }
#define SUM_OF(A, B) ((A) + (B))
#define LARGER_OF(A, B) ((A) > (B) ? (A) : (B))
WIDE_REDUCTION(wide_sum, SUM_OF)
WIDE_REDUCTION(wide_maximum, LARGER_OF)

/* Up to LANES values of a row from `i` on, of which `rest` stands beyond the row's end. */
INLINE lanes load_until(const float *x, size_t i, size_t count, float rest) {
    return i + LANES <= count ? load(x + i) : i < count ? load_part(x + i, count - i, rest) : splat(rest);
}

INLINE void store_until(float *x, size_t i, size_t count, lanes v) {
    if (i + LANES <= count)
        store(x + i, v);
    else if (i < count)
        store_part(x + i, count - i, v);
}

/* Coefficients: Scripts/derive/erf_coefficients.py, which also states the errors. */

/* exp, within 2 ulp; the argument is held within what float32 can express. */
INLINE lanes exponential(lanes x) {
    x = __builtin_elementwise_min(__builtin_elementwise_max(x, splat(-87.0f)), splat(88.0f));
    /* Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the low bits. */
    const lanes magic = splat(12582912.0f);
    lanes shifted = x * 1.4426950408889634f + magic;
    lanes n = shifted - magic;
    lanes r = x - n * 0.693145751953125f;
    r = r - n * 1.428606765330187e-6f;
    lanes p = splat(1.392617589e-03f);
    p = p * r + 8.363173343e-03f;
    p = p * r + 4.166655615e-02f;
    p = p * r + 1.666657776e-01f;
    p = p * r + 5.000000000e-01f;
    p = (p * r) * r + r + 1.0f;
    ilanes exponent;
    memcpy(&exponent, &shifted, sizeof exponent);
    exponent = exponent << 23;
    ilanes bits;
    memcpy(&bits, &p, sizeof bits);
    bits = bits + exponent;
    memcpy(&p, &bits, sizeof p);
    return p;
}

/* erf, within 1e-7 absolute. */
INLINE lanes error_function(lanes x) {
    lanes t = __builtin_elementwise_abs(x);
    lanes s = x * x;
    lanes near = splat(-5.933305947e-04f);
    near = near * s + 4.982214887e-03f;
    near = near * s + -2.675944008e-02f;
    near = near * s + 1.128162965e-01f;
    near = near * s + -3.761247694e-01f;
    near = near * s + 1.283791512e-01f;
    near = near * x + x;
    lanes u = __builtin_elementwise_min(t, splat(3.93f));
    lanes far = splat(-1.020805144e-06f);
    far = far * u + 3.400874630e-05f;
    far = far * u + -4.965310800e-04f;
    far = far * u + 4.296728875e-03f;
    far = far * u + -2.512808517e-02f;
    far = far * u + 1.078468412e-01f;
    far = far * u + 6.341498494e-01f;
    far = far * u + 1.289036274e-01f;
    far = 1.0f - exponential(-(far * u + u));
    far = __builtin_elementwise_copysign(far, x);
    return t <= splat(0.9375f) ? near : far;
}

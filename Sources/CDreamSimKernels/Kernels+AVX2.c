#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define KIND "avx2"
#define KERNEL(name) dsv_##name##_avx2
#include "Kernels.h"
#pragma clang attribute pop
#endif

#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,f16c"))), apply_to = function)
#define LANES 16
#define KIND "avx512"
#define KERNEL(name) dsv_##name##_avx512
#include "Kernels.h"
#pragma clang attribute pop
#endif

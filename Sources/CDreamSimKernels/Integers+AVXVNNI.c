#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define HAS_VNNI
#define KERNEL(name) dsv_##name##_avxvnni
#include "Integers.h"
#pragma clang attribute pop
#endif

#if defined(__aarch64__)
#include <arm_neon.h>
#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)
#define LANES 4
#define HAS_VNNI
#define KERNEL(name) dsv_##name##_dotprod
#include "Integers.h"
#pragma clang attribute pop
#endif

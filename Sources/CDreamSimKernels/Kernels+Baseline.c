/* For every processor: SSE2 on x86-64, NEON on arm64. */
#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#define LANES 4
#define KIND "baseline"
#define KERNEL(name) dsv_##name##_baseline
#include "Kernels.h"

/* For every processor: SSE2 on x86-64, NEON on arm64. */
#define LANES 4
#define KIND "baseline"
#define KERNEL(name) dsv_##name##_baseline
#include "Kernels.h"

/*
 * The product of integers alone, for processors with an instruction for a whole step of it. Included like Kernels.h, after
 * HAS_VNNI was defined.
 */
#include <math.h>

#include "CDreamSimKernels.h"
#include "Lanes.h"
#include "Completion.h"
#include "IntegerTiles.h"

void KERNEL(multiply_integers_only)(const struct dsv_integer_product *of) {
    KERNEL(multiply_integers)(of);
}

#ifndef DREAMSIM_CVIPS_SHIM_H
#define DREAMSIM_CVIPS_SHIM_H

#include <vips/vips.h>

#endif

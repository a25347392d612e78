#ifndef DREAMSIM_VIPS_HEADERS_H
#define DREAMSIM_VIPS_HEADERS_H

#include <vips/vips.h>

#endif

#ifndef DREAMSIM_CVECTORMATH_H
#define DREAMSIM_CVECTORMATH_H

#include "Resample.h"

#endif

#ifndef DREAMSIM_COPENBLAS_SHIM_H
#define DREAMSIM_COPENBLAS_SHIM_H

#include <cblas.h>

#endif

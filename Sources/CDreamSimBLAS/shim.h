#ifndef DREAMSIM_COPENBLAS_SHIM_H
#define DREAMSIM_COPENBLAS_SHIM_H

#include <cblas.h>
#include <stddef.h>

/* LAPACK's eigenvalues and singular values, which OpenBLAS brings, as Fortran has them: matrices by columns, and the lengths
   of texts at the end. */
void dsyevd_(const char *job, const char *part, const int *n, double *a, const int *a_stride, double *values, double *work,
             const int *work_count, int *integers, const int *integer_count, int *info, size_t, size_t);
void dgesdd_(const char *job, const int *rows, const int *columns, double *a, const int *a_stride, double *values,
             double *left, const int *left_stride, double *right, const int *right_stride, double *work,
             const int *work_count, int *integers, int *info, size_t);

#endif

#include <cblas.h>

#ifdef __linux__
void openblas_set_num_threads(int);
#endif

#include "CPeak.h"

#define CHAINS 12

#define LOOP(NAME, LANES, TARGET, CONSTRAINT)                                                                         \
    TARGET static long NAME(long rounds) {                                                                             \
        typedef float lanes __attribute__((ext_vector_type(LANES)));                                                   \
        lanes chain[CHAINS], factor = (lanes)(0.999f), term = (lanes)(0.001f);                                         \
        for (int i = 0; i < CHAINS; i++)                                                                               \
            chain[i] = (lanes)((float)i);                                                                              \
        for (long round = 0; round < rounds; round++) {                                                                \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++) chain[i] = chain[i] * factor + term;   \
            _Pragma("clang loop unroll(full)") for (int i = 0; i < CHAINS; i++)                                        \
                __asm__ volatile("" : "+" CONSTRAINT(chain[i]));                                                       \
        }                                                                                                              \
        return 2L * LANES * CHAINS;                                                                                    \
    }

#if defined(__x86_64__)
LOOP(wide, 8, __attribute__((target("avx2,fma"))), "x")
LOOP(narrow, 4, , "x")

long peak_rounds(long rounds) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? wide(rounds) : narrow(rounds);
}
#else
LOOP(narrow, 4, , "w")

long peak_rounds(long rounds) {
    return narrow(rounds);
}
#endif

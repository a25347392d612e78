// libFuzzer's driver and AddressSanitizer's marking of memory, as far as the fuzzing targets use them. The toolchain
// brings both libraries without these declarations.
#pragma once
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerRunDriver(
    int *_Nonnull count, char *_Nullable *_Nonnull *_Nonnull arguments,
    int (*_Nonnull test)(const uint8_t *_Nullable bytes, size_t count));

void __asan_poison_memory_region(const void *_Nonnull start, size_t count);
void __asan_unpoison_memory_region(const void *_Nonnull start, size_t count);

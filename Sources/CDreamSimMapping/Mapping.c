#ifndef _GNU_SOURCE
#define _GNU_SOURCE  // MAP_ANONYMOUS
#endif
#include "CDreamSimMapping.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RANGES = 1024 };

// A range counts while its end is not 0. The handler reads the end twice, so that it never joins the start of one range
// with the end of another.
static struct {
    _Atomic(int) taken, marked;
    _Atomic(uintptr_t) start, end;
} ranges[RANGES];

static struct sigaction previous;
static uintptr_t page;
static int is_installed;

// The number of the range that holds an address; -1 when none does.
static int range_of(uintptr_t address) {
    for (int i = 0; i < RANGES; i++) {
        uintptr_t end = atomic_load(&ranges[i].end);
        if (end == 0 || address >= end || address < atomic_load(&ranges[i].start)) continue;
        if (atomic_load(&ranges[i].end) == end) return i;
    }
    return -1;
}

// Calls nothing but mmap, which on all systems is a bare system call, sigaction and the handler before.
static void handle(int signal, siginfo_t *info, void *context) {
    uintptr_t address = (uintptr_t)info->si_addr;
    // Sent by a process, the signal tells of no address.
    int number = info->si_code > 0 ? range_of(address) : -1;
    if (number >= 0) {
        // Marked first: nobody may see the zeros without the mark.
        atomic_store(&ranges[number].marked, 1);
        // All that follows is lost with it, and is replaced at once: a system has only so many mappings for a process.
        void *lost = (void *)(address / page * page);
        size_t rest = atomic_load(&ranges[number].end) - (uintptr_t)lost;
        if (mmap(lost, rest, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == lost) return;
    }
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    } else if (info->si_code > 0 || previous.sa_handler == SIG_DFL) {
        // On return a fault is raised again, and ends the process; a signal that was sent is sent again.
        sigaction(SIGBUS, &previous, NULL);
        if (info->si_code <= 0) raise(signal);
    }
}

static void install(void) {
    struct sigaction action = {0};
    page = (uintptr_t)sysconf(_SC_PAGESIZE);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    // The handler before has to be known when the new one is first called.
    is_installed = sigaction(SIGBUS, NULL, &previous) == 0 && sigaction(SIGBUS, &action, NULL) == 0;
}

int dsm_watch(const void *base, size_t bytes) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    if (!is_installed) return -1;
    for (int i = 0; i < RANGES; i++) {
        int is_free = 0;
        if (!atomic_compare_exchange_strong(&ranges[i].taken, &is_free, 1)) continue;
        atomic_store(&ranges[i].marked, 0);
        atomic_store(&ranges[i].start, (uintptr_t)base);
        atomic_store(&ranges[i].end, (uintptr_t)base + bytes);
        return i;
    }
    return -1;
}

int dsm_is_marked(int number) { return atomic_load(&ranges[number].marked); }

void dsm_forget(int number) {
    atomic_store(&ranges[number].end, 0);
    atomic_store(&ranges[number].taken, 0);
}

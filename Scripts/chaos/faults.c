// Stands between a program and the system, by LD_PRELOAD, so that faults come at a chosen step and not at a chosen time.
//
// Steps are counted that open, write, rename, flush or remove something below CHAOS_ROOT. At the step that the page of
// CHAOS_CONTROL names, the process stops itself (SIGSTOP): whoever started it kills it, changes files or the clock, fills the
// disk, and lets it continue. See control.py for the page.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OPEN_DISK, FULL_DISK, READ_ONLY_DISK };

struct page {
    _Atomic uint64_t steps;   // taken so far
    _Atomic uint64_t at;      // where to stop; 0 for nowhere
    _Atomic uint32_t tears;   // whether half of the bytes are written before a stop at a write
    _Atomic uint32_t disk;    // what the disk is like
    _Atomic int64_t room;     // bytes that a full disk still takes
    _Atomic int64_t seconds;  // what the clock is put forward by
};

static struct page nothing;
static struct page *page = &nothing;
static char root[PATH_MAX];
static size_t root_length;
// Of each descriptor, whether it is of a file below the root.
static _Atomic unsigned char inside[1 << 16];

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

__attribute__((constructor)) static void begin(void) {
    const char *folder = getenv("CHAOS_ROOT"), *control = getenv("CHAOS_CONTROL");
    if (!folder || !control || !realpath(folder, root)) return;
    root_length = strlen(root);
    int descriptor = REAL(open)(control, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return;
    void *mapped = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped != MAP_FAILED) page = mapped;
    REAL(close)(descriptor);
}

static int is_inside(int folder, const char *path) {
    if (!root_length || !path) return 0;
    char whole[2 * PATH_MAX], link[64];
    if (path[0] == '/') {
        snprintf(whole, sizeof whole, "%s", path);
    } else {
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, whole, PATH_MAX);
        if (length < 0) return 0;
        snprintf(whole + length, sizeof whole - length, "/%s", path);
    }
    return strncmp(whole, root, root_length) == 0 && (whole[root_length] == '/' || !whole[root_length]);
}

static int is_of_root(int descriptor) {
    return descriptor >= 0 && descriptor < (int)(sizeof inside) && atomic_load(&inside[descriptor]);
}

static void mark(int descriptor, int within) {
    if (descriptor >= 0 && descriptor < (int)(sizeof inside)) atomic_store(&inside[descriptor], within);
}

// Counts a step. True when the process has to stop there.
static int is_due(void) {
    uint64_t at = atomic_load(&page->at);
    return atomic_fetch_add(&page->steps, 1) + 1 == at;
}

static void stop(void) {
    int kept = errno;
    // To this thread: a signal to the process may be taken by another one, and this would run on for a while.
    raise(SIGSTOP);
    errno = kept;
}

static void step(void) {
    if (is_due()) stop();
}

// Why something below the root cannot be changed; 0 where it can.
static int refusal(int takesRoom) {
    uint32_t disk = atomic_load(&page->disk);
    if (disk == READ_ONLY_DISK) return EROFS;
    return disk == FULL_DISK && takesRoom && atomic_load(&page->room) <= 0 ? ENOSPC : 0;
}

#define REFUSE(takesRoom) \
    do { \
        int reason = refusal(takesRoom); \
        if (reason) return errno = reason, -1; \
    } while (0)

static int opened(int folder, const char *path, int flags, mode_t mode) {
    int within = is_inside(folder, path);
    if (within) {
        step();
        int writes = (flags & O_ACCMODE) != O_RDONLY || flags & (O_CREAT | O_TRUNC);
        if (writes && refusal(0)) return errno = EROFS, -1;
        if (flags & O_CREAT && refusal(1) && faccessat(folder, path, F_OK, AT_SYMLINK_NOFOLLOW)) return errno = ENOSPC, -1;
    }
    int descriptor = REAL(openat)(folder, path, flags, mode);
    if (descriptor >= 0) mark(descriptor, within);
    return descriptor;
}

#define OPEN(name, folder, ...) \
    int name(__VA_ARGS__, const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opened(folder, path, flags, mode); \
    }
OPEN(openat, folder, int folder)
OPEN(openat64, folder, int folder)
#define OPEN_HERE(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; \
        va_start(rest, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest); \
        return opened(AT_FDCWD, path, flags, mode); \
    }
OPEN_HERE(open)
OPEN_HERE(open64)

int close(int descriptor) {
    mark(descriptor, 0);
    return REAL(close)(descriptor);
}

// How many of the bytes the disk takes; negative where it takes none and errno says why.
static ssize_t room(size_t count) {
    REFUSE(0);
    if (atomic_load(&page->disk) != FULL_DISK) return count;
    int64_t before = atomic_fetch_sub(&page->room, (int64_t)count);
    if (before <= 0 && count) return errno = ENOSPC, -1;
    return before < (int64_t)count ? before : (ssize_t)count;
}

#define WRITE(name, arguments, ...) \
    ssize_t name(int descriptor, const void *bytes, size_t count arguments) { \
        if (is_of_root(descriptor)) { \
            if (is_due()) { \
                ssize_t half = atomic_load(&page->tears) ? count / 2 : 0; \
                half = half > 0 ? REAL(name)(descriptor, bytes, half __VA_ARGS__) : 0; \
                stop(); \
                if (half) return half; \
            } \
            ssize_t taken = room(count); \
            if (taken < 0) return -1; \
            count = taken; \
        } \
        return REAL(name)(descriptor, bytes, count __VA_ARGS__); \
    }
#define COMMA ,
WRITE(write, , )
WRITE(pwrite, COMMA off_t offset, , offset)
WRITE(pwrite64, COMMA off64_t offset, , offset)

ssize_t writev(int descriptor, const struct iovec *parts, int count) {
    if (is_of_root(descriptor)) {
        step();
        size_t size = 0;
        for (int i = 0; i < count; i++) size += parts[i].iov_len;
        if (room(size) < (ssize_t)size) return errno = atomic_load(&page->disk) == READ_ONLY_DISK ? EROFS : ENOSPC, -1;
    }
    return REAL(writev)(descriptor, parts, count);
}

// Calls that change what is below the root, by descriptor and by path.
#define CHANGE(type, name, within, takesRoom, arguments, ...) \
    type name arguments { \
        if (within) { \
            step(); \
            REFUSE(takesRoom); \
        } \
        return REAL(name)(__VA_ARGS__); \
    }
CHANGE(int, ftruncate, is_of_root(d), 0, (int d, off_t length), d, length)
CHANGE(int, ftruncate64, is_of_root(d), 0, (int d, off64_t length), d, length)
CHANGE(int, fsync, is_of_root(d), 0, (int d), d)
CHANGE(int, fdatasync, is_of_root(d), 0, (int d), d)
CHANGE(int, rename, is_inside(AT_FDCWD, to), 0, (const char *from, const char *to), from, to)
CHANGE(int, renameat, is_inside(b, to), 0, (int a, const char *from, int b, const char *to), a, from, b, to)
CHANGE(int, renameat2, is_inside(b, to), 0, (int a, const char *from, int b, const char *to, unsigned f), a, from, b, to, f)
CHANGE(int, unlink, is_inside(AT_FDCWD, path), 0, (const char *path), path)
CHANGE(int, unlinkat, is_inside(folder, path), 0, (int folder, const char *path, int flags), folder, path, flags)
CHANGE(int, rmdir, is_inside(AT_FDCWD, path), 0, (const char *path), path)
CHANGE(int, mkdir, is_inside(AT_FDCWD, path), 1, (const char *path, mode_t mode), path, mode)
CHANGE(int, mkdirat, is_inside(folder, path), 1, (int folder, const char *path, mode_t mode), folder, path, mode)
CHANGE(int, link, is_inside(AT_FDCWD, to), 1, (const char *from, const char *to), from, to)
CHANGE(int, symlink, is_inside(AT_FDCWD, to), 1, (const char *from, const char *to), from, to)

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    if (is_of_root(descriptor)) {
        step();
        REFUSE(1);
    }
    return REAL(fallocate)(descriptor, mode, offset, length);
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
    if (is_of_root(descriptor)) {
        step();
        if (refusal(1)) return refusal(1);
    }
    return REAL(posix_fallocate)(descriptor, offset, length);
}

// A clock that is put forward or back; the one that only counts is left alone, as by the system.
int clock_gettime(clockid_t clock, struct timespec *time) {
    int result = REAL(clock_gettime)(clock, time);
    if (!result && clock == CLOCK_REALTIME) time->tv_sec += atomic_load(&page->seconds);
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int result = REAL(gettimeofday)(now, zone);
    if (!result) now->tv_sec += atomic_load(&page->seconds);
    return result;
}

time_t time(time_t *result) {
    time_t now = REAL(time)(NULL) + atomic_load(&page->seconds);
    if (result) *result = now;
    return now;
}

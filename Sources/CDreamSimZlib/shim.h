#ifndef DREAMSIM_CZLIB_SHIM_H
#define DREAMSIM_CZLIB_SHIM_H

#include <zlib.h>

/* The one-time initialization of inflate is a macro, which Swift cannot call. `windowBits` as in inflateInit2. */
static inline int dreamsim_inflate_init(z_stream *stream, int windowBits) {
    return inflateInit2(stream, windowBits);
}

#endif

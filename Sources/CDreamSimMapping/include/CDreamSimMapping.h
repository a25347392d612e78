/*
 * Mapped files that may be cut short while they are read. Reading past the new end of such a file raises SIGBUS, which
 * would end the process; in a range that is watched zeros take the place of what is lost, and the range is marked.
 * Whoever reads a watched range asks afterwards whether it is marked, and discards what came of it.
 */
#ifndef DREAMSIM_MAPPING_H
#define DREAMSIM_MAPPING_H

#include <stddef.h>

/*
 * Watches a private, read-only mapping until dsm_forget, which has to come before it is unmapped. A first call installs a
 * handler of SIGBUS, which leaves all other addresses to the handler that was there before.
 * Returns a number for the calls below; -1 when too many ranges are watched, or no handler could be installed.
 */
int dsm_watch(const void *base, size_t bytes);

/* Whether a page of the range was lost. */
int dsm_is_marked(int number);

void dsm_forget(int number);

#endif

#ifndef CPEAK_H
#define CPEAK_H

/* Multiplies and adds in registers alone, `rounds` times what the result says in floating-point operations a round. */
long peak_rounds(long rounds);

#endif

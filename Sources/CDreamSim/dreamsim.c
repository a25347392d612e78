#include "include/dreamsim.h" // a target of C needs a source; the functions are in DreamSimC

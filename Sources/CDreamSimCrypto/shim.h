#ifndef DREAMSIM_CRYPTO_SHIM_H
#define DREAMSIM_CRYPTO_SHIM_H

#include <openssl/evp.h>

#endif

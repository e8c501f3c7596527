/*
 * Memory for OpenSSL that does not fail, as base/arena.h has it for us. Net-SNMP does not look
 * whether EVP_MD_CTX_new() gave anything and hands NULL on: out of memory must end with a line
 * that says so, not with a crash in libcrypto.
 */
#ifndef BASE_CRYPTO_MEMORY_H
#define BASE_CRYPTO_MEMORY_H

#include <stdbool.h>

/* First thing in main(). false: OpenSSL has memory of its own already, and goes on so. */
bool crypto_memory_use(void);

#endif

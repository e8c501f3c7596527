/* Single words of a file turned into values. Pure; every function takes the whole word or nothing.
 */
#ifndef SITE_SCALAR_H
#define SITE_SCALAR_H

#include "base/duration.h"
#include "model/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "-12", "0x1A"; no octal, no sign on hexadecimal, fits 63 bits. */
bool whole_parse(const char *s, int64_t *out);
/* A number, or "2^-9" (a power of two, -64 to 64), or "5/9". */
bool factor_parse(const char *s, double *out);

/* "4MB", "256 kB", "1.5GB" (of 1000 each) in bytes; false: none, or beyond 1000 GB. */
bool size_parse(const char *s, int64_t *bytes);
/* The shortest whole form: 4000000 -> "4MB". */
#define SIZE_TEXT_MAX 32
char *size_text(int64_t bytes, char buf[SIZE_TEXT_MAX]);

/*
 * "1.3.6.1.2.1.1.1.0", with or without a dot in front; 2..128 numbers of 32 bits. sub has room
 * for 128. Returns how many, or 0.
 */
#define OID_SUB_MAX 128
size_t oid_parse(const char *s, uint32_t sub[OID_SUB_MAX]);
/* The part of an OID that says which row: "3", "4.7.0", 1..128 numbers. Returns how many, or 0. */
size_t oid_index_parse(const char *s, uint32_t sub[OID_SUB_MAX]);

/* 1..63 of a-z 0-9 _, beginning with a letter; dash: - as well. */
bool name_valid(const char *s, bool dash);
/* A numeric IPv4 or IPv6 address. */
bool address_numeric(const char *s);
/* That, or a host name (RFC 1123). */
bool host_valid(const char *s);

#endif

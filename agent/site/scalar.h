/* Single words of a file turned into values. Pure; every function takes the whole word or nothing.
 */
#ifndef SITE_SCALAR_H
#define SITE_SCALAR_H

#include "model/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "-12", "0x1A"; no octal, no sign on hexadecimal, fits 63 bits. */
bool whole_parse(const char *s, int64_t *out);
/* "0.1", "-30", "1e3"; finite. */
bool number_parse(const char *s, double *out);
/* That, or "2^-9" (a power of two, -64 to 64), or "5/9". */
bool factor_parse(const char *s, double *out);

enum duration_fault {
	DURATION_OK,
	DURATION_BARE,    /* a number without a unit */
	DURATION_UNIT,    /* a number with a unit that is none of ours */
	DURATION_NONSENSE /* no number, negative, finer than 1 ms, or beyond 10 years */
};
/* "800ms", "1.5s", "5min", "1h", "2d" in milliseconds. *unit: where the unit begins. */
enum duration_fault duration_parse(const char *s, int64_t *ms, const char **unit);
extern const char *const duration_units[];
extern const size_t duration_unit_count;
/* The unit that was meant by "sec", "minutes", ...; NULL where nothing is near. */
const char *duration_unit_meant(const char *unit);
/* The shortest whole form: 90000 -> "90s", 300000 -> "5min". */
#define DURATION_TEXT_MAX 32
char *duration_text(int64_t ms, char buf[DURATION_TEXT_MAX]);

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

/* SPDX-License-Identifier: 0BSD */
/* hostname.h - host names, in one spelling, and patterns of them. */
#ifndef HOSTNAME_H
#define HOSTNAME_H 1

#include <stddef.h>

#define NAME_MOST 253 /* what DNS can hold */
#define NAME_ROOM (NAME_MOST + 1)

/*
 * Write the host name of n bytes in its one spelling: lower case, without
 * the final dot, an IPv6 literal as [::1]. With `authority` it may be an
 * IPv6 literal and a port may follow, which is dropped. Returns 0, or -1 and
 * "" if it is none: empty, too long, an empty label, a character other than
 * letters, digits, `-`, `_` and `.`.
 */
int hostname_fold(const unsigned char *text, size_t n, int authority,
    char out[NAME_ROOM]);

/* In place of a pattern: no name at all. */
#define NAME_NO_NAME "(none)"

/*
 * The same for a pattern, where a label may be `*`, and the first one `**`; or
 * NAME_NO_NAME. Returns NULL, or what is wrong with it.
 */
const char *hostname_pattern_fold(const unsigned char *text, size_t n,
    int authority, char out[NAME_ROOM]);

/* Both folded. A `*` is exactly one label, `**` one or more, and neither is an
   IPv6 literal. */
int hostname_matches(const char *pattern, const char *name);

#endif

/* SPDX-License-Identifier: 0BSD */
/* fuzz.h - what each target is, and how it says that something must hold. */
#ifndef FUZZ_H
#define FUZZ_H 1

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Else the program stops at once, saying which condition and where. */
#define must(condition) \
	((condition) ? (void)0 : fuzz_stop(#condition, __FILE__, __LINE__))

static inline void
fuzz_stop(const char *condition, const char *file, int line)
{
	(void)fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
	abort();
}

#endif

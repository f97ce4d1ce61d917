/* SPDX-License-Identifier: 0BSD */
/* t/76-fuzz-pair.c - the corpus of fuzz/pair.c, and mutations of it. */
#define PAIR_SMALL
#include "../fuzz/pair.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("pair", 4000);
}

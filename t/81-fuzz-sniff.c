/* SPDX-License-Identifier: 0BSD */
/* t/81-fuzz-sniff.c - the corpus of fuzz/sniff.c, and mutations of it. */
#include "../fuzz/sniff.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("sniff", 40);
}

/* SPDX-License-Identifier: 0BSD */
/* t/36-fuzz-meta.c - the corpus of fuzz/meta.c, and mutations of it. */
#include "../fuzz/meta.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("meta", 2000);
}

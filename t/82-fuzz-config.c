/* SPDX-License-Identifier: 0BSD */
/* t/82-fuzz-config.c - the corpus of fuzz/config.c, and mutations of it. */
#include "../fuzz/config.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("config", 3000);
}

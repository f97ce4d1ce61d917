/* SPDX-License-Identifier: 0BSD */
/* t/82-fuzz-control.c - the corpus of fuzz/control.c, and mutations of it. */
#include "../fuzz/control.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("control", 2000);
}

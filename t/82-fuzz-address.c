/* SPDX-License-Identifier: 0BSD */
/* t/82-fuzz-address.c - the corpus of fuzz/address.c, and mutations of it. */
#include "../fuzz/address.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("address", 4000);
}

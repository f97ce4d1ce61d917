/* SPDX-License-Identifier: 0BSD */
/* t/81-fuzz-proxy.c - the corpus of fuzz/proxy.c, and mutations of it. */
#include "../fuzz/proxy.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("proxy", 60);
}

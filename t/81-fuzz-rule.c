/* SPDX-License-Identifier: 0BSD */
/* t/81-fuzz-rule.c - the corpus of fuzz/rule.c, and mutations of it. */
#include "../fuzz/rule.c"
#include "../fuzz/replay.h"

int
main(void)
{
	return replay("rule", 4000);
}

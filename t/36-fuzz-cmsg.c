/* SPDX-License-Identifier: 0BSD */
/* t/36-fuzz-cmsg.c - the corpus of fuzz/cmsg.c, and mutations of it. */
#include "../fuzz/cmsg.c"

#ifdef FDFERRY_BACKEND_CMSG
# include "../fuzz/replay.h"

int
main(void)
{
	return replay("cmsg", 4000);
}

#else
# include "../t/tap.h"

int
main(void)
{
	skip_all("no backend cmsg");
}

#endif

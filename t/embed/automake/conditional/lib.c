/* SPDX-License-Identifier: 0BSD */
#include "config.h"
int app_main(int argc, char **argv);
#ifdef WITH_FDFERRY
# define main app_main
# include "app.c"
#else
int
app_main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}
#endif

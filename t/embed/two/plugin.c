/* SPDX-License-Identifier: 0BSD */
/* plugin.c - has a copy of the library of its own, with another version. */
#define main plugin_main
#include "app.c"

int plugin(void);
int
plugin(void)
{
	char *argv[] = { NULL, NULL };

	return plugin_main(1, argv);
}

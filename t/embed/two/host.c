/* SPDX-License-Identifier: 0BSD */
/*
 * host.c PLUGIN - a program with the library, which loads what has another
 * copy of it. Each uses its own (app.c): main() is the host's app_main.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

int app_main(int argc, char **argv);

int
main(int argc, char **argv)
{
	char *plain[] = { argv[0], NULL };
	int (*plugin)(void);
	void *object, *address;
	int rc;

	if (app_main(1, plain) != 0)
		return 2;
	if (argc < 2)
		return 0;
	object = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
	if (object == NULL) {
		fprintf(stderr, "%s\n", dlerror());
		return 2;
	}
	address = dlsym(object, "plugin");
	if (address == NULL)
		return 2;
	memcpy(&plugin, &address, sizeof plugin);
	rc = plugin();
	/* And the host's is what it was. */
	return rc != 0 ? rc : app_main(1, plain);
}

/* SPDX-License-Identifier: 0BSD */
/* t/03-features.c - features enumerate, and are found by name. */
#include "../lib/detect.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fdferry.h"

int
main(void)
{
	const char *name, *value, *found;
	size_t i, same = 0;
	int bad;

	(void)alarm(60);
	printf("1..3\n");
	/* These lines are what matrix/record keeps. */
	for (i = 0; fdferry_feature(i, &name, &value) == 0; i++) {
		printf("# feature %s: %s\n", name, value);
		found = fdferry_feature_get(name);
		if (found != NULL && strcmp(found, value) == 0)
			same++;
	}
	bad = i == 0 || same != i;
	printf("%sok 1 - each of %lu features is found by its name\n",
	    bad ? "not " : "", (unsigned long)i);
	found = fdferry_feature_get("version");
	if (found == NULL || strcmp(found, FDFERRY_VERSION) != 0
	    || strcmp(fdferry_version(), FDFERRY_VERSION) != 0) {
		bad = 1;
		printf("not ");
	}
	printf("ok 2 - header and library are of one version\n");
	if (fdferry_feature_get("no such feature") != NULL) {
		bad = 1;
		printf("not ");
	}
	printf("ok 3 - an unknown name is NULL\n");
	return bad;
}

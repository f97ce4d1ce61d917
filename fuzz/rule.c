/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/rule.c - any text as a rule: it is taken, or refused with one line
 * that can be printed; what is taken can be checked and freed.
 */
#include "../lib/detect.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rules/rules.h"

static void
printable(const char *err)
{
	for (; *err != '\0'; err++)
		if (*err < ' ' || *err > '~')
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The first byte says which kind of line it is. */
	static int (*const add[])(struct config *, const char *,
	    const struct place *, char *, size_t) = {
		config_rule, config_worker, config_listen, config_default,
		config_proxy_from, config_pool
	};
	static const struct place place = { "file", 7 };
	struct config config;
	char err[512], *text;

	if (size == 0 || (text = malloc(size)) == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	memset(&config, 0, sizeof config);
	err[0] = '\0';
	if (config_worker(&config, "w=/w", &place, err, sizeof err) < 0)
		abort();
	if (add[data[0] % 6](&config, text, &place, err, sizeof err) < 0
	    && err[0] == '\0')
		abort();
	printable(err);
	(void)config_check(&config, err, sizeof err);
	printable(err);
	config_free(&config);
	free(text);
	return 0;
}

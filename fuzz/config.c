/* SPDX-License-Identifier: 0BSD */
/*
 * fuzz/config.c - any bytes as a configuration file: all of it is taken, or
 * none and one line says why, with its place; what is taken is either whole or
 * one line says what is missing; and it decides.
 */
#include "../lib/detect.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"

/* One file without a name, for all. */
static FILE *memory;

static void
file_is(const uint8_t *data, size_t size)
{
	if (memory == NULL)
		memory = tmpfile();
	must(memory != NULL);
	rewind(memory);
	must(fwrite(data, 1, size, memory) == size && fflush(memory) == 0
	    && ftruncate(fileno(memory), (off_t)size) == 0);
	rewind(memory);
}

static FILE *
file_open(const char *path, const char *mode)
{
	must(strcmp(path, "file") == 0 && strcmp(mode, "r") == 0);
	return memory;
}

static int
file_close(FILE *f)
{
	must(f == memory);
	return 0;
}

#define fopen file_open
#define fclose file_close
#include "rules/file.c"
#undef fopen
#undef fclose

static void
one_line(const char *err)
{
	must(err[0] != '\0');
	for (; *err != '\0'; err++)
		must(*err >= ' ' && *err <= '~');
}

static void
decide(const struct config *config)
{
	static const unsigned char http[] = "GET /a HTTP/1.1\r\nHost: b\r\n\r\n";
	struct decide_input in;
	struct recognised seen;
	const struct rule *rule;
	size_t n;

	memset(&in, 0, sizeof in);
	in.data = http;
	for (n = 0; n < sizeof http; n += 7) {
		in.n = n;
		in.ended = n > 20 ? LOOK_TIME : LOOK_ON;
		must(config_decide(config, &in, &rule, &seen) || in.ended == LOOK_ON);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config config, zero;
	char err[512];

	memset(&config, 0, sizeof config);
	memset(&zero, 0, sizeof zero);
	file_is(data, size);
	err[0] = '\0';
	if (config_file(&config, "file", err, sizeof err) < 0) {
		must(strncmp(err, "file:", 5) == 0);
		one_line(err);
		/* Nothing of it stays. */
		must(config.nlistens + config.nworkers + config.npools
		    + config.nrules + config.ndefaults + config.nproxies == 0);
	} else if (config_check(&config, err, sizeof err) < 0)
		one_line(err);
	else {
		must(config.nworkers > 0);
		decide(&config);
	}
	config_free(&config);
	return 0;
}

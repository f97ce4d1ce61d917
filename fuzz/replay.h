/* SPDX-License-Identifier: 0BSD */
/*
 * replay.h - a target of the fuzzer as a test: its corpus, and mutations of
 * that, without the fuzzer. What must hold is checked by the target, which
 * stops the program.
 */
#ifndef REPLAY_H
#define REPLAY_H 1

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../t/tap.h"

#define REPLAY_FILES	150
#define REPLAY_MOST	5000

static struct {
	uint8_t bytes[REPLAY_MOST];
	size_t len;
} replay_files[REPLAY_FILES];
static size_t replay_count;
static unsigned long replay_seed = 20261;
/* A target's own mutator, if it has one. */
static size_t (*replay_mutator)(uint8_t *, size_t, size_t, unsigned int);

static unsigned long
replay_chance(unsigned long below)
{
	replay_seed = (replay_seed * 1103515245ul + 12345ul) & 0x7ffffffful;
	return (replay_seed >> 8) % below;
}

/* Exactly as long as it is, so that valgrind sees a byte too far. */
static void
replay_one(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		bail("no memory");
	if (len > 0)
		memcpy(copy, bytes, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

/* False: it is not here (a virtual machine has the programs alone). */
static int
replay_read(const char *name)
{
	const char *srcdir = getenv("srcdir");
	struct dirent *entry;
	char dir[1000], path[1400];
	FILE *file;
	DIR *d;

	(void)snprintf(dir, sizeof dir, "%s/fuzz/corpus-%s",
	    srcdir != NULL ? srcdir : ".", name);
	d = opendir(dir);
	if (d == NULL)
		return 0;
	while ((entry = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] == '.'
		    || (file = fopen(path, "rb")) == NULL)
			continue;
		if (replay_count == REPLAY_FILES)
			bail("more inputs than REPLAY_FILES");
		replay_files[replay_count].len = fread(
		    replay_files[replay_count].bytes, 1, REPLAY_MOST, file);
		(void)fclose(file);
		replay_count++;
	}
	(void)closedir(d);
	return 1;
}

/* Some bytes changed, cut out, or taken from another. Returns the new length. */
static size_t
replay_bytes(uint8_t *bytes, size_t len)
{
	unsigned long n = 1 + replay_chance(6), at, other;
	size_t k;

	for (; n > 0 && len > 1; n--) {
		at = replay_chance((unsigned long)len);
		switch (replay_chance(4)) {
		case 0: bytes[at] = (uint8_t)replay_chance(256); break;
		case 1: bytes[at] ^= (uint8_t)(1u << replay_chance(8)); break;
		case 2:
			k = 1 + replay_chance((unsigned long)(len - at));
			if (k < len) {
				memmove(bytes + at, bytes + at + k,
				    len - at - k);
				len -= k;
			}
			break;
		default:
			other = replay_count > 0 ? replay_chance(replay_count)
			    : 0;
			for (k = at; k < len && k < replay_files[other].len;
			    k++)
				bytes[k] = replay_files[other].bytes[k];
			break;
		}
	}
	return len;
}

/* One of the corpus, or anything if there is none, and a change of it. */
static void
replay_mutation(void)
{
	static uint8_t bytes[REPLAY_MOST];
	unsigned long i;
	size_t len, k;

	i = replay_count > 0 ? replay_chance(replay_count) : 0;
	len = replay_files[i].len;
	memcpy(bytes, replay_files[i].bytes, len);
	if (replay_count == 0)
		for (len = replay_chance(200), k = 0; k < len; k++)
			bytes[k] = (uint8_t)replay_chance(256);
	if (replay_mutator != NULL)
		len = replay_mutator(bytes, len, sizeof bytes,
		    (unsigned int)replay_chance(1ul << 23));
	else
		len = replay_bytes(bytes, len);
	replay_one(bytes, len);
}

/* The whole program: the exit status. */
static int
replay(const char *name, long mutations)
{
	size_t i;
	long k;

	plan(2);
	(void)alarm(240);	/* an emulator is slow */
	if (!replay_read(name))
		skip("the corpus", "it is not here");
	else {
		for (i = 0; i < replay_count; i++)
			replay_one(replay_files[i].bytes, replay_files[i].len);
		ok(replay_count > 0, "the corpus");
		diag("%lu inputs", (unsigned long)replay_count);
	}
	for (k = 0; k < mutations; k++)
		replay_mutation();
	ok(k == mutations, "mutations of it: nothing that must hold breaks");
	return tap_bad;
}

#endif

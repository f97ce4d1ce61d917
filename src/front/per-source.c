/* SPDX-License-Identifier: 0BSD */
/*
 * per-source.c - how many connections of one address are held.
 *
 * An IPv4 address (mapped ones too) counts as itself, an IPv6 one as its
 * /64, which is what one site has; all Unix clients are one source.
 */
#include "../../lib/detect.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "front.h"

#define BUCKETS 4096

struct source {
	struct source *next;
	unsigned char key[9];
	long n;
};

static struct source *buckets[BUCKETS];

static void
key_of(const struct sockaddr *addr, unsigned char key[9])
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0xff, 0xff };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(key, 0, 9);
	if (addr->sa_family == AF_INET) {
		memcpy(&in, addr, sizeof in);
		key[0] = 4;
		memcpy(key + 1, &in.sin_addr, 4);
	} else if (addr->sa_family == AF_INET6) {
		memcpy(&in6, addr, sizeof in6);
		key[0] = 6;
		memcpy(key + 1, &in6.sin6_addr, 8);
		if (memcmp(&in6.sin6_addr, mapped, sizeof mapped) == 0) {
			key[0] = 4;
			memset(key + 1, 0, 8);
			memcpy(key + 1, (unsigned char *)&in6.sin6_addr + 12,
			    4);
		}
	}
}

static struct source **
find(const unsigned char key[9])
{
	struct source **at;
	unsigned long hash = 5381;
	size_t i;

	for (i = 0; i < 9; i++)
		hash = (hash * 33) ^ key[i];
	at = &buckets[hash % BUCKETS];
	while (*at != NULL && memcmp((*at)->key, key, 9) != 0)
		at = &(*at)->next;
	return at;
}

long
per_source_add(const struct sockaddr *addr)
{
	unsigned char key[9];
	struct source **at;

	key_of(addr, key);
	at = find(key);
	if (*at == NULL) {
		*at = calloc(1, sizeof **at);
		if (*at == NULL)
			return 0; /* not counted, and not refused */
		memcpy((*at)->key, key, sizeof key);
	}
	return ++(*at)->n;
}

void
per_source_remove(const struct sockaddr *addr)
{
	unsigned char key[9];
	struct source **at, *gone;

	key_of(addr, key);
	at = find(key);
	if (*at == NULL || --(*at)->n > 0)
		return;
	gone = *at;
	*at = gone->next;
	free(gone);
}

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
#include <time.h>
#include <unistd.h>

#include "front.h"

#define KEY 9
#define ROOM_FIRST 1024 /* a power of two, as all that follow */

struct source {
	struct source *next;
	unsigned char key[KEY];
	long n;
};

static struct {
	struct source **buckets;
	size_t room, n;
	unsigned long long seed; /* clients choose their addresses */
} sources;

static void
key_of(const struct sockaddr *addr, unsigned char key[KEY])
{
	static const unsigned char mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0xff, 0xff };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	memset(key, 0, KEY);
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

/* Nobody outside can find addresses that fall into one chain. */
static size_t
chain_of(const unsigned char key[KEY], size_t room)
{
	unsigned long long hash = sources.seed;
	size_t i;

	for (i = 0; i < KEY; i++) {
		hash = (hash ^ key[i]) * 0x9e3779b97f4a7c15u;
		hash ^= hash >> 29;
	}
	return (size_t)(hash >> 16) & (room - 1);
}

/* Half-random will do: time, and where this process has its memory. */
static void
seed(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	sources.seed = (unsigned long long)now.tv_nsec * 0x2545f4914f6cdd1du
	    ^ (unsigned long long)now.tv_sec << 20
	    ^ (unsigned long long)(size_t)(void *)sources.buckets
	    ^ (unsigned long long)getpid() << 40;
}

/* Twice as many buckets; without memory the chains get longer. */
static void
more_chains(void)
{
	size_t i, to, room = sources.room > 0 ? 2 * sources.room : ROOM_FIRST;
	struct source **more = calloc(room, sizeof *more), *one;

	if (more == NULL)
		return;
	for (i = 0; i < sources.room; i++)
		while ((one = sources.buckets[i]) != NULL) {
			sources.buckets[i] = one->next;
			to = chain_of(one->key, room);
			one->next = more[to];
			more[to] = one;
		}
	free(sources.buckets);
	sources.buckets = more;
	if (sources.room == 0)
		seed();
	sources.room = room;
}

/* There are chains. */
static struct source **
find(const unsigned char key[KEY])
{
	struct source **at = &sources.buckets[chain_of(key, sources.room)];

	while (*at != NULL && memcmp((*at)->key, key, KEY) != 0)
		at = &(*at)->next;
	return at;
}

long
per_source_add(const struct sockaddr *addr)
{
	unsigned char key[KEY];
	struct source **at;

	if (sources.n >= sources.room)
		more_chains();
	if (sources.room == 0)
		return 0; /* not counted, and not refused */
	key_of(addr, key);
	at = find(key);
	if (*at == NULL) {
		*at = calloc(1, sizeof **at);
		if (*at == NULL)
			return 0;
		memcpy((*at)->key, key, sizeof key);
		sources.n++;
	}
	return ++(*at)->n;
}

void
per_source_remove(const struct sockaddr *addr)
{
	unsigned char key[KEY];
	struct source **at, *gone;

	if (sources.room == 0)
		return;
	key_of(addr, key);
	at = find(key);
	if (*at == NULL || --(*at)->n > 0)
		return;
	gone = *at;
	*at = gone->next;
	sources.n--;
	free(gone);
}

/* SPDX-License-Identifier: 0BSD */
/*
 * stay.c - pools that stay with a client's address: rendezvous hashing.
 *
 * Each worker has a number for each address, made of the worker's name and the
 * address alone; the one with the highest of those that are up is the client's.
 * So it is the same in each front, on each machine and after each start, and
 * nothing is kept of clients; when a worker goes, only its clients have another
 * one, and they are its own again when it is back.
 */
#include "../../lib/detect.h"

#include <netinet/in.h>
#include <string.h>

#include "seats.h"

/* Other numbers would give all clients other workers: they are for ever. */
static unsigned long long
hash(const unsigned char *bytes, size_t n)
{
	unsigned long long h = 0xcbf29ce484222325u; /* FNV-1a */
	size_t i;

	for (i = 0; i < n; i++)
		h = (h ^ bytes[i]) * 0x100000001b3u & 0xffffffffffffffffu;
	return h;
}

/* Each bit of the result depends on each of `x` (the end of splitmix64). */
static unsigned long long
mix(unsigned long long x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u & 0xffffffffffffffffu;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu & 0xffffffffffffffffu;
	return x ^ x >> 31;
}

unsigned long long
stay_id(const char *name)
{
	return mix(hash((const unsigned char *)name, strlen(name)));
}

/* An IPv4 address is that of IPv6 that it is mapped to. 0: it is neither. */
static int
key_of(const struct sockaddr *addr, unsigned long long *key)
{
	unsigned char bytes[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (addr->sa_family == AF_INET) {
		memcpy(&in, addr, sizeof in);
		memcpy(bytes + 12, &in.sin_addr, 4);
	} else if (addr->sa_family == AF_INET6) {
		memcpy(&in6, addr, sizeof in6);
		memcpy(bytes, &in6.sin6_addr, 16);
	} else
		return 0;
	*key = hash(bytes, sizeof bytes);
	return 1;
}

static struct member *
highest(const struct group *g, unsigned long long key)
{
	const int backup = g->up[0] == 0;
	struct member *found = NULL;
	unsigned long long most = 0, one;
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (!g->members[i].up || g->members[i].backup != backup)
			continue;
		one = mix(key ^ g->members[i].id);
		if (found == NULL || one > most) {
			found = &g->members[i];
			most = one;
		}
	}
	return found;
}

struct member *
stay_home(const struct group *g, const struct connection *c,
    const struct recognised *recognised)
{
	const struct sockaddr *client = &c->peer.sa;
	unsigned long long key;

	if (recognised != NULL && recognised->clientlen > 0)
		client =
		    (const struct sockaddr *)(const void *)&recognised->client;
	return key_of(client, &key) ? highest(g, key) : NULL;
}

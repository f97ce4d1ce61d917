/* SPDX-License-Identifier: 0BSD */
/* prefix.c - a tree of networks (PATRICIA). */
#include "../../lib/detect.h"

#include <string.h>

#include "prefix.h"

unsigned int
prefix_key(const struct net *net, unsigned int kind, unsigned int port,
    unsigned char key[PREFIX_KEY])
{
	key[0] = (unsigned char)kind;
	key[1] = (unsigned char)(port >> 8);
	key[2] = (unsigned char)(port & 255);
	memcpy(key + 3, net->addr, 16);
	return 24 + net->bits;
}

static unsigned int
bit(const unsigned char *key, unsigned int i)
{
	return key[i / 8] >> (7 - i % 8) & 1;
}

/* How many bits both begin with, at most `most`. */
static unsigned int
common(const unsigned char *a, const unsigned char *b, unsigned int most)
{
	unsigned int n = 0;

	while (n + 8 <= most && a[n / 8] == b[n / 8])
		n += 8;
	while (n < most && bit(a, n) == bit(b, n))
		n++;
	return n;
}

static struct prefix *
make(struct arena *arena, const unsigned char *key, unsigned int bits)
{
	struct prefix *p = arena_get(arena, sizeof *p);

	if (p != NULL) {
		memcpy(p->key, key, PREFIX_KEY);
		p->bits = bits;
	}
	return p;
}

struct prefix *
prefix_add(struct arena *arena, struct prefix **root,
    const unsigned char key[PREFIX_KEY], unsigned int bits)
{
	struct prefix **at = root, *p, *fork;
	unsigned int n;

	while ((p = *at) != NULL) {
		n = common(p->key, key, p->bits < bits ? p->bits : bits);
		if (n < p->bits) {
			fork = make(arena, key, n);
			if (fork == NULL)
				return NULL;
			fork->child[bit(p->key, n)] = p;
			*at = p = fork;
		}
		if (n == bits)
			return p;
		at = &p->child[bit(key, n)];
	}
	return *at = make(arena, key, bits);
}

/* A fork that nothing belongs to is passed without comparing: what is behind
   it will be compared as a whole. */
const struct prefix *
prefix_first(const struct prefix *at, const unsigned char key[PREFIX_KEY],
    unsigned int bits)
{
	for (; at != NULL && at->bits <= bits;
	     at = at->child[bit(key, at->bits)]) {
		if (at->here.first != NULL || at->marked)
			return net_same_bits(at->key, key, at->bits) ? at
								     : NULL;
		if (at->bits == bits)
			break;
	}
	return NULL;
}

const struct prefix *
prefix_next(const struct prefix *at, const unsigned char key[PREFIX_KEY],
    unsigned int bits)
{
	return at->bits < bits
	    ? prefix_first(at->child[bit(key, at->bits)], key, bits)
	    : NULL;
}

/* SPDX-License-Identifier: 0BSD */
/* prefix.h - a tree of networks (PATRICIA), with what belongs to each. */
#ifndef PREFIX_H
#define PREFIX_H 1

#include "private.h"
#include "table.h"

#define PREFIX_KEY (3 + 16) /* a kind, a port, an address */

struct prefix {
	struct prefix *child[2]; /* by the bit behind its own */
	unsigned int bits;
	unsigned char key[PREFIX_KEY];
	struct hits here;
	int marked;
};

/* The key of an address or network as one of this kind and port. Returns its
   bits. */
unsigned int prefix_key(const struct net *, unsigned int kind,
    unsigned int port, unsigned char key[PREFIX_KEY]);

/* Add it if it is not there; NULL: no memory. */
struct prefix *prefix_add(struct arena *, struct prefix **root,
    const unsigned char key[PREFIX_KEY], unsigned int bits);

/* Those that a key of so many bits begins with, the shortest first; NULL: no
   more. */
const struct prefix *prefix_first(const struct prefix *root,
    const unsigned char key[PREFIX_KEY], unsigned int bits);
const struct prefix *prefix_next(const struct prefix *at,
    const unsigned char key[PREFIX_KEY], unsigned int bits);

#endif

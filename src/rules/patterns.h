/* SPDX-License-Identifier: 0BSD */
/*
 * patterns.h - patterns of host names in a table: label by label, from the end,
 * each an entry whose owner is the label behind it.
 */
#ifndef PATTERNS_H
#define PATTERNS_H 1

#include "private.h"
#include "table.h"

/* What labels an owner has beside names. */
#define STARS_ONE 1  /* `*` */
#define STARS_DEEP 2 /* `**` */

/* Add a pattern, whose last label has this owner. Returns 0, or -1 without
   memory. */
int patterns_add(struct table *, unsigned int owner, int *stars,
    const struct value *, struct node *);

/* Visit what belongs to each pattern that has this name, which is no literal. */
typedef void patterns_visit(void *arg, const struct hits *);
void patterns_find(const struct table *, unsigned int owner, int stars,
    const char *name, size_t len, patterns_visit *, void *arg);

#endif

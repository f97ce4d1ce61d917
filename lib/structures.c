/* SPDX-License-Identifier: 0BSD */
/*
 * structures.c - structures of the header that grow from version to version.
 *
 * Each begins with a size_t, in which the caller says how many bytes its own
 * header gave the structure. That may be fewer or more than are known here.
 */
#include "backend.h"

#include <string.h>

/* A caller built against a newer header may ask for what is not known here:
   it must be told, so every byte beyond `most` must be zero. */
int
fdferry__read_known(const void *from, void *known, size_t most)
{
	const unsigned char *tail = from;
	size_t size = fdferry__size_of(from), i;

	memset(known, 0, most);
	if (size < sizeof size)
		return EINVAL;
	memcpy(known, from, size < most ? size : most);
	for (i = most; i < size; i++)
		if (tail[i] != 0)
			return EINVAL;
	return 0;
}

int
fdferry__read_policy(const struct fdferry_policy *from,
    struct fdferry_policy *policy)
{
	int error = fdferry__read_known(from, policy, sizeof *policy);

	if (error == 0
	    && ((policy->nuids > 0 && policy->uids == NULL)
		|| (policy->ngids > 0 && policy->gids == NULL)))
		error = EINVAL;
	return error;
}

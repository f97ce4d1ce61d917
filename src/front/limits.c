/* SPDX-License-Identifier: 0BSD */
/*
 * limits.c - no more connections are held than there are descriptors for, with
 * the listeners and workers that the configuration names.
 */
#include "../../lib/detect.h"

#include "front.h"
#include "loop/log.h"
#include "service/service.h"

/* Descriptors for other things than connections: standard ones, the loop,
   workers that leave, fronts and operators at the control socket. */
#define RESERVED 20

int
limits_fit(void)
{
	const struct listener *l;
	long room = raise_descriptor_limit() - RESERVED
	    - (long)front.rules->config.nworkers;

	for (l = front.listeners; l != NULL; l = l->next)
		room -= l->ours ? 2 : 1; /* with its lock */
	front.most = front.most_asked;
	if (front.most > room)
		front.most = room < 1 ? 1 : room;
	return room >= 1;
}

void
limits_tell(void)
{
	static long told;

	if (front.most == told)
		return;
	told = front.most;
	if (told == front.most_asked)
		return;
	log_begin("limit-lowered");
	log_number("max_waiting", (unsigned long long)front.most);
	log_number("asked", (unsigned long long)front.most_asked);
	log_text("why", "the limit of open descriptors (ulimit -n)");
	log_end();
}

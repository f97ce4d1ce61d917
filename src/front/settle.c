/* SPDX-License-Identifier: 0BSD */
/*
 * settle.c - what was put off until it is settled which of two fronts serves:
 * to end, or to read the configuration again.
 */
#include "../../lib/detect.h"

#include "front.h"
#include "loop/log.h"

void
front_drain(void)
{
	if (front.draining)
		return;
	while (front.listeners != NULL)
		listener_finish(front.listeners);
	front.draining = 1;
	log_begin("draining");
	log_number("held", (unsigned long long)conns_held());
	log_end();
	accept_again();
}

void
front_settled(void)
{
	if (front.terms > 0)
		front_drain();
	else
		reload_wanted();
}

/* SPDX-License-Identifier: 0BSD */
/*
 * names.c - words for the numbers in a channel's events, for logs and for
 * bindings.
 */
#include "backend.h"

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

const char *
fdferry_event_name(int type)
{
	static const char *const names[] = { "none", "message", "offer",
		"taken", "withdrawn", "sent", "failed", "rejected", "handoff",
		"dropped", "end" };

	return type >= 0 && (size_t)type < COUNT(names) ? names[type]
							: "unknown";
}

const char *
fdferry_outcome_name(int outcome)
{
	static const char *const names[] = { "none", "accepted", "refused-back",
		"gone", "in-doubt" };

	return outcome >= 0 && (size_t)outcome < COUNT(names) ? names[outcome]
							      : "unknown";
}

const char *
fdferry_reason_name(unsigned int reason)
{
	static const char *const names[] = { "none", "bytes", "fds", "busy",
		"memory", "table", "policy", "lost" };

	if (reason >= FDFERRY_REASON_OWN)
		return "own";
	return reason < COUNT(names) ? names[reason] : "unknown";
}

/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-facts.c - the list of questions, and the judge of the answers.
 */
#include "selftest-probes.h"

#include <string.h>

#ifdef FDFERRY_BACKEND_CMSG
# define PROBES
#endif

#ifdef PROBES
const struct st_case st_probes[] = {
	{ "layout", st_ask_layout },
	{ "limit.message", st_ask_message_limit },
	{ "limit.in-flight", st_ask_in_flight },
	{ "room.len", st_ask_room_len },
	{ "room.space", st_ask_room_space },
	{ "room.padding", st_ask_room_padding },
	{ "room.none", st_ask_room_none },
	{ "room.read", st_ask_read },
	{ "table.full", st_ask_full_table },
	{ "send.len", st_ask_send_len },
	{ "send.two", st_ask_two_messages },
	{ "peek", st_ask_peek },
	{ "stream.glue", st_ask_glue },
	{ "stream.short", st_ask_short_read },
	{ "zero.stream", st_ask_zero_stream },
	{ "zero.datagram", st_ask_zero_datagram },
	{ "zero.seqpacket", st_ask_zero_seqpacket },
	{ "seqpacket", st_ask_seqpacket },
	{ "cloexec.flag", st_ask_cloexec_flag },
	{ "cloexec.echo", st_ask_cloexec_echo },
	{ "cloexec.default", st_ask_cloexec_default },
	{ "kind.file", st_ask_kind_file },
	{ "kind.directory", st_ask_kind_directory },
	{ "kind.pipe", st_ask_kind_pipe },
	{ "kind.unix", st_ask_kind_unix },
	{ "kind.own-end", st_ask_kind_own_end },
	{ "kind.tcp", st_ask_kind_tcp },
	{ "kind.device", st_ask_kind_device },
	{ "kind.tty", st_ask_kind_tty },
	{ "kind.events", st_ask_kind_events },
	{ "kind.shm", st_ask_kind_shm },
	{ "kind.path", st_ask_kind_path },
	{ "kind.closed", st_ask_kind_closed },
	{ "close.in-flight", st_ask_close_in_flight },
	{ "close.copy", st_ask_close_copy },
	{ "shutdown", st_ask_shutdown },
	{ "shared.flags", st_ask_flags },
	{ "shared.offset", st_ask_offset },
	{ "credentials", st_ask_peer },
	{ "credentials.cut", st_ask_credentials_cut },
	{ NULL, NULL }
};
#else
const struct st_case st_probes[] = {
	{ NULL, NULL }
};
#endif

/* ------------------------------------------------ what is known --------- */

static const struct st_fact facts[] = {
#include "facts-linux.h"
#include "facts-layers.h"
#include "facts-bsd.h"
#include "facts-darwin.h"
#include "facts-posix.h"
	{ NULL, NULL, NULL, NULL, NULL }
};

const struct st_fact *
st_fact_at(size_t i)
{
	return i < sizeof facts / sizeof facts[0] - 1 ? &facts[i] : NULL;
}

/* The row of `system` with this value; *any is some row of the fact. */
static const struct st_fact *
find(const char *system, const char *fact, const char *value,
    const struct st_fact **any)
{
	const struct st_fact *row;

	for (row = facts; row->system != NULL; row++) {
		if (strcmp(row->system, system) != 0
		    || strcmp(row->fact, fact) != 0)
			continue;
		if (strcmp(row->value, value) == 0)
			return row;
		if (*any == NULL)
			*any = row;
	}
	return NULL;
}

enum st_verdict
st_judge(const char *system, const char *under, const char *fact,
    const char *value, const struct st_fact **why)
{
	const struct st_fact *any = NULL, *row;

	/* What the layer is known to do differently, else the system's. */
	row = find(under, fact, value, &any);
	if (row == NULL)
		row = find(system, fact, value, &any);
	if (row == NULL)
		row = find("any", fact, value, &any);
	*why = row != NULL ? row : any;
	if (row != NULL)
		return row->known != NULL ? ST_KNOWN : ST_EXPECTED;
	return any != NULL ? ST_UNKNOWN : ST_NEW;
}

/* SPDX-License-Identifier: 0BSD */
/*
 * selftest-facts.c - the list of questions, and the judge of the answers.
 */
#include "selftest-probes.h"

#include <stdlib.h>
#include <string.h>

#ifdef FDFERRY_BACKEND_CMSG
# define PROBES
#endif

#ifdef PROBES
/* clang-format off */
const struct st_case st_probes[] = {
	{ "layout", st_ask_layout },
	{ "message.most", st_ask_message_limit },
	{ "in-flight", st_ask_in_flight },
	{ "room.len", st_ask_room_len },
	{ "room.space", st_ask_room_space },
	{ "room.padding", st_ask_room_padding },
	{ "room.no-buffer", st_ask_room_none },
	{ "room.by-read", st_ask_read },
	{ "table.full", st_ask_full_table },
	{ "full.dontwait", st_ask_full_dontwait },
	{ "full.stream", st_ask_full_stream },
	{ "full.datagram", st_ask_full_datagram },
	{ "send.len", st_ask_send_len },
	{ "send.two", st_ask_two_messages },
	{ "peek", st_ask_peek },
	{ "stream.glue", st_ask_glue },
	{ "stream.short", st_ask_short_read },
	{ "zero.alone", st_ask_zero_alone },
	{ "zero.datagram", st_ask_zero_datagram },
	{ "empty.datagram", st_ask_empty_datagram },
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
	{ "shutdown.copy", st_ask_shutdown },
	{ "shared.flags", st_ask_flags },
	{ "shared.offset", st_ask_offset },
	{ "credentials", st_ask_peer },
	{ "credentials.cut", st_ask_credentials_cut },
	{ NULL, NULL }
};
/* clang-format on */
#else
/* clang-format off */
const struct st_case st_probes[] = {
	{ NULL, NULL }
};
/* clang-format on */
#endif

/* ------------------------------------------------ what is known --------- */

static const struct st_fact facts[] = {
#define FACT(system, fact, value, versions, bits, how, source, known) \
 { system, fact, value, versions, bits, how, source, known },
#include "../../facts/aix.h"
#include "../../facts/cygwin.h"
#include "../../facts/darwin.h"
#include "../../facts/dragonfly.h"
#include "../../facts/freebsd.h"
#include "../../facts/haiku.h"
#include "../../facts/hurd.h"
#include "../../facts/layers.h"
#include "../../facts/linux.h"
#include "../../facts/netbsd.h"
#include "../../facts/openbsd.h"
#include "../../facts/posix.h"
#include "../../facts/qnx.h"
#include "../../facts/solaris.h"
	{ NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL }
};

const struct st_fact *
st_fact_at(size_t i)
{
	return i < sizeof facts / sizeof facts[0] - 1 ? &facts[i] : NULL;
}

/* ------------------------------------------------ which rows are for us - */

/* Below, equal, above 0 as `version` is before, in or after `bound`: 5.99.15
   is in 5.99. `end` is where the bound ends. */
static long
compare(const char *version, const char *bound, const char **end)
{
	long difference = 0;
	char *v, *b;

	for (;;) {
		if (difference == 0)
			difference =
			    strtol(version, &v, 10) - strtol(bound, &b, 10);
		else
			(void)strtol(bound, &b, 10);
		bound = b;
		if (*bound != '.')
			break;
		bound++;
		version = *v == '.' ? v + 1 : "0";
	}
	*end = bound;
	return difference;
}

int
st_in_range(const char *version, const char *range)
{
	const char *end = range;

	if (version == NULL || range[0] == '\0')
		return 1;
	if (range[0] != '-' && compare(version, range, &end) < 0)
		return 0;
	if (*end == '\0') /* one version */
		return compare(version, range, &end) <= 0;
	return end[1] == '\0' || compare(version, end + 1, &end) <= 0;
}

#if FDFERRY_HAVE_SOCKETS
# include <sys/utsname.h>

/* The kernel's version. Only Linux's rows do without: elsewhere a program
   without a C library, which has no uname(), may run this. */
# if defined __GNUC__ && defined __ELF__ && !defined __linux__
#  pragma weak uname
# endif

static const char *
release(void)
{
	static struct utsname name;

# if defined __GNUC__ && defined __ELF__ && !defined __linux__
	if (&uname == NULL)
		return NULL;
# endif
	return uname(&name) < 0 ? NULL : name.release;
}
#else
static const char *
release(void)
{
	return NULL;
}
#endif

static int
for_us(const struct st_fact *row)
{
	const int bits = (int)(sizeof(void *) * 8);

	return (row->bits == 0 || row->bits == bits)
	    && st_in_range(release(), row->versions);
}

/* ------------------------------------------------ judging --------------- */

/* The row of `system` with this value; *any is some row of the fact. */
static const struct st_fact *
find(const char *system, const char *fact, const char *value,
    const struct st_fact **any)
{
	const struct st_fact *row;

	for (row = facts; row->system != NULL; row++) {
		if (strcmp(row->system, system) != 0
		    || strcmp(row->fact, fact) != 0 || !for_us(row))
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

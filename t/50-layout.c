/* SPDX-License-Identifier: 0BSD */
/*
 * t/50-layout.c - what configure answered, held against the truth: the
 * numbers against those of the macros as they run here, each probe against
 * what detect.h and told.h say without configure. One truth, told twice.
 */
#undef FDFERRY_HAVE_CONFIG
#include "../lib/told.h"

#include <stdio.h>
#include <string.h>

#include "fdferry.h"
#include "tap.h"

#define STRING(x) #x
#define VALUE(x) STRING(x)

static int
says(const char *name, const char *expected)
{
	const char *value = fdferry_feature_get(name);

	if (value != NULL && strcmp(value, expected) == 0)
		return 1;
	printf("# %s: the library says %s, here it is %s\n", name,
	    value != NULL ? value : "nothing", expected);
	return 0;
}

#if defined FDFERRY_BACKEND_CMSG && defined CMSG_LEN && defined CMSG_SPACE

/* Where CMSG_SPACE is not a constant the numbers are not known. */
static int
is_number(const char *name, size_t expected)
{
	char text[24];

	if (strcmp(fdferry_feature_get("layout.cmsg_constant"), "0") == 0)
		return says(name, "unknown");
	(void)snprintf(text, sizeof text, "%lu", (unsigned long)expected);
	return says(name, text);
}

/* Size and sign of a type, by a variable of it that holds -1. */
#define TYPE(value) \
	((value) = 0, (value)--, (value) > 0 ? 'u' : 's'), sizeof (value)

static int
is_type(const char *name, int sign, size_t size)
{
	char text[24];

	(void)snprintf(text, sizeof text, "%lu%c", (unsigned long)size, sign);
	return says(name, text);
}

static void
layout(void)
{
	struct msghdr msg;
	struct cmsghdr header;

	ok(is_number("layout.cmsg_len_0", CMSG_LEN(0)), "CMSG_LEN(0)");
	ok(is_number("layout.cmsg_space_4", CMSG_SPACE(4)), "CMSG_SPACE(4)");
	ok(is_number("layout.cmsg_space_8", CMSG_SPACE(8)), "CMSG_SPACE(8)");
	ok(is_type("layout.msg_controllen", TYPE(msg.msg_controllen)),
	    "msg_controllen, its size and sign");
	ok(is_type("layout.msg_iovlen", TYPE(msg.msg_iovlen)),
	    "msg_iovlen, its size and sign");
	ok(is_type("layout.cmsg_len", TYPE(header.cmsg_len)),
	    "cmsg_len, its size and sign");
	ok((size_t)((char *)CMSG_DATA(&header) - (char *)&header)
	    == CMSG_LEN(0), "CMSG_DATA is where CMSG_LEN(0) says");
}

#else

static void
layout(void)
{
	int i;

	for (i = 0; i < 7; i++)
		skip("layout", "no control messages");
}

#endif

static const char *const answers[][2] = {
	{ "probe.accept4", VALUE(FDFERRY_HAVE_ACCEPT4) },
	{ "probe.close_range", VALUE(FDFERRY_HAVE_CLOSE_RANGE) },
	{ "probe.closefrom", VALUE(FDFERRY_HAVE_CLOSEFROM) },
	{ "probe.cmsg_align", VALUE(FDFERRY_HAVE_CMSG_ALIGN) },
	{ "probe.cmsg_data", VALUE(FDFERRY_HAVE_CMSG_DATA) },
	{ "probe.cmsg_firsthdr", VALUE(FDFERRY_HAVE_CMSG_FIRSTHDR) },
	{ "probe.cmsg_len", VALUE(FDFERRY_HAVE_CMSG_LEN) },
	{ "probe.cmsg_nxthdr", VALUE(FDFERRY_HAVE_CMSG_NXTHDR) },
	{ "probe.cmsg_space", VALUE(FDFERRY_HAVE_CMSG_SPACE) },
	{ "probe.host_lies", VALUE(FDFERRY_HOST_LIES) },
	{ "probe.kqueue", VALUE(FDFERRY_HAVE_KQUEUE) },
	{ "probe.msg_cmsg_cloexec", VALUE(FDFERRY_HAVE_MSG_CMSG_CLOEXEC) },
	{ "probe.msg_cmsg_clofork", VALUE(FDFERRY_HAVE_MSG_CMSG_CLOFORK) },
	{ "probe.msg_dontwait", VALUE(FDFERRY_HAVE_MSG_DONTWAIT) },
	{ "probe.msg_nosignal", VALUE(FDFERRY_HAVE_MSG_NOSIGNAL) },
	{ "probe.scm_rights", VALUE(FDFERRY_HAVE_SCM_RIGHTS) },
	{ "probe.so_acceptconn", VALUE(FDFERRY_HAVE_SO_ACCEPTCONN) },
	{ "probe.so_domain", VALUE(FDFERRY_HAVE_SO_DOMAIN) },
	{ "probe.so_nosigpipe", VALUE(FDFERRY_HAVE_SO_NOSIGPIPE) },
	{ "probe.so_passrights", VALUE(FDFERRY_HAVE_SO_PASSRIGHTS) },
	{ "probe.so_protocol", VALUE(FDFERRY_HAVE_SO_PROTOCOL) },
	{ "probe.so_prototype", VALUE(FDFERRY_HAVE_SO_PROTOTYPE) },
	{ "probe.so_rights_notrunc", VALUE(FDFERRY_HAVE_SO_RIGHTS_NOTRUNC) },
	{ "probe.sockets", VALUE(FDFERRY_HAVE_SOCKETS) },
	{ "probe.statx", VALUE(FDFERRY_HAVE_STATX) },
	{ "probe.streams", VALUE(FDFERRY_HAVE_STREAMS) }
};

int
main(void)
{
	size_t i;
	int same = 1;

	plan(9);
	if (strcmp(fdferry_feature_get("backend"), "cmsg") != 0) {
		for (i = 0; i < 7; i++)
			skip("layout", "the backend is not cmsg");
	} else
		layout();
	for (i = 0; i < sizeof answers / sizeof answers[0]; i++)
		if (!says(answers[i][0], answers[i][1]))
			same = 0;
	ok(same, "configure and the preprocessor agree on every probe");
	if (strncmp(fdferry_feature_get("backend.reason"), "chosen", 6) == 0)
		skip("the backend", "chosen by hand");
	else
		ok(says("backend", FDFERRY_BACKEND_NAME), "and on the backend");
	return tap_bad;
}

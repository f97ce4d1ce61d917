/* SPDX-License-Identifier: 0BSD */
/*
 * features.c - what this build can, as names and values.
 */
#include "backend.h"

#include <string.h>

#define STRING(x) #x
#define VALUE(x) STRING(x)

#if FDFERRY_HAVE_MSG_CMSG_CLOEXEC && !FDFERRY_QUIRK_CLOEXEC_UNPROVEN
# define CLOEXEC "atomic"
#elif FDFERRY_HAVE_MSG_CMSG_CLOEXEC
# define CLOEXEC "flag, then set"
#else
# define CLOEXEC "set afterwards"
#endif

#if defined FDFERRY_BACKEND_NONE && FDFERRY_HOST_LIES
# define REASON "this host declares SCM_RIGHTS and delivers nothing"
#elif defined FDFERRY_BACKEND_NONE && !FDFERRY_HAVE_SOCKETS
# define REASON "no Unix domain sockets"
#elif defined FDFERRY_BACKEND_NONE
# define REASON "no mechanism found or chosen"
#else
# define REASON ""
#endif

#if defined FDFERRY_PEERCRED_UCRED
# define PEERCRED "SO_PEERCRED"
#elif defined FDFERRY_PEERCRED_SOCKPEERCRED
# define PEERCRED "SO_PEERCRED sockpeercred"
#elif defined FDFERRY_PEERCRED_PEEREID
# define PEERCRED "LOCAL_PEEREID"
#elif defined FDFERRY_PEERCRED_XUCRED
# define PEERCRED "LOCAL_PEERCRED"
#elif defined FDFERRY_PEERCRED_GETPEERUCRED
# define PEERCRED "getpeerucred"
#elif defined FDFERRY_PEERCRED_GETPEEREID
# define PEERCRED "getpeereid"
#else
# define PEERCRED "none"
#endif

#ifdef FDFERRY_HAVE_CONFIG
# define PROBED "configure"
#else
# define PROBED "preprocessor"
#endif

static const struct {
	const char *name;
	const char *value;	/* NULL: asked for at run time */
} features[] = {
	{ "version", FDFERRY_VERSION },
	{ "backend", NULL },
	{ "backend.reason", REASON },
	{ "cloexec", CLOEXEC },
	{ "limit.fds", NULL },
	{ "limit.room", VALUE(FDFERRY_QUIRK_ROOM) },
	{ "peercred", PEERCRED },
	{ "probe.by", PROBED },
	{ "probe.close_range", VALUE(FDFERRY_HAVE_CLOSE_RANGE) },
	{ "probe.kqueue", VALUE(FDFERRY_HAVE_KQUEUE) },
	{ "probe.msg_cmsg_cloexec", VALUE(FDFERRY_HAVE_MSG_CMSG_CLOEXEC) },
	{ "probe.msg_dontwait", VALUE(FDFERRY_HAVE_MSG_DONTWAIT) },
	{ "probe.msg_nosignal", VALUE(FDFERRY_HAVE_MSG_NOSIGNAL) },
	{ "probe.so_acceptconn", VALUE(FDFERRY_HAVE_SO_ACCEPTCONN) },
	{ "probe.so_domain", VALUE(FDFERRY_HAVE_SO_DOMAIN) },
	{ "probe.so_protocol", VALUE(FDFERRY_HAVE_SO_PROTOCOL) },
	{ "probe.so_prototype", VALUE(FDFERRY_HAVE_SO_PROTOTYPE) },
	{ "probe.sockets", VALUE(FDFERRY_HAVE_SOCKETS) },
	{ "quirk.cloexec_unproven", VALUE(FDFERRY_QUIRK_CLOEXEC_UNPROVEN) },
	{ "quirk.emsgsize_is_full", VALUE(FDFERRY_QUIRK_EMSGSIZE_IS_FULL) },
	{ "quirk.enobufs_is_full", VALUE(FDFERRY_QUIRK_ENOBUFS_IS_FULL) }
};

/* The limit may turn out smaller at run time, to one of two values. */
static const char *
value_of(size_t i)
{
	if (features[i].value != NULL)
		return features[i].value;
	if (strcmp(features[i].name, "backend") == 0)
		return fdferry__backend_name;
	if (fdferry_max_fds() == 0)
		return "0";
	return fdferry_max_fds() == FDFERRY_QUIRK_MAX_FDS
	    ? VALUE(FDFERRY_QUIRK_MAX_FDS)
	    : VALUE(FDFERRY_QUIRK_MAX_FDS_SMALL);
}

const char *
fdferry_version(void)
{
	return FDFERRY_VERSION;
}

int
fdferry_feature(size_t i, const char **name, const char **value)
{
	if (i >= sizeof features / sizeof features[0])
		return -1;
	if (name != NULL)
		*name = features[i].name;
	if (value != NULL)
		*value = value_of(i);
	return 0;
}

const char *
fdferry_feature_get(const char *name)
{
	size_t i;

	if (name == NULL)
		return NULL;
	for (i = 0; i < sizeof features / sizeof features[0]; i++)
		if (strcmp(features[i].name, name) == 0)
			return value_of(i);
	return NULL;
}

/* SPDX-License-Identifier: 0BSD */
/*
 * features.c - what this build can, as names and values.
 */
#include "backend.h"
#include "told.h"

#include <string.h>
#include <time.h>

#define STRING(x) #x
#define VALUE(x) STRING(x)

#if FDFERRY_HAVE_MSG_CMSG_CLOEXEC && !FDFERRY_QUIRK_CLOEXEC_UNPROVEN
# define CLOEXEC "atomic"
#elif FDFERRY_HAVE_MSG_CMSG_CLOEXEC
# define CLOEXEC "flag, then set"
#else
# define CLOEXEC "set afterwards"
#endif

#if FDFERRY_NONE_REASON == 1
# define REASON "this host declares SCM_RIGHTS and delivers nothing"
#elif FDFERRY_NONE_REASON == 2
# define REASON "no Unix domain sockets"
#elif FDFERRY_NONE_REASON == 3
# define REASON "neither SCM_RIGHTS, msg_accrights nor I_SENDFD"
#elif FDFERRY_NONE_REASON == 4
# define REASON "chosen when this was built"
#elif FDFERRY_NONE_REASON == 5
# define REASON "struct cmsghdr is not complete"
#elif FDFERRY_NONE_REASON == 6
# define REASON "SCM_RIGHTS without msg_control and msg_accrights"
#elif FDFERRY_NONE_REASON == 7
# define REASON "SCM_RIGHTS without CMSG_DATA"
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

/* clang-format off */
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
	{ "layout.cmsg_constant", VALUE(FDFERRY_LAYOUT_CMSG_CONSTANT) },
	{ "layout.cmsg_len", VALUE(FDFERRY_LAYOUT_CMSG_LEN) },
	{ "layout.cmsg_len_0", VALUE(FDFERRY_LAYOUT_CMSG_LEN_0) },
	{ "layout.cmsg_space_4", VALUE(FDFERRY_LAYOUT_CMSG_SPACE_4) },
	{ "layout.cmsg_space_8", VALUE(FDFERRY_LAYOUT_CMSG_SPACE_8) },
	{ "layout.msg_controllen", VALUE(FDFERRY_LAYOUT_MSG_CONTROLLEN) },
	{ "layout.msg_iovlen", VALUE(FDFERRY_LAYOUT_MSG_IOVLEN) },
	{ "layout.time_t", NULL },
	{ "peercred", PEERCRED },
	{ "probe.by", PROBED },
	{ "probe.accept4", VALUE(FDFERRY_HAVE_ACCEPT4) },
	{ "probe.close_range", VALUE(FDFERRY_HAVE_CLOSE_RANGE) },
	{ "probe.closefrom", VALUE(FDFERRY_HAVE_CLOSEFROM) },
	{ "probe.cmsg_align", VALUE(FDFERRY_HAVE_CMSG_ALIGN) },
	{ "probe.cmsg_data", VALUE(FDFERRY_HAVE_CMSG_DATA) },
	{ "probe.cmsg_firsthdr", VALUE(FDFERRY_HAVE_CMSG_FIRSTHDR) },
	{ "probe.cmsg_len", VALUE(FDFERRY_HAVE_CMSG_LEN) },
	{ "probe.cmsg_nxthdr", VALUE(FDFERRY_HAVE_CMSG_NXTHDR) },
	{ "probe.cmsg_space", VALUE(FDFERRY_HAVE_CMSG_SPACE) },
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
	{ "probe.streams", VALUE(FDFERRY_HAVE_STREAMS) },
	{ "probe.host_lies", VALUE(FDFERRY_HOST_LIES) },
	{ "probe.xpg", VALUE(FDFERRY_WANT_XPG) },
	{ "quirk.cloexec_unproven", VALUE(FDFERRY_QUIRK_CLOEXEC_UNPROVEN) },
	{ "quirk.cmsg_len_retry", VALUE(FDFERRY_QUIRK_CMSG_LEN_RETRY) },
	{ "quirk.emsgsize_is_full", VALUE(FDFERRY_QUIRK_EMSGSIZE_IS_FULL) },
	{ "quirk.empty_wants_room", VALUE(FDFERRY_QUIRK_EMPTY_WANTS_ROOM) },
	{ "quirk.enobufs_is_full", VALUE(FDFERRY_QUIRK_ENOBUFS_IS_FULL) },
	{ "quirk.eperm_loses", VALUE(FDFERRY_QUIRK_EPERM_LOSES) },
	{ "quirk.full_table_fails", VALUE(FDFERRY_QUIRK_FULL_TABLE_FAILS) },
	{ "quirk.in_flight_lost", VALUE(FDFERRY_QUIRK_IN_FLIGHT_LOST) },
	{ "quirk.nosignal_unproven", VALUE(FDFERRY_QUIRK_NOSIGNAL_UNPROVEN) },
	{ "quirk.peer_einval", VALUE(FDFERRY_QUIRK_PEER_EINVAL) },
	{ "quirk.send_waits", VALUE(FDFERRY_QUIRK_SEND_WAITS) }
};
/* clang-format on */

/* What the preprocessor cannot know. The limit may turn out smaller at run
   time, to one of two values. */
static const char *
value_of(size_t i)
{
	if (features[i].value != NULL)
		return features[i].value;
	if (strcmp(features[i].name, "backend") == 0)
		return fdferry__backend_name;
	if (strcmp(features[i].name, "layout.time_t") == 0)
		return sizeof(time_t) == 8 ? "64" : "32";
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

/* SPDX-License-Identifier: 0BSD */
/* Solaris, illumos: the X/Open calls; see facts. */
#define _XOPEN_SOURCE 600
#define __EXTENSIONS__ 1
#define _GNU_SOURCE 1
#define SEND __xnet_sendmsg
#define RECV __xnet_recvmsg
#define FULL_TABLE EMFILE
#define FULL_DGRAM 0
#include "44bsd-shim.h"
#include "room-shim.h"
#include <ucred.h>

static int
host_flags(int flags)
{
	return flags & ~MSG_CMSG_CLOEXEC;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	return g->messages > 1 ? EINVAL : 0;
}

struct ucred_s {
	struct host_peer peer;
};

int
getpeerucred(int sock, ucred_t **cred)
{
	struct host_peer peer;

	if (host_peer(sock, &peer) < 0)
		return -1;
	*cred = malloc(sizeof **cred);
	if (*cred == NULL)
		return -1;
	(*cred)->peer = peer;
	return 0;
}

uid_t
ucred_geteuid(const ucred_t *cred)
{
	return cred->peer.uid;
}

gid_t
ucred_getegid(const ucred_t *cred)
{
	return cred->peer.gid;
}

/* ucred(3C): -1 if the process is not available. A test asks for that. */
pid_t
ucred_getpid(const ucred_t *cred)
{
	if (getenv("PERSONA_NO_PID") != NULL)
		return -1;
	return cred->peer.pid;
}

void
ucred_free(ucred_t *cred)
{
	free(cred);
}

/* SPDX-License-Identifier: 0BSD */
/* DragonFly: all are installed, then cut, and nothing tells; see facts. */
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMSGSIZE
#define FULL_DGRAM ENOBUFS
#define DATA_STAY 1
#define STOPS_BEFORE 1
#define ONLY_FIRST 1
#define PEEK_SHOWS sizeof (void *)
#include "44bsd-shim.h"
#include "getpeereid-shim.h"

static int
host_flags(int flags)
{
	return flags;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	/* cmsg_len, aligned, is compared with what was copied in. */
	if (PERSONA_ALIGN(g->length) > msg->msg_controllen)
		return EINVAL;
	if (CMSG_LEN(g->n * sizeof (void *)) > 2048)
		return E2BIG;		/* a cluster of mbufs */
	return any_events(g) ? EOPNOTSUPP : 0;
}

static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t head = CMSG_LEN(0);
	size_t whole = CMSG_LEN(p->n * sizeof (int));

	if (msg->msg_control == NULL || msg->msg_controllen < head) {
		close_from(p, 0);
		msg->msg_controllen = 0;
		return 0;
	}
	if (whole > msg->msg_controllen) {
		p->n = (msg->msg_controllen - head) / sizeof (int);
		whole = CMSG_LEN(p->n * sizeof (int));
	}
	put(msg, p, whole, whole);
	return 0;
}

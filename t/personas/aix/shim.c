/* SPDX-License-Identifier: 0BSD */
/* AIX: its layout and names; what its kernel does is not known. */
#define _LINUX_SOURCE_COMPAT 1
#define SEND __wrap_sendmsg
#define RECV __wrap_recvmsg
#define FULL_TABLE EMFILE
#define FULL_DGRAM EAGAIN
#define SEND_WAITS MSG_NONBLOCK
#include "44bsd-shim.h"
#include "getpeereid-shim.h"
#include "accept-shim.h"
#include "room-shim.h"

static int
host_flags(int flags)
{
	return flags;
}

static int
refuse(int sock, const struct msghdr *msg, const struct gathered *g)
{
	return 0;
}

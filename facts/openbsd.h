/* SPDX-License-Identifier: 0BSD */
/*
 * What OpenBSD answers. openbsd-8.0-amd64 and openbsd-2.8-i386 are logs; of
 * the versions between only what was read in their sources is known.
 */
FACT("openbsd", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "ran in part", "openbsd-8.0-amd64", NULL)
FACT("openbsd", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 12, CMSG_SPACE(4) 16", "", 32,
    "ran in part", "openbsd-2.8-i386", NULL)
FACT("openbsd", "message.most", "127, then E2BIG", "7-", 64, "seen once",
    "8.0-beta amd64; uipc_usrreq.c: struct fdpass in a cluster of 2 KiB",
    NULL)
FACT("openbsd", "message.most", "239 or more", "-2.8", 0, "seen once",
    "2.8 i386, where no more could be opened", NULL)
FACT("openbsd", "in-flight", "EMFILE", "8-", 0, "seen once",
    "8.0-beta amd64: in the whole system, maxfiles / 10", NULL)
FACT("openbsd", "in-flight", "none below 800", "8-", 0, "read",
    "where maxfiles / 10 is above 800", NULL)
FACT("openbsd", "room.len", "all, not told, no leak", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "room.space", "EMSGSIZE", "4.3-", 0, "ran in part",
    "openbsd-8.0-amd64; uipc_usrreq.c, unp_externalize", NULL)
FACT("openbsd", "room.space",
    "what fits, MSG_CTRUNC, others leak, cmsg_len uncut", "-2.8", 0,
    "ran in part", "openbsd-2.8-i386",
    "all are installed before the buffer is looked at")
FACT("openbsd", "room.padding", "all, not told, no leak", "", 64,
    "ran in part", "openbsd-8.0-amd64", NULL)
FACT("openbsd", "room.padding", "no padding", "", 32, "ran in part",
    "openbsd-2.8-i386", NULL)
FACT("openbsd", "room.no-buffer", "none, not told, no leak", "4.3-", 0,
    "seen once", "8.0-beta amd64", NULL)
FACT("openbsd", "room.no-buffer", "none, not told, others leak", "-2.8", 0,
    "seen once", "2.8 i386", "they stay open inside the kernel, for good")
FACT("openbsd", "room.by-read", "descriptors are closed", "4.3-", 0,
    "seen once", "8.0-beta amd64", NULL)
FACT("openbsd", "room.by-read", "descriptors leak", "-2.8", 0, "seen once",
    "2.8 i386", "they stay open inside the kernel, for good")
FACT("openbsd", "table.full", "EMSGSIZE, data stays", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386; imsg-buffer.c", NULL)
FACT("openbsd", "full.dontwait", "EAGAIN", "6.5-", 0, "seen once",
    "8.0-beta amd64; uipc_socket.c 1.231 of 2018", NULL)
FACT("openbsd", "full.dontwait", "waits", "-6.4", 0, "seen once",
    "2.8 i386; uipc_socket.c before 1.231", "sosend() looks at O_NONBLOCK alone")
FACT("openbsd", "empty.datagram", "MSG_TRUNC", "", 0, "seen once",
    "8.0-beta amd64, 2.8 i386", "soreceive() never comes to the end of it")
FACT("openbsd", "full.stream", "EAGAIN", "4.3-", 0, "seen once",
    "8.0-beta amd64", NULL)
FACT("openbsd", "full.datagram", "ENOBUFS", "", 0, "read",
    "uipc_usrreq.c, uipc_dgram_send", NULL)
FACT("openbsd", "send.len", "taken", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "send.two", "EINVAL", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386; uipc_usrreq.c, unp_internalize",
    NULL)
FACT("openbsd", "peek", "0 in the buffer, 0 opened", "8-", 0, "ran in part",
    "openbsd-8.0-amd64", NULL)
FACT("openbsd", "peek", "2 in the buffer, 0 opened", "-2.8", 32,
    "ran in part", "openbsd-2.8-i386",
    "the kernel's own pointers are copied out")
FACT("openbsd", "stream.glue", "AA BBCC+1 DD+1", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "stream.short", "X+1 YZ", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "zero.alone", "delivered", "", 0, "seen once",
    "8.0-beta amd64, 2.8 i386", NULL)
FACT("openbsd", "zero.datagram", "delivered", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "zero.seqpacket", "delivered", "7-", 0, "ran in part",
    "openbsd-8.0-amd64", NULL)
FACT("openbsd", "zero.seqpacket", "no such socket", "-2.8", 0,
    "ran in part", "openbsd-2.8-i386", "absent in old OpenBSD")
FACT("openbsd", "seqpacket", "AA+1 BB", "4.3-", 0, "ran in part",
    "openbsd-8.0-amd64; uipc_usrreq.c", NULL)
FACT("openbsd", "seqpacket", "EPROTONOSUPPORT", "-2.8", 0, "ran in part",
    "openbsd-2.8-i386", "absent in old OpenBSD")
FACT("openbsd", "cloexec.flag", "set", "7-", 0, "ran in part",
    "openbsd-8.0-amd64; uipc_usrreq.c, unp_externalize", NULL)
FACT("openbsd", "cloexec.flag", "ignored", "-2.8", 0, "seen once",
    "2.8 i386", "kernels older than the flag take and echo it")
FACT("openbsd", "cloexec.echo", "echoed", "", 0, "ran in part",
    "openbsd-8.0-amd64", NULL)
FACT("openbsd", "kind.directory", "passes", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "kind.own-end", "passes", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "kind.device", "passes", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "kind.events", "EINVAL", "4.3-", 0, "ran in part",
    "openbsd-8.0-amd64; uipc_usrreq.c, unp_internalize", NULL)
FACT("openbsd", "close.in-flight", "survives", "", 0, "ran in part",
    "openbsd-8.0-amd64, openbsd-2.8-i386", NULL)
FACT("openbsd", "credentials", "uid gid pid", "7-", 0, "ran in part",
    "openbsd-8.0-amd64", NULL)
FACT("openbsd", "credentials", "ENOTSUP", "-2.8", 0, "ran in part",
    "openbsd-2.8-i386", "no SO_PEERCRED yet")

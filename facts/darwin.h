/* SPDX-License-Identifier: 0BSD */
/*
 * What macOS answers, by reading xnu (11417.101.15) and what others saw; no
 * row has a log.
 */
FACT("darwin", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 12, CMSG_SPACE(4) 16", "", 0,
    "read", "sys/socket.h", NULL)
FACT("darwin", "message.most", "254, then EINVAL", "", 64, "read",
    "xnu uipc_syscalls.c, sockargs: pointers in a cluster of 2 KiB, before "
    "unp_internalize allows 512", NULL)
FACT("darwin", "room.len", "all, not told, no leak", "", 0, "read",
    "xnu uipc_usrreq.c, unp_externalize", NULL)
FACT("darwin", "room.space",
    "what fits, MSG_CTRUNC, others leak, cmsg_len uncut", "", 0, "read",
    "xnu uipc_syscalls.c, copyout_control",
    "all are installed before the buffer is looked at")
FACT("darwin", "room.padding", "no padding", "", 0, "read", "sys/socket.h",
    NULL)
FACT("darwin", "room.no-buffer", "none, not told, others leak", "", 0,
    "read", "xnu uipc_socket.c, soreceive_ctl",
    "soreceive externalizes, then frees the message")
FACT("darwin", "room.by-read", "descriptors leak", "", 0, "read",
    "xnu uipc_socket.c, soreceive_ctl",
    "soreceive externalizes, then frees the message")
FACT("darwin", "table.full", "EMSGSIZE, data stays", "", 0, "read",
    "xnu uipc_usrreq.c, unp_externalize", NULL)
FACT("darwin", "full.dontwait", "waits", "", 0, "read",
    "xnu uipc_socket.c, sosend: SS_NBIO, or MSG_NBIO, which is private",
    "sosend() does not look at MSG_DONTWAIT")
FACT("darwin", "empty.datagram", "MSG_TRUNC", "", 0, "read",
    "xnu uipc_socket.c, soreceive", "soreceive() never comes to the end of it")
FACT("darwin", "full.stream", "EMSGSIZE", "", 0, "seen once",
    "abrasive/elfuse issue 288, nolabs-ai/nono issue 1325",
    "on blocking sockets too: back-pressure, not an error")
FACT("darwin", "full.datagram", "ENOBUFS", "", 0, "read",
    "libuv unix/stream.c, imsg-buffer.c", NULL)
FACT("darwin", "send.len", "taken", "", 0, "read",
    "xnu uipc_usrreq.c, unp_internalize", NULL)
FACT("darwin", "send.two", "EINVAL", "", 0, "read",
    "xnu uipc_usrreq.c, unp_internalize", NULL)
FACT("darwin", "cloexec.flag", "no flag", "", 0, "read", "sys/socket.h",
    NULL)
FACT("darwin", "cloexec.echo", "no flag", "", 0, "read", "sys/socket.h",
    NULL)
FACT("darwin", "kind.directory", "passes", "", 0, "read",
    "xnu kern_descrip.c, fg_sendable", NULL)
FACT("darwin", "kind.events", "EINVAL", "", 0, "read",
    "xnu kern_descrip.c, fg_sendable", NULL)
FACT("darwin", "zero.seqpacket", "no such socket", "", 0, "read",
    "xnu uipc_proto.c", NULL)
FACT("darwin", "seqpacket", "EPROTONOSUPPORT", "", 0, "read",
    "xnu uipc_proto.c has STREAM and DGRAM alone; which errno is a guess",
    NULL)
FACT("darwin", "close.in-flight", "survives", "", 0, "read",
    "xnu uipc_usrreq.c, unp_gc", NULL)
FACT("darwin", "close.in-flight", "is dead", "", 0, "read",
    "xnu uipc_usrreq.c, unp_gc",
    "the collector may flush a socket that only a message holds")

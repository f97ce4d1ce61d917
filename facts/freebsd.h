/* SPDX-License-Identifier: 0BSD */
/*
 * What FreeBSD answers. freebsd-12.1-amd64 is a log of 12.1; that its answers
 * hold until 14 is read, FreeBSD 15 has Unix sockets written anew.
 */
FACT("freebsd", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "ran in part", "freebsd-12.1-amd64", NULL)
FACT("freebsd", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 12, CMSG_SPACE(4) 16", "", 32,
    "read", "sys/socket.h, i386/include/_align.h", NULL)
FACT("freebsd", "message.most", "254, then E2BIG", "", 64, "seen once",
    "12.1 and 13, amd64; uipc_usrreq.c, unp_internalize: pointers in a "
    "cluster of 2 KiB", NULL)
FACT("freebsd", "in-flight", "none below 800", "", 0, "seen once",
    "12.1 and 13, amd64", NULL)
FACT("freebsd", "room.len", "none, MSG_CTRUNC, no leak", "12.1-", 64,
    "ran in part", "freebsd-12.1-amd64; cpython issue 111675", NULL)
FACT("freebsd", "room.space", "none, MSG_CTRUNC, no leak", "12.1-", 0,
    "ran in part", "freebsd-12.1-amd64; cpython issue 111675", NULL)
FACT("freebsd", "room.padding", "all, not told, no leak", "12.1-14", 64,
    "ran in part", "freebsd-12.1-amd64", NULL)
FACT("freebsd", "room.no-buffer", "none, not told, no leak", "12.1-14", 0,
    "seen once", "12.1 amd64", NULL)
FACT("freebsd", "room.by-read", "descriptors are closed", "12.1-14", 0,
    "seen once", "12.1 amd64", NULL)
FACT("freebsd", "table.full", "EMSGSIZE, data stays", "12.1-14", 0,
    "ran in part", "freebsd-12.1-amd64", NULL)
FACT("freebsd", "full.dontwait", "EAGAIN", "12.1-", 0, "seen once",
    "12.1 amd64", NULL)
FACT("freebsd", "empty.datagram", "MSG_TRUNC", "12.1-14", 0, "seen once",
    "12.1 amd64", "soreceive() never comes to the end of it")
FACT("freebsd", "full.stream", "EAGAIN", "12.1-14", 0, "seen once",
    "12.1 amd64", NULL)
FACT("freebsd", "full.datagram", "ENOBUFS", "", 0, "read",
    "uipc_usrreq.c, uipc_send", NULL)
FACT("freebsd", "send.len", "taken", "12.1-14", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "send.two", "2 descriptors arrive in 2", "12.1-14", 0,
    "ran in part", "freebsd-12.1-amd64", NULL)
FACT("freebsd", "peek", "4 in the buffer, 0 opened", "12.1-14", 64,
    "ran in part", "freebsd-12.1-amd64",
    "the kernel's own pointers are copied out")
FACT("freebsd", "stream.glue", "AA BBCC+1 DD+1", "", 0, "ran in part",
    "freebsd-12.1-amd64; uipc_soreceive_stream_or_seqpacket", NULL)
FACT("freebsd", "stream.short", "X+1 YZ", "12.1-14", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "zero.alone", "delivered", "", 0, "seen once",
    "12.1 amd64; uipc_usrreq.c, uipc_sosend_stream_or_seqpacket", NULL)
FACT("freebsd", "zero.datagram", "delivered", "12.1-14", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "zero.seqpacket", "delivered", "12.1-14", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "seqpacket", "AA+1 BB", "", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "cloexec.flag", "set", "13.1-", 0, "read",
    "uipc_usrreq.c, unp_externalize; commit 6ceacebdf52211", NULL)
FACT("freebsd", "cloexec.flag", "ignored", "11-13.0", 0, "ran in part",
    "freebsd-12.1-amd64; wayland-os.c",
    "broken from 2015 to commit 6ceacebdf52211 of 2021")
FACT("freebsd", "cloexec.echo", "echoed", "", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "kind.directory", "passes", "", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "kind.own-end", "passes", "", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "kind.device", "passes", "", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "kind.path", "passes", "", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "kind.events", "ENOTSUP", "", 0, "ran in part",
    "freebsd-12.1-amd64; DFLAG_PASSABLE, unp_internalize", NULL)
FACT("freebsd", "close.in-flight", "survives", "", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "credentials", "uid gid", "-12", 0, "ran in part",
    "freebsd-12.1-amd64", NULL)
FACT("freebsd", "credentials", "uid gid pid", "13-", 0, "read",
    "sys/ucred.h: cr_pid since 13", NULL)

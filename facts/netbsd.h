/* SPDX-License-Identifier: 0BSD */
/*
 * What NetBSD answers. netbsd-5.99-i386 and netbsd-7.99-amd64 are logs of
 * 5.99.15 and 7.99.34; where they differ it is by age or by word size.
 */
FACT("netbsd", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "ran in part", "netbsd-7.99-amd64", NULL)
FACT("netbsd", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 32", "", 64,
    "read", "aarch64, sparc64: machine/cdefs.h, __BIGGEST_ALIGNMENT__ 16",
    NULL)
FACT("netbsd", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 12, CMSG_SPACE(4) 16", "", 32,
    "ran in part", "netbsd-5.99-i386", NULL)
FACT("netbsd", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 32,
    "read", "arm, mips, sparc: machine/cdefs.h, alignment 8", NULL)
FACT("netbsd", "message.most",
    "as many as may be in flight, then success without delivery", "5.99-", 0,
    "seen once", "5.99.15 i386 (121 of 242 kern.maxfiles), 7.99.34 (509)",
    "kern.maxfiles / 2 in the whole system: unp_internalize() says EAGAIN, "
    "which becomes success")
FACT("netbsd", "message.most", "1020, then EAGAIN", "-5.99", 0,
    "ran in part", "netbsd-5.99-i386", "kern.maxfiles was 3000")
FACT("netbsd", "in-flight", "success without delivery", "5.99-", 0,
    "seen once", "5.99.15 i386, 7.99.34 amd64",
    "kern.maxfiles / 2 in the whole system: unp_internalize() says EAGAIN, "
    "which becomes success")
FACT("netbsd", "in-flight", "none below 800", "5.99-", 0, "read",
    "where kern.maxfiles / 2 is above 800", NULL)
FACT("netbsd", "room.len", "all, not told, no leak", "5.99-", 32,
    "ran in part", "netbsd-5.99-i386", NULL)
FACT("netbsd", "room.len", "none, MSG_CTRUNC, no leak", "5.99-", 64,
    "ran in part", "netbsd-7.99-amd64", NULL)
FACT("netbsd", "room.space", "none, MSG_CTRUNC, no leak", "5.99-", 0,
    "ran in part", "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "room.padding", "no padding", "", 32, "ran in part",
    "netbsd-5.99-i386", NULL)
FACT("netbsd", "room.padding", "all, not told, no leak", "5.99-", 64,
    "ran in part", "netbsd-7.99-amd64", NULL)
FACT("netbsd", "room.no-buffer", "none, not told, others leak", "-5.99", 0,
    "seen once", "5.99.15 i386", "they stay open inside the kernel, for good")
FACT("netbsd", "room.no-buffer", "none, not told, no leak", "7.99-", 0,
    "seen once", "7.99.34 amd64: a thread closes them up to 300 ms later",
    NULL)
FACT("netbsd", "room.by-read", "descriptors leak", "-5.99", 0, "seen once",
    "5.99.15 i386", "they stay open inside the kernel, for good")
FACT("netbsd", "room.by-read", "descriptors are closed", "7.99-", 0,
    "seen once", "7.99.34 amd64: a thread closes them up to 300 ms later",
    NULL)
FACT("netbsd", "table.full", "EMSGSIZE, data stays", "5.99-", 0,
    "ran in part", "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "full.dontwait", "waits", "5.99-", 0, "seen once",
    "5.99.15 i386, 7.99.34 amd64",
    "sosend() looks at O_NONBLOCK and MSG_NBIO, 5.99 at the first alone")
FACT("netbsd", "empty.datagram", "MSG_TRUNC", "5.99-", 0, "seen once",
    "5.99.15 i386, 7.99.34 amd64", "soreceive() never comes to the end of it")
FACT("netbsd", "full.stream", "EMSGSIZE", "5.99-", 0, "seen once",
    "5.99.15 i386, 7.99.34 amd64",
    "the same as for control data that is larger than the buffer")
FACT("netbsd", "full.datagram", "ENOBUFS", "", 0, "read",
    "uipc_usrreq.c, unp_output", NULL)
FACT("netbsd", "send.len", "taken", "5.99-", 0, "ran in part",
    "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "send.two", "1 descriptors arrive in 1", "5.99-", 0,
    "ran in part", "netbsd-5.99-i386, netbsd-7.99-amd64",
    "only the first rights message is looked at")
FACT("netbsd", "peek", "2 in the buffer, 0 opened", "5.99-", 32,
    "ran in part", "netbsd-5.99-i386",
    "the kernel's own pointers are copied out")
FACT("netbsd", "peek", "4 in the buffer, 0 opened", "5.99-", 64,
    "ran in part", "netbsd-7.99-amd64",
    "the kernel's own pointers are copied out")
FACT("netbsd", "stream.glue", "AA BBCC+1 DD+1", "5.99-", 0, "ran in part",
    "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "stream.short", "X+1 YZ", "5.99-", 0, "ran in part",
    "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "zero.alone", "delivered", "5.99-", 0, "seen once",
    "5.99.15 i386, 7.99.34 amd64", NULL)
FACT("netbsd", "zero.datagram", "delivered", "5.99-", 0, "ran in part",
    "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "zero.seqpacket", "delivered", "6-", 0, "ran in part",
    "netbsd-7.99-amd64", NULL)
FACT("netbsd", "zero.seqpacket", "no such socket", "-5.99", 0, "ran in part",
    "netbsd-5.99-i386", "absent before NetBSD 6")
FACT("netbsd", "seqpacket", "AA+1 BB", "6-", 0, "ran in part",
    "netbsd-7.99-amd64", NULL)
FACT("netbsd", "seqpacket", "EPROTOTYPE", "-5.99", 0, "ran in part",
    "netbsd-5.99-i386", "absent before NetBSD 6")
FACT("netbsd", "cloexec.flag", "set", "7.99-", 0, "ran in part",
    "netbsd-7.99-amd64", NULL)
FACT("netbsd", "cloexec.flag", "ignored", "-5.99", 0, "seen once",
    "5.99.15 i386", "kernels older than the flag take and echo it")
FACT("netbsd", "cloexec.echo", "echoed", "", 0, "ran in part",
    "netbsd-7.99-amd64", NULL)
FACT("netbsd", "kind.directory", "passes", "5.99-", 0, "ran in part",
    "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "kind.own-end", "passes", "5.99-", 0, "ran in part",
    "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "kind.device", "passes", "5.99-", 0, "ran in part",
    "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "kind.events", "passes", "-5.99", 0, "ran in part",
    "netbsd-5.99-i386", NULL)
FACT("netbsd", "kind.events", "EBADF", "7.99-", 0, "ran in part",
    "netbsd-7.99-amd64; uipc_usrreq.c, unp_internalize", NULL)
FACT("netbsd", "close.in-flight", "survives", "5.99-", 0, "ran in part",
    "netbsd-5.99-i386, netbsd-7.99-amd64", NULL)
FACT("netbsd", "credentials", "uid gid pid", "7.99-", 0, "ran in part",
    "netbsd-7.99-amd64", NULL)
FACT("netbsd", "credentials", "ENOTSUP", "-5.99", 0, "ran in part",
    "netbsd-5.99-i386", "LOCAL_PEEREID says EINVAL for a pair")

/* SPDX-License-Identifier: 0BSD */
/*
 * What DragonFly answers, by reading sys/kern at commit 002c1265bf96; nothing
 * was run. Of a control buffer that is too small EMSGSIZE was reported in
 * 2026, which that source does not show.
 */
FACT("dragonfly", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "read", "sys/socket.h", NULL)
FACT("dragonfly", "message.most", "254, then E2BIG", "", 64, "read",
    "uipc_usrreq.c, unp_internalize: pointers in a cluster of 2 KiB", NULL)
FACT("dragonfly", "room.space", "what fits, not told, others leak", "", 64,
    "read", "uipc_syscalls.c, sys_recvmsg",
    "the kernel installs all, cuts, and sets MSG_CTRUNC where nobody looks")
FACT("dragonfly", "room.no-buffer", "none, not told, no leak", "", 0, "read",
    "uipc_syscalls.c, sys_recvmsg", NULL)
FACT("dragonfly", "table.full", "EMSGSIZE, data stays", "", 0, "read",
    "uipc_usrreq.c, unp_externalize", NULL)
FACT("dragonfly", "full.dontwait", "EAGAIN", "", 0, "read",
    "uipc_socket.c, sosend", NULL)
FACT("dragonfly", "full.datagram", "ENOBUFS", "", 0, "read",
    "uipc_usrreq.c, uipc_send", NULL)
FACT("dragonfly", "send.len", "EINVAL", "", 64, "read",
    "uipc_usrreq.c, unp_internalize: CMSG_ALIGN(cmsg_len) is compared", NULL)
FACT("dragonfly", "send.two", "1 descriptors arrive in 1", "", 0, "read",
    "uipc_usrreq.c, unp_internalize",
    "only the first rights message is looked at")
FACT("dragonfly", "peek", "4 in the buffer, 0 opened", "", 64, "read",
    "uipc_socket.c, soreceive: control data are copied as they are",
    "the kernel's own pointers are copied out")
FACT("dragonfly", "cloexec.flag", "set", "", 0, "read",
    "uipc_usrreq.c, unp_externalize", NULL)
FACT("dragonfly", "credentials", "uid gid", "", 0, "read",
    "getpeereid()", NULL)
FACT("dragonfly", "kind.events", "ENOTSUP", "", 0, "read",
    "uipc_usrreq.c, unp_internalize", NULL)
FACT("dragonfly", "seqpacket", "AA+1 BB", "", 0, "read", "uipc_usrreq.c",
    NULL)

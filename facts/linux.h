/* SPDX-License-Identifier: 0BSD */
/* What Linux answers, with glibc and musl. */
FACT("linux", "layout",
    "cmsghdr 16, cmsg_len 8, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "ran", "host-gcc", NULL)
FACT("linux", "layout",
    "cmsghdr 16, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "ran", "linux-6.1-aarch64", NULL)
FACT("linux", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 12, CMSG_SPACE(4) 16", "", 32,
    "ran", "host-m32", NULL)
FACT("linux", "message.most", "253, then EINVAL", "", 0, "suite",
    "t/89-selftest.sh; include/net/scm.h, SCM_MAX_FD", NULL)
FACT("linux", "message.most", "252, then ENOMEM", "", 64, "seen once",
    "musl 1.2.3", "musl up to 1.2.3 copies control data into 1024 bytes")
FACT("linux", "in-flight", "ETOOMANYREFS", "", 0, "suite",
    "t/89-selftest.sh", NULL)
FACT("linux", "in-flight", "none below 800, as root", "", 0, "suite",
    "t/89-selftest.sh",
    "root has no limit, and could not become another user")
FACT("linux", "room.len", "all, not told, no leak", "", 0, "ran", "host-gcc",
    NULL)
FACT("linux", "room.space", "what fits, MSG_CTRUNC, no leak", "", 0, "ran",
    "host-gcc", NULL)
FACT("linux", "room.padding", "all, not told, no leak", "", 64, "ran",
    "host-gcc", NULL)
FACT("linux", "room.padding", "no padding", "", 32, "ran", "host-m32", NULL)
FACT("linux", "room.no-buffer", "none, MSG_CTRUNC, no leak", "", 0, "suite",
    "t/89-selftest.sh", NULL)
FACT("linux", "room.by-read", "descriptors are closed", "", 0, "suite",
    "t/89-selftest.sh", NULL)
FACT("linux", "table.full", "1 of 3, MSG_CTRUNC, data delivered", "", 0,
    "ran", "host-gcc", NULL)
FACT("linux", "full.dontwait", "EAGAIN", "", 0, "suite", "t/89-selftest.sh",
    NULL)
FACT("linux", "empty.datagram", "not told", "", 0, "suite",
    "t/89-selftest.sh", NULL)
FACT("linux", "full.stream", "EAGAIN", "", 0, "suite", "t/89-selftest.sh",
    NULL)
FACT("linux", "full.datagram", "EAGAIN", "", 0, "suite", "t/89-selftest.sh",
    NULL)
FACT("linux", "full.datagram", "ETOOMANYREFS", "", 0, "suite",
    "t/89-selftest.sh",
    "a user without rights whose limit of descriptors is a few hundred")
FACT("linux", "send.len", "taken", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "send.two", "2 descriptors arrive in 1", "", 0, "ran",
    "host-gcc", NULL)
FACT("linux", "peek", "2 in the buffer, 2 opened", "", 0, "ran", "host-gcc",
    NULL)
FACT("linux", "stream.glue", "AABB+1 CCDD+1", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "stream.short", "X+1 YZ", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "zero.alone", "success, and lost", "", 0, "suite",
    "t/89-selftest.sh", NULL)
FACT("linux", "zero.datagram", "delivered", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "zero.seqpacket", "delivered", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "seqpacket", "AA+1 BB", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "cloexec.flag", "set", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "cloexec.echo", "echoed", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "kind.directory", "passes", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "kind.own-end", "passes", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "kind.device", "passes", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "kind.tty", "passes", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "kind.events", "passes", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "kind.shm", "passes", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "kind.path", "passes", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "close.in-flight", "survives", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "credentials", "uid gid pid", "", 0, "ran", "host-gcc", NULL)
FACT("linux", "credentials.cut",
    "credentials come first and cut the descriptor, MSG_CTRUNC", "", 0,
    "ran", "host-gcc", NULL)

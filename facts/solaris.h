/* SPDX-License-Identifier: 0BSD */
/* What illumos and Solaris answer, by reading illumos and what others saw. */
FACT("solaris", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 12, CMSG_SPACE(4) 16", "", 0,
    "read", "illumos sys/socket.h: _CMSG_HDR_ALIGNMENT 4", NULL)
FACT("solaris", "room.space", "what fits, MSG_CTRUNC, no leak", "", 0,
    "read", "illumos sockcommon_subr.c, so_closefds", NULL)
FACT("solaris", "table.full", "EMFILE, data lost", "", 0, "seen once",
    "Solaris 11: Ruby's ancdata.c says EMFILE; what becomes of the data is "
    "not known", NULL)
FACT("solaris", "table.full", "EMFILE, data stays", "", 0, "seen once",
    "Solaris 11: Ruby's ancdata.c says EMFILE; what becomes of the data is "
    "not known", NULL)
FACT("solaris", "send.two", "EINVAL", "", 0, "read",
    "illumos sockcommon_sops.c", NULL)
FACT("solaris", "cloexec.flag", "ignored", "", 0, "read",
    "illumos commit 0250c53ad267 of 2024: kernels before it",
    "kernels older than the flag take it")
FACT("solaris", "cloexec.flag", "set", "", 0, "read",
    "illumos commit 0250c53ad267 of 2024", NULL)

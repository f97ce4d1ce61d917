/* SPDX-License-Identifier: 0BSD */
/* What QNX answers: its headers at second hand; nothing was run. */
FACT("qnx", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 16, CMSG_SPACE(4) 24", "", 64,
    "read", "Rust crate libc 0.2.191, src/unix/nto/mod.rs", NULL)

/* SPDX-License-Identifier: 0BSD */
/*
 * What AIX's headers say, as the crate libc has them (src/unix/aix); what its
 * kernel does is not known.
 */
FACT("aix", "layout",
    "cmsghdr 12, cmsg_len 4, CMSG_LEN(0) 12, CMSG_SPACE(4) 16", "", 0,
    "read", "crate libc, src/unix/aix: control data have no padding", NULL)
FACT("aix", "room.padding", "no padding", "", 0, "read",
    "crate libc, src/unix/aix: control data have no padding", NULL)
FACT("aix", "cloexec.flag", "no flag", "", 0, "read",
    "crate libc, src/unix/aix", NULL)
FACT("aix", "cloexec.echo", "no flag", "", 0, "read",
    "crate libc, src/unix/aix", NULL)
FACT("aix", "credentials", "uid gid", "", 0, "read",
    "crate libc, src/unix/aix: getpeereid()", NULL)

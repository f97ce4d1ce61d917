/* SPDX-License-Identifier: 0BSD */
/* What every system should answer. */
FACT("any", "kind.file", "passes", "", 0, "standard", "POSIX.1-2024", NULL)
FACT("any", "kind.pipe", "passes", "", 0, "standard", "POSIX.1-2024", NULL)
FACT("any", "kind.unix", "passes", "", 0, "standard", "POSIX.1-2024", NULL)
FACT("any", "kind.tcp", "passes", "", 0, "standard", "POSIX.1-2024", NULL)
FACT("any", "kind.closed", "EBADF", "", 0, "standard", "POSIX.1-2024", NULL)
FACT("any", "close.copy", "closes that copy only", "", 0, "standard",
    "POSIX.1-2024", NULL)
FACT("any", "shutdown.copy", "acts on every copy", "", 0, "standard",
    "POSIX.1-2024", NULL)
FACT("any", "shared.flags", "shared", "", 0, "standard", "POSIX.1-2024", NULL)
FACT("any", "shared.offset", "shared", "", 0, "standard", "POSIX.1-2024", NULL)
FACT("any", "cloexec.default", "clear", "", 0, "standard", "POSIX.1-2024",
    NULL)
FACT("any", "cloexec.flag", "no flag", "", 0, "ran in part",
    "netbsd-5.99-i386", "headers without MSG_CMSG_CLOEXEC")
FACT("any", "cloexec.echo", "no flag", "", 0, "ran in part",
    "netbsd-5.99-i386", "headers without MSG_CMSG_CLOEXEC")

/* SPDX-License-Identifier: 0BSD */
/* What every system should answer. */
	{ "any", "kind.file", "passes", NULL, "POSIX.1-2024" },
	{ "any", "kind.pipe", "passes", NULL, "POSIX.1-2024" },
	{ "any", "kind.unix", "passes", NULL, "POSIX.1-2024" },
	{ "any", "kind.tcp", "passes", NULL, "POSIX.1-2024" },
	{ "any", "kind.closed", "EBADF", NULL, "POSIX.1-2024" },
	{ "any", "close.copy", "closes that copy only", NULL, "POSIX.1-2024" },
	{ "any", "shutdown", "acts on every copy", NULL, "POSIX.1-2024" },
	{ "any", "shared.flags", "shared", NULL, "POSIX.1-2024" },
	{ "any", "shared.offset", "shared", NULL, "POSIX.1-2024" },
	{ "any", "cloexec.default", "clear", NULL, "POSIX.1-2024" },

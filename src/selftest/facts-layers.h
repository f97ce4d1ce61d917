/* SPDX-License-Identifier: 0BSD */
/*
 * Layers between a program and the kernel, where they answer differently.
 * See --under.
 */
	{ "qemu-user", "room.space", "what fits, not told, others leak",
	  "the emulator translates control data, cuts it and tells nobody",
	  "seen" },
	{ "qemu-user", "room.space", "what fits, MSG_CTRUNC, others leak",
	  "the emulator translates control data and cuts it", "seen" },
	{ "gvisor", "full table: EMFILE, told beside the data", "error errno 0",
	  "the kernel drops what does not fit and tells nobody", "seen" },
	{ "gvisor", "table.full", "1 of 3, not told, data delivered",
	  "the kernel drops what does not fit and tells nobody", "seen" },
	{ "gvisor", "limit.in-flight", "none below 800",
	  "gVisor does not count them", "seen" },
	{ "gvisor", "limit.in-flight", "none below 800, as root",
	  "gVisor does not count them", "seen" },
	{ "gvisor", "zero.datagram", "success, and lost",
	  "an empty message with a descriptor is dropped", "seen" },
	{ "gvisor", "zero.seqpacket", "success, and lost",
	  "an empty message with a descriptor is dropped", "seen" },
	{ "gvisor", "cloexec.echo", "not echoed",
	  "the flag is honoured and not echoed", "seen" },

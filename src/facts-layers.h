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

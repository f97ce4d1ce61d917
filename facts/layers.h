/* SPDX-License-Identifier: 0BSD */
/*
 * Layers between a program and the kernel, where they answer differently.
 * See fdferry selftest --under. A promise of the library that a layer breaks
 * stands here by its name and what the self-test says of it.
 */
FACT("qemu-user", "room.space", "what fits, not told, others leak", "", 64,
    "ran", "qemu-user-aarch64",
    "the emulator translates control data, cuts it and tells nobody")
FACT("qemu-user", "room.space", "what fits, MSG_CTRUNC, others leak", "", 32,
    "ran", "qemu-user-arm", "the emulator translates control data and cuts it")
FACT("gvisor", "full table: EMFILE, told beside the data", "error errno 0",
    "", 0, "ran", "gvisor-systrap",
    "the kernel drops what does not fit and tells nobody")
FACT("gvisor", "table.full", "1 of 3, not told, data delivered", "", 0,
    "ran", "gvisor-systrap",
    "the kernel drops what does not fit and tells nobody")
FACT("gvisor", "in-flight", "none below 800", "", 0, "seen once",
    "runsc 20260905", "gVisor does not count them")
FACT("gvisor", "in-flight", "none below 800, as root", "", 0, "seen once",
    "runsc 20260905", "gVisor does not count them")
FACT("gvisor", "full.datagram", "none below 4096", "", 0, "seen once",
    "runsc 20260905", "gVisor counts bytes alone")
FACT("gvisor", "zero.datagram", "success, and lost", "", 0, "ran",
    "gvisor-systrap", "an empty message with a descriptor is dropped")
FACT("gvisor", "zero.seqpacket", "success, and lost", "", 0, "ran",
    "gvisor-systrap", "an empty message with a descriptor is dropped")
FACT("gvisor", "empty.datagram", "ETIMEDOUT", "", 0, "ran", "gvisor-systrap",
    "an empty datagram is dropped: the receiver waits")
FACT("gvisor", "cloexec.echo", "not echoed", "", 0, "ran", "gvisor-systrap",
    "the flag is honoured and not echoed")

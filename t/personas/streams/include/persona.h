/* SPDX-License-Identifier: 0BSD */
/* System V Release 4: no descriptors in sockets at all. */

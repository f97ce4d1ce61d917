/* SPDX-License-Identifier: 0BSD */
/* Sockets, and nothing to pass a descriptor with. */

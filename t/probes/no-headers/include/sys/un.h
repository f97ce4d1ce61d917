/* SPDX-License-Identifier: 0BSD */
#error no such header

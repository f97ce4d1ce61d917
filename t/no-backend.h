/* SPDX-License-Identifier: 0BSD */
/*
 * no-backend.h - forget which backend was chosen, so that a test can compile
 * another. Included after detect.h; each backend has its line.
 */
#undef FDFERRY_BACKEND_CMSG
#undef FDFERRY_BACKEND_ACCRIGHTS
#undef FDFERRY_BACKEND_STREAMS
#undef FDFERRY_BACKEND_NONE

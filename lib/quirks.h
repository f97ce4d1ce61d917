/* SPDX-License-Identifier: 0BSD */
/*
 * quirks.h - what is known of kernels and cannot be probed by compiling.
 *
 * One name per fact, 0 or 1 (or a number), usable in plain C conditions.
 * Each says symptom, versions and source. portability.md has a row for each,
 * and says which were seen on a real kernel and which were only read.
 */
#ifndef FDFERRY_QUIRKS_H
#define FDFERRY_QUIRKS_H 1

/*
 * Most descriptors per message that the kernel is known to take.
 * Linux: SCM_MAX_FD is 253 and 254 gets EINVAL (include/net/scm.h; seen).
 * Elsewhere 127: an OpenBSD message of struct fdpass fills one 2 KiB cluster
 * at 127 (E2BIG above; uipc_usrreq.c); NetBSD 5.99 took 128, reported
 * success and delivered nothing (seen once, i386).
 */
#ifdef __linux__
# define FDFERRY_QUIRK_MAX_FDS 253
#else
# define FDFERRY_QUIRK_MAX_FDS 127
#endif

/*
 * musl 1.2.3 and older copies control data into 1024 bytes on 64-bit
 * systems and answers ENOMEM above: 252 descriptors (seen, 1.2.3).
 */
#define FDFERRY_QUIRK_MAX_FDS_SMALL 252

/*
 * Room for descriptors when receiving, always, whatever the caller asked
 * for: cut control data leaks or loses descriptors on most kernels. macOS
 * allows 512 in one message (UIPC_MAX_CMSG_FD), NetBSD a page (about 1020).
 */
#ifdef __NetBSD__
# define FDFERRY_QUIRK_ROOM 1024
#else
# define FDFERRY_QUIRK_ROOM 512
#endif

/*
 * MSG_CMSG_CLOEXEC is missing (macOS), silently ignored (kernels older than
 * the flag; they even echo it in msg_flags), or was broken (FreeBSD 2015 to
 * 2021): set close-on-exec again afterwards. Linux has honoured the flag
 * since 2.6.23; no other kernel's version can be told at compile time, for
 * the binary may run on an older one.
 */
#ifdef __linux__
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 0
#else
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 1
#endif

/*
 * sendmsg() on a stream fails with EMSGSIZE while the receiver's buffer has
 * no room for the control data, on blocking sockets too (xnu; reported in
 * several trackers): back-pressure, not an error.
 */
#ifdef __APPLE__
# define FDFERRY_QUIRK_EMSGSIZE_IS_FULL 1
#else
# define FDFERRY_QUIRK_EMSGSIZE_IS_FULL 0
#endif

/*
 * ENOBUFS from sendmsg() on a Unix datagram socket means that the receiver's
 * queue is full (4.4BSD and its heirs). On Linux ENOBUFS is a real shortage.
 */
#if defined __APPLE__ || defined __FreeBSD__ || defined __NetBSD__ \
    || defined __OpenBSD__ || defined __DragonFly__
# define FDFERRY_QUIRK_ENOBUFS_IS_FULL 1
#else
# define FDFERRY_QUIRK_ENOBUFS_IS_FULL 0
#endif

/*
 * SCM_PIDFD (Linux 6.5, if SO_PASSPIDFD is on) is a descriptor that the
 * kernel adds outside SCM_RIGHTS: it must be closed too. 4 is other things
 * on other systems.
 */
#ifdef __linux__
# define FDFERRY_QUIRK_SCM_PIDFD 4
#else
# define FDFERRY_QUIRK_SCM_PIDFD (-1)
#endif

#endif /* FDFERRY_QUIRKS_H */

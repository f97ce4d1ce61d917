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
 * success and delivered nothing (seen once, i386). STREAMS: I_SENDFD takes
 * one, and several calls are not one message: the second may fail when the
 * first is gone (streamio(7)).
 */
#if defined FDFERRY_BACKEND_STREAMS
# define FDFERRY_QUIRK_MAX_FDS 1
#elif defined __linux__
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
 * MSG_CMSG_CLOEXEC is missing (macOS), silently ignored (illumos before
 * 2024 and other kernels older than the flag; they even echo it in
 * msg_flags), or was broken (FreeBSD from 2015 to commit 6ceacebdf52211 of
 * 2021): set close-on-exec again afterwards. Linux has honoured the flag
 * since 2.6.23 (its C library may lack it), FreeBSD since the versions
 * below, and runs no program built for a newer system; of no other is it
 * known at compile time.
 */
#ifdef __FreeBSD__
# include <sys/param.h>		/* __FreeBSD_version */
#endif
#if !FDFERRY_HAVE_MSG_CMSG_CLOEXEC
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 1
#elif defined __linux__
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 0
#elif defined __FreeBSD_version && (__FreeBSD_version >= 1400006 \
    || (__FreeBSD_version >= 1300502 && __FreeBSD_version < 1400000))
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 0
#else
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 1
#endif

/*
 * sendmsg() with msg_controllen CMSG_SPACE gets EINVAL from kernels that
 * want CMSG_LEN: OpenBSD to 4.3 and NetBSD to 4.0 on 64-bit processors
 * (their own trackers; Postfix and Ruby try both). Newer NetBSD wants
 * CMSG_SPACE. So the second is tried when the first gets EINVAL.
 */
#if defined __OpenBSD__ || defined __NetBSD__
# define FDFERRY_QUIRK_CMSG_LEN_RETRY 1
#else
# define FDFERRY_QUIRK_CMSG_LEN_RETRY 0
#endif

/*
 * MSG_NOSIGNAL is newer in macOS's headers than in its kernels, and those
 * ignore what they do not know: SIGPIPE is held back as well.
 */
#ifdef __APPLE__
# define FDFERRY_QUIRK_NOSIGNAL_UNPROVEN 1
#else
# define FDFERRY_QUIRK_NOSIGNAL_UNPROVEN 0
#endif

/*
 * recvmsg() fails when the table has no room for all of a message's
 * descriptors, and they and on some systems the data are lost (the BSDs,
 * macOS: EMSGSIZE or EMFILE; Solaris: EMFILE; read in each kernel). Linux
 * delivers the data and those that fit, with MSG_CTRUNC.
 */
#ifdef __linux__
# define FDFERRY_QUIRK_FULL_TABLE_FAILS 0
#else
# define FDFERRY_QUIRK_FULL_TABLE_FAILS 1
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
 * The STREAMS backend says it for I_SENDFD, which never waits.
 */
#if defined FDFERRY_BACKEND_STREAMS || defined __APPLE__ || defined __FreeBSD__ || defined __NetBSD__ \
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

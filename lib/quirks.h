/* SPDX-License-Identifier: 0BSD */
/*
 * quirks.h - what is known of kernels and cannot be probed by compiling.
 *
 * One name per fact, 0 or 1 (or a number), usable in plain C conditions.
 * Each says symptom, versions and source. facts/ has the rows behind them, and
 * says which were seen on a real kernel and which were only read;
 * t/89-facts.sh fails where these say something else.
 */
#ifndef FDFERRY_QUIRKS_H
#define FDFERRY_QUIRKS_H 1

/*
 * Most descriptors per message that the kernel is known to take.
 * Linux: SCM_MAX_FD is 253 and 254 gets EINVAL (include/net/scm.h; seen).
 * Elsewhere 127: an OpenBSD message of struct fdpass fills one 2 KiB cluster
 * at 127 (E2BIG above; uipc_usrreq.c; seen, 8.0). FreeBSD takes 254 (seen,
 * 12.1), NetBSD a page of control data: what it was seen to lose at fewer is
 * no limit of a message, see FDFERRY_QUIRK_IN_FLIGHT_LOST. STREAMS: I_SENDFD
 * takes one, and several calls are not one message: the second may fail when
 * the first is gone (streamio(7)).
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
 * for: cut control data leaks or loses descriptors on most kernels. The most
 * that one message brings is 254 (FreeBSD; macOS, where sockargs() stops what
 * UIPC_MAX_CMSG_FD, 512, would allow), on NetBSD a page (about 1020).
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
# include <sys/param.h> /* __FreeBSD_version */
#endif
#if !FDFERRY_HAVE_MSG_CMSG_CLOEXEC
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 1
#elif defined __linux__
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 0
#elif defined __FreeBSD_version \
    && (__FreeBSD_version >= 1400006 \
	|| (__FreeBSD_version >= 1300502 && __FreeBSD_version < 1400000))
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 0
#else
# define FDFERRY_QUIRK_CLOEXEC_UNPROVEN 1
#endif

/*
 * sendmsg() with msg_controllen CMSG_SPACE gets EINVAL from kernels that
 * want CMSG_LEN: OpenBSD to 4.3 and NetBSD to 4.0 on 64-bit processors
 * (their own trackers; Postfix and Ruby try both). Newer ones take both
 * (seen: NetBSD 5.99 and 7.99, OpenBSD 2.8 on i386 and 8.0). So the second is
 * tried when the first gets EINVAL.
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
 * descriptors, and they are lost (the BSDs, macOS: EMSGSIZE or EMFILE;
 * Solaris: EMFILE). The data stay, and are what the next call receives,
 * without descriptors and without a sign (seen: FreeBSD 12.1, OpenBSD 2.8
 * and 8.0, NetBSD 5.99 and 7.99; read: xnu, DragonFly); 5.99 closes descriptor
 * 0 of the receiver besides. Linux delivers the data and those that fit, with
 * MSG_CTRUNC.
 */
#ifdef __linux__
# define FDFERRY_QUIRK_FULL_TABLE_FAILS 0
#else
# define FDFERRY_QUIRK_FULL_TABLE_FAILS 1
#endif

/*
 * recvmsg() fails with EPERM when this process may not have one of the
 * descriptors (a directory from outside its chroot; OpenBSD: a block device
 * too): all of the message are lost, the data stay, as with a full table
 * (NetBSD, OpenBSD: uipc_usrreq.c, unp_externalize; read). Elsewhere EPERM
 * loses nothing.
 */
#if defined __NetBSD__ || defined __OpenBSD__
# define FDFERRY_QUIRK_EPERM_LOSES 1
#else
# define FDFERRY_QUIRK_EPERM_LOSES 0
#endif

/*
 * sendmsg() waits in spite of MSG_DONTWAIT, which sosend() of 4.4BSD and most
 * of its heirs does not look at: NetBSD (seen, 5.99 and 7.99; MSG_NBIO beside
 * it helps on 7.99, not on 5.99), macOS (xnu uipc_socket.c; read), OpenBSD
 * until 6.4 (2.8 seen; uipc_socket.c 1.231 of 2018 looks at it; 8.0 seen),
 * FreeBSD before 12.1 (not known; 12.1 seen to look). Linux and DragonFly
 * (read) obey. Where nothing is known it is taken to wait. O_NONBLOCK helps
 * everywhere; without it poll() is asked, and a stream given no more than
 * SO_SNDLOWAT, which is what poll() promises there is room for.
 */
#if defined __FreeBSD__ || defined __OpenBSD__
# include <sys/param.h> /* __FreeBSD_version, OpenBSD */
#endif
#if !FDFERRY_HAVE_MSG_DONTWAIT
# define FDFERRY_QUIRK_SEND_WAITS 1
#elif defined __linux__ || defined __DragonFly__
# define FDFERRY_QUIRK_SEND_WAITS 0
#elif defined __FreeBSD_version && __FreeBSD_version >= 1201000
# define FDFERRY_QUIRK_SEND_WAITS 0
#elif defined OpenBSD && OpenBSD >= 201905
# define FDFERRY_QUIRK_SEND_WAITS 0
#else
# define FDFERRY_QUIRK_SEND_WAITS 1
#endif

/*
 * sendmsg() reports success and delivers nothing, neither data nor
 * descriptors, once those in flight in the whole system are more than
 * kern.maxfiles / 2: unp_internalize() says EAGAIN, which the system call
 * takes for a short write (NetBSD; seen: above 121 of 242 on 5.99, 509 on
 * 7.99). Nothing can notice but an acknowledgement.
 */
#ifdef __NetBSD__
# define FDFERRY_QUIRK_IN_FLIGHT_LOST 1
#else
# define FDFERRY_QUIRK_IN_FLIGHT_LOST 0
#endif

/*
 * LOCAL_PEEREID gives EINVAL for a socket that listens or is not connected
 * (NetBSD; seen, 5.99 and 7.99), and for one of a pair (seen, 5.99).
 */
#ifdef __NetBSD__
# define FDFERRY_QUIRK_PEER_EINVAL 1
#else
# define FDFERRY_QUIRK_PEER_EINVAL 0
#endif

/*
 * An empty datagram that is received without room for data is told with
 * MSG_TRUNC (FreeBSD 12.1, OpenBSD 2.8 and 8.0, NetBSD 5.99 and 7.99; seen):
 * soreceive() never comes to the end of it. One byte of room cures that.
 * And read() of 0 bytes throws the descriptors of the next message away
 * (NetBSD, OpenBSD; seen): never done here.
 */
#ifdef __linux__
# define FDFERRY_QUIRK_EMPTY_WANTS_ROOM 0
#else
# define FDFERRY_QUIRK_EMPTY_WANTS_ROOM 1
#endif

/*
 * sendmsg() on a stream fails with EMSGSIZE while the receiver's buffer has
 * no room for the control data, on blocking sockets too (xnu; reported in
 * several trackers; NetBSD 5.99 and 7.99, seen): back-pressure, not an error,
 * unless an empty buffer would not hold them either.
 */
#if defined __APPLE__ || defined __NetBSD__
# define FDFERRY_QUIRK_EMSGSIZE_IS_FULL 1
#else
# define FDFERRY_QUIRK_EMSGSIZE_IS_FULL 0
#endif

/*
 * ENOBUFS from sendmsg() on a Unix datagram socket means that the receiver's
 * queue is full (4.4BSD and its heirs). On Linux ENOBUFS is a real shortage.
 * The STREAMS backend says it for I_SENDFD, which never waits.
 */
#if defined FDFERRY_BACKEND_STREAMS || defined __APPLE__ \
    || defined __FreeBSD__ || defined __NetBSD__ || defined __OpenBSD__ \
    || defined __DragonFly__
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

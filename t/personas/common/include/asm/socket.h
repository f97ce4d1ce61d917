/* SPDX-License-Identifier: 0BSD */
/*
 * The newest names of Linux, also where the host's headers are older: what
 * <sys/socket.h> here must hide does not depend on the machine. The numbers
 * are asm-generic's; no persona shows them.
 */
#ifndef PERSONA_ASM_SOCKET_H
#define PERSONA_ASM_SOCKET_H 1

#include_next <asm/socket.h>

#ifndef SO_PASSPIDFD
# define SO_PASSPIDFD 76
#endif
#ifndef SO_PEERPIDFD
# define SO_PEERPIDFD 77
#endif
#ifndef SO_PASSRIGHTS
# define SO_PASSRIGHTS 83
#endif
#ifndef SO_RIGHTS_NOTRUNC
# define SO_RIGHTS_NOTRUNC 85
#endif

#endif

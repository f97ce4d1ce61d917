/* SPDX-License-Identifier: 0BSD */
/*
 * control.h - the control socket of a front, and what goes through it from one
 * front to the next.
 *
 *   control-socket.c  the socket
 *   control.c         who asks there, and status
 *   handover.c        giving all to a front that takes over
 *   takeover.c        taking all over from a front that runs
 */
#ifndef CONTROL_H
#define CONTROL_H 1

struct addr;
struct channel_loop;
struct fdferry_event;

/* The path of a control socket, else a usage error. */
void control_arg(const char *option, const char *text, struct addr *at);
/* Listen at --control; what it gives is for control_watch(). */
int control_open(const char *text, struct addr *at);
void control_watch(int fd, const struct addr *at);
int control_socket(struct addr *at); /* the listening one, or -1 */
void control_repair(void);	     /* its path, as listeners_repair() */
void control_close(void);
void control_init(void);
extern void (*control_on_client)(int fd); /* set by control.c */
void control_end(void);			  /* and all who are connected there */

/*
 * Give all to the front at the other end of this channel. Returns 0 if that has
 * begun; else -1, and the other front was told why. One at a time. Then it gets
 * no more time than handover_patience() for each step; each event goes to
 * handover_event(), which gives NULL, or why it has failed; `ready' to
 * handover_ready(), -1 if that is not due; and the end of its channel to
 * handover_over().
 */
int handover_begin(struct channel_loop *);
int handover_is(const struct channel_loop *);
long handover_patience(void);
const char *handover_event(const struct fdferry_event *);
int handover_ready(void);
void handover_over(const char *why);
void handover_force(void); /* this front ends at once */

/* --takeover: listening sockets of the front at this control socket now; its
   connections, and the control socket, once the loop runs. */
void takeover_begin(const char *text);
/* Is that the control socket there? If not, and this front has another, it is
   used once the takeover is settled. */
int takeover_at(const char *text, const struct addr *control);
void takeover_control(int fd, const struct addr *);
void takeover_run(void);
/* This front is to end. Returns 0 if it may; else it ends when the takeover is
   settled. With `now` it is settled at once. */
int takeover_leave(int now);

#endif

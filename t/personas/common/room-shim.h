/* SPDX-License-Identifier: 0BSD */
/* What does not fit is closed, cmsg_len and MSG_CTRUNC tell. */
static int
deliver(struct msghdr *msg, struct passed *p)
{
	const size_t head = CMSG_LEN(0);
	size_t room = msg->msg_controllen;

	room = msg->msg_control == NULL || room < head ? 0
	    : (room - head) / sizeof (int);
	if (p->n > room) {
		close_from(p, room);
		msg->msg_flags |= MSG_CTRUNC;
	}
	if (msg->msg_control == NULL || room == 0)
		msg->msg_controllen = 0;
	else
		put(msg, p, CMSG_LEN(p->n * sizeof (int)),
		    CMSG_LEN(p->n * sizeof (int)));
	return 0;
}

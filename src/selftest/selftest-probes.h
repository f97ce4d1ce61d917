/* SPDX-License-Identifier: 0BSD */
/* selftest-probes.h - the questions to the kernel; st_probes lists them. */
#ifndef SELFTEST_PROBES_H
#define SELFTEST_PROBES_H 1

#include "selftest.h"

/* selftest-control.c: control data */
void st_ask_layout(struct st_report *);
void st_ask_message_limit(struct st_report *);
void st_ask_room_len(struct st_report *);
void st_ask_room_space(struct st_report *);
void st_ask_room_padding(struct st_report *);
void st_ask_room_none(struct st_report *);
void st_ask_read(struct st_report *);
void st_ask_full_table(struct st_report *);
void st_ask_send_len(struct st_report *);
void st_ask_two_messages(struct st_report *);
void st_ask_peek(struct st_report *);
void st_ask_cloexec_flag(struct st_report *);
void st_ask_cloexec_echo(struct st_report *);
void st_ask_cloexec_default(struct st_report *);
void st_ask_credentials_cut(struct st_report *);

/* selftest-stream.c: bytes and boundaries, limits in flight */
void st_ask_glue(struct st_report *);
void st_ask_short_read(struct st_report *);
void st_ask_zero_alone(struct st_report *);
void st_ask_empty_datagram(struct st_report *);
void st_ask_zero_datagram(struct st_report *);
void st_ask_zero_seqpacket(struct st_report *);
void st_ask_seqpacket(struct st_report *);
void st_ask_in_flight(struct st_report *);
void st_ask_full_dontwait(struct st_report *);
void st_ask_full_stream(struct st_report *);
void st_ask_full_datagram(struct st_report *);

/* selftest-life.c: what a descriptor is and how long it lives */
void st_ask_kind_file(struct st_report *);
void st_ask_kind_directory(struct st_report *);
void st_ask_kind_pipe(struct st_report *);
void st_ask_kind_unix(struct st_report *);
void st_ask_kind_own_end(struct st_report *);
void st_ask_kind_tcp(struct st_report *);
void st_ask_kind_device(struct st_report *);
void st_ask_kind_tty(struct st_report *);
void st_ask_kind_events(struct st_report *);
void st_ask_kind_shm(struct st_report *);
void st_ask_kind_path(struct st_report *);
void st_ask_kind_closed(struct st_report *);
void st_ask_close_in_flight(struct st_report *);
void st_ask_close_copy(struct st_report *);
void st_ask_shutdown(struct st_report *);
void st_ask_flags(struct st_report *);
void st_ask_offset(struct st_report *);
void st_ask_peer(struct st_report *);

#endif

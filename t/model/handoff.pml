/* SPDX-License-Identifier: 0BSD */
/*
 * handoff.pml - the acknowledged hand-off, for the model checker spin.
 *
 * One sender has one connection to hand off. It offers it to the first
 * receiver; whenever it gets it back, to the second; and serves it itself
 * when both gave it back. Everybody may crash between any two steps, and
 * both time limits may pass at any time. What a process wrote before it
 * crashed stays readable; end of file comes behind it.
 *
 * Proven, over all interleavings:
 *   - at most one process ever reads from the connection, in all time;
 *   - it is not lost: in the end somebody served it, or its last owner
 *     crashed or refused it, or the sender counted it as in doubt.
 *
 * Each -DBROKEN=n takes one rule away, and must then fail (t/79-model.sh).
 *
 * The labels are the transitions; t/74-channel-handoff.c has a test named
 * after each. The states are those of enum fdferry__state.
 */
#ifndef BROKEN
#define BROKEN 0
#endif
#define RECEIVERS 2

mtype = { OFFER, ACCEPT, REFUSE, CANCEL, CANCELLED };

/* A kernel queue for each direction, and whether the writer's end is open. */
chan to_r[RECEIVERS] = [3] of { mtype };
chan to_s[RECEIVERS] = [3] of { mtype };
bool s_open[RECEIVERS] = true;
bool r_open[RECEIVERS] = true;

byte readers;			/* processes that ever read from it */
bool s_crashed, r_crashed[RECEIVERS];
bool in_doubt, accepted;
byte accepted_by;
bool gave_back[RECEIVERS];	/* it closed its copy for the sender */
bool offered[RECEIVERS];	/* the kernel has the offer */
byte last;			/* whom it was offered to last */
bool ended_s, ended_r[RECEIVERS];

inline start_reading()
{
	readers++;
	assert(readers <= 1)
}

/* Writing to a closed end is EPIPE: nothing happens. */
inline write_r(i, what)
{
	if
	:: r_open[i] -> to_r[i]!what
	:: else -> skip
	fi
}

inline write_s(i, what)
{
	if
	:: s_open[i] -> to_s[i]!what
	:: else -> skip
	fi
}

proctype sender()
{
	byte i = 0;

next_receiver:
	if
	:: i == RECEIVERS -> goto s_serve
	:: else -> skip
	fi;
	if
	:: goto s_crash
	:: r_open[i] ->
s_offer:	atomic { write_r(i, OFFER); offered[i] = r_open[i]; last = i }
	:: !r_open[i] -> i++; goto next_receiver	/* nothing was sent */
	fi;

waiting:
	if
	:: goto s_crash
	:: to_s[i]?ACCEPT -> goto s_accepted
	:: to_s[i]?REFUSE -> goto s_refused
	:: atomic { (!r_open[i] &&
		(BROKEN == 2 || empty(to_s[i]))) -> goto s_gone }
	:: skip ->
s_timeout:	if
		:: BROKEN == 3 -> i++; goto next_receiver
		:: BROKEN != 3 -> atomic { write_r(i, CANCEL) }
		fi
	:: goto s_doubt			/* the channel is freed */
	fi;

cancelling:
	if
	:: goto s_crash
	:: to_s[i]?ACCEPT -> goto s_accepted	/* it crossed CANCEL */
	:: to_s[i]?REFUSE -> goto s_refused
	:: to_s[i]?CANCELLED -> goto s_cancelled
	:: atomic { (!r_open[i] && empty(to_s[i])) -> goto s_gone }
	:: goto s_doubt
	fi;

s_cancelled:
s_refused:
	i++;
	goto next_receiver;
s_gone:
	i++;
	goto next_receiver;
s_accepted:
	accepted = true;
	accepted_by = i;
	goto s_end;
s_doubt:
	/* The copy is closed: it is never used again, whatever comes. */
	in_doubt = true;
	if
	:: BROKEN == 4 -> i++; goto next_receiver
	:: BROKEN != 4 -> goto s_end
	fi;
s_serve:
	start_reading();
	goto s_end;
s_crash:
	s_crashed = true;
s_end:
	atomic {
		i = 0;
		do
		:: i < RECEIVERS -> s_open[i] = false; i++
		:: else -> break
		od;
		ended_s = true
	}
}

proctype receiver(byte i)
{
idle:
	if
	:: goto r_crash
	:: to_r[i]?OFFER -> skip
	:: to_r[i]?CANCEL -> goto idle	/* r_crossed: it was answered */
	:: atomic { (empty(to_r[i]) && !s_open[i]) -> goto r_end }
	fi;

r_offer:	/* OFFERED */
	if
	:: goto r_crash
	:: goto r_accept
	:: goto r_refuse
	:: goto r_look
	:: to_r[i]?CANCEL ->
r_cancel:	gave_back[i] = true;
		atomic { write_s(i, CANCELLED) };
		if
		:: BROKEN == 5 -> goto r_taken
		:: BROKEN != 5 -> goto idle
		fi
	:: atomic { (empty(to_r[i]) && !s_open[i]) -> goto r_inherit }
	fi;

r_look:		/* LOOKED: a CANCEL has to wait for the application */
	if
	:: goto r_crash
	:: goto r_accept
	:: goto r_refuse
	:: to_r[i]?CANCEL -> goto r_look	/* r_cancel_looked */
	:: atomic { (empty(to_r[i]) && !s_open[i]) -> goto r_inherit }
	fi;

r_refuse:
	gave_back[i] = true;
	atomic { write_s(i, REFUSE) };
	goto idle;

r_accept:	/* the kernel has ACCEPT before the application anything */
	if
	:: BROKEN == 1 -> start_reading();
		if
		:: goto r_crash
		:: skip
		fi;
		atomic { write_s(i, ACCEPT) };
		goto served
	:: BROKEN != 1 -> atomic { write_s(i, ACCEPT) }
	fi;
	if
	:: goto r_crash
	:: goto r_taken
	fi;

r_inherit:	/* the sender has ended: the last copy is here */
	if
	:: BROKEN == 6 -> goto r_end
	:: BROKEN != 6 -> skip
	fi;
r_taken:
	start_reading();
served:
	if
	:: goto r_crash
	:: to_r[i]?CANCEL -> goto served	/* r_crossed */
	:: atomic { (empty(to_r[i]) && !s_open[i]) -> goto r_end }
	fi;

r_crash:
	r_crashed[i] = true;
r_end:
	atomic { r_open[i] = false; ended_r[i] = true }
}

init {
	atomic { run sender(); run receiver(0); run receiver(1) };
	(ended_s && ended_r[0] && ended_r[1]);
	if
	:: readers == 1 -> skip
	:: readers == 0 && in_doubt -> skip
	:: readers == 0 && !in_doubt && s_crashed ->
		/* Whoever has the last copy, and lives, serves it. */
		assert(!offered[last] || gave_back[last] || r_crashed[last])
	:: readers == 0 && !in_doubt && !s_crashed ->
		assert(accepted && r_crashed[accepted_by])
	fi
}

#!/bin/sh
# SPDX-License-Identifier: 0BSD
#
# [PROBES=all] t/95-probes.sh [NAME...] - systems whose headers and libraries are not as here,
# t/probes/NAME: each ends in a library that works or in an error that is true.
# configure answers what is recorded, the library that it makes passes
# t/02-round-trip; so does one that is made without configure; and both say the
# same. PROBES=all is every system, and two that are none: values, what configure
# must refuse; without, the command without flock() and MSG_DONTWAIT. Then as many
# at once as there are processors, two to four; PROBES_JOBS says another number.
# What each says comes in their order, as soon as it and those before it have ended.
src=$(cd "${srcdir:-.}" && pwd) || exit 99
here=$src/t/probes
PROBES_CC=${CC:-cc}
export PROBES_CC
dir=$(mktemp -d) || exit 99
# What is running: systems, and below one of those its fronts; and what is waited
# for. It must have ended before the directory goes.
pids='' longest='' doing=''
trap 'kill $pids $longest $doing 2>/dev/null; wait; rm -rf "$dir"' 0
trap 'exit 1' 1 2 15
# waited - for the command just started: a shell that has it in front of it
# would hear no signal before its end.
waited() {
	doing=$!
	wait "$doing"
	set -- $?
	doing=''
	return "$1"
}
skip_all() { echo "1..0 # SKIP $1"; exit; }
test -f "$here/cc" || skip_all 'no source tree'
# configure refuses a second directory then.
test ! -f "$src/config.status" || skip_all 'built in the source directory'
case $PROBES_CC in
*/personas/*) skip_all 'the compiler is another system already' ;;
esac
# The overlays are of glibc's headers, and move functions with its linker.
printf '#include <features.h>\n#if !defined __GLIBC__ || !defined __linux__ || !defined __GNUC__\n#error\n#endif\nint __wrap_f(void) { return 0; } int f(void); int main(void) { return f(); }\n' >"$dir/try.c"
# shellcheck disable=SC2086 # a compiler and its options
$PROBES_CC -Wl,--wrap=f -o "$dir/try" "$dir/try.c" >/dev/null 2>&1 ||
    skip_all 'not glibc, or a linker without --wrap'

# One of each kind; make check-probes has them all.
jobs=1
case $#${PROBES-} in
0) set -- aix-4 glibc-2.17 no-sendmsg solaris-9 ;;
0all)
	case $(getconf _NPROCESSORS_ONLN 2>/dev/null) in
	[4-9] | [1-9][0-9]*) jobs=4 ;;
	3) jobs=3 ;;
	*) jobs=2 ;;
	esac
	for d in "$here"/*/conf; do
		d=${d%/conf}
		set -- "$@" "${d##*/}"
	done
	set -- "$@" values without ;;
esac
jobs=${PROBES_JOBS:-$jobs}
test "$jobs" -gt 0 2>/dev/null || jobs=1
n=0 bad=0
ok() {	# STATUS NAME [FILE]; who prints it knows the number
	test "$1" != 0 || { echo "ok @ - $2"; return; }
	echo "not ok @ - $2"
	test ! -f "${3-}" || grep -E 'error|undefined|not ok|^[<>]|rror:' "$3" |
	    head -n 15 | sed 's/^/# /'
}
says() { sed -n "s/^# $2: //p" "$here/$1/conf"; }

# What configure asks of the machine and not of us is asked once.
cache=$dir/cache
base() {
	mkdir "$dir/base" && cd "$dir/base" && { "$src/configure" -C --no-create \
	    --disable-command --disable-shared CC="$PROBES_CC" >log 2>&1 & waited; } &&
	    grep -v -e ^fdferry_cv -e ^ac_cv_env -e ^ac_cv_host -e ^ac_cv_build \
	    -e '^ac_cv_prog_[a-zA-Z_]*CC=' -e ^ac_cv_prog_CPP= config.cache >"$cache"
}
base || { echo 'Bail out! no configure here'; sed 's/^/# /' "$dir/base/log"; exit 99; }
# configured DIR COMPILER ARGUMENT... - in a directory of its own, in its log.
configured() {
	to=$1 CC=$2
	shift 2
	mkdir -p "$to" && cd "$to" && cp "$cache" config.cache && {
		"$src/configure" -C --no-create --disable-command \
		    --disable-shared CC="$CC" "$@" >log 2>&1 &
		waited
	}
}
library() {	# OPTIONS: compile it in the current directory
	# shellcheck disable=SC2086
	$CC -O0 -w $1 -I"$src/lib" -c "$src"/lib/*.c
}
run() {	# LIBRARIES: the round trip, linked with it
	# shellcheck disable=SC2086
	$CC -O0 -w $2 -I"$src/lib" -o trip "$src/t/02-round-trip.c" \
	    "$src/t/tap.c" ./*.o $1 || return 1
	# Where CMSG_SPACE is ours it pads as the kernel does, which takes less too.
	printf '#include "detect.h"\nint main(void)\n{\n#if defined FDFERRY_COMPUTED_CMSG_SPACE && defined CMSG_ALIGN\nunsigned n; for (n = 0; n < 40; n++) if (CMSG_SPACE(n) != CMSG_ALIGN(n) + CMSG_LEN(0)) return 1;\n#endif\nreturn 0; }\n' >space.c
	# shellcheck disable=SC2086
	{ $CC -w $2 -I"$src/lib" -o space space.c $1 && ./space; } ||
	    { echo 'error: CMSG_SPACE is not what it is here'; return 1; }
	./trip >trip.out && ! grep '^1\.\.0' trip.out && return
	cat trip.out	# it skips all without a backend
	return 1
}
# FDFERRY_ answers as the code sees them, but how control messages lie: only
# configure tells that.
answers() {
	# shellcheck disable=SC2086
	$CC $1 -I"$src/lib" -E -dM -x c "$src/lib/detect.h" |
	    sed -n 's/^#define \(FDFERRY_\(HAVE\|BACKEND\|PEERCRED\|HOST\|WANT\|NONE\)_[A-Z0-9_]*\) \(.*\)/\1 \3/p' |
	    while read -r name value; do	# what only configure asks
		! grep "$name\>" "$src/lib/detect.h" >/dev/null ||
		    echo "$name $value"
	    done | grep -v '^FDFERRY_HAVE_CONFIG' | sort
}

refused() {	# NAME TEXT: configure ended with that error
	test "$status" != 0 && grep "configure: error: .*$2" log >/dev/null
	ok $? "$1: an error that is true" log
}
recorded() {
	wrong=
	for pair in $(says "$1" answers); do
		grep "^fdferry_cv_${pair%%=*}=\${[^}]*='\{0,1\}${pair#*=}'\{0,1\}}\$" \
		    config.cache >/dev/null || wrong="$wrong $pair"
	done
	test -z "$wrong" || { echo "error: not so:$wrong"; grep '^fdferry_cv' config.cache | sed 's/^/error: /'; } >>log
	test -z "$wrong"
}
# The backend that is recorded, and why there is none.
backend() {
	text=$(says "$1" backend)
	test "$text" != none || text="none ($(says "$1" reason); calls answer ENOTSUP)"
	grep -F "  backend        $text" log >/dev/null
}
reason() {	# the library itself says so
	printf '#include <stdio.h>\n#include <string.h>\n#include <fdferry.h>\nint main(int c, char **v) { const char *r = fdferry_feature_get("backend.reason"); (void)c; puts(r); return strcmp(r, v[1]); }\n' >why.c
	# shellcheck disable=SC2086
	$CC -w -I"$src/lib" -o why why.c ./*.o $1 && ./why "$2"
}
works() {	# NAME LIBRARIES OPTIONS
	case $(says "$1" backend) in
	none) reason "$2" "$(says "$1" reason)" ;;
	*) run "$2" "$3" ;;
	esac
}
system() {
	host=$(says "$1" host)
	configured "$dir/$1" "$here/cc $1" ${host:+--host=$host}
	status=$?
	error=$(says "$1" error)
	test -z "$error" || { refused "$1" "$error"; return; }
	test "$status" = 0 && backend "$1" && recorded "$1"
	ok $? "$1: $(says "$1" what): configure" log
	libs=$(sed -n "s/^FDFERRY_LIBS='\(.*\)'\$/\1/p" config.log)
	{ ./config.status lib/fdferry-config.h && library '-DFDFERRY_HAVE_CONFIG -Ilib' &&
	    works "$1" "$libs" '-DFDFERRY_HAVE_CONFIG -Ilib'; } >made 2>&1
	ok $? "$1: the library works" made
	mkdir direct && cd direct || exit 99
	direct=$(says "$1" direct)
	if test -n "$direct"; then
		! library '' >made 2>&1 && grep "$direct" made >/dev/null
		ok $? "$1: without configure, an error that is true" made
		rm -f ./*.o
	fi
	options=$(says "$1" options)
	{ library "$options" && works "$1" "$libs" "$options"; } >made 2>&1
	ok $? "$1: without configure" made
	answers '-DFDFERRY_HAVE_CONFIG -I../lib' >../probed
	answers "$options" >../guessed
	diff ../probed ../guessed >same
	ok $? "$1: both say the same" same
}
# ASSIGNMENT USE - it is refused, and told what would be right.
value() {
	cache=$dir/base/config.cache
	configured "$dir/value" "$PROBES_CC" "$1"
	status=$?
	refused "$1" "$1 is unknown: use $2"
	rm -rf "$dir/value"
}

# The command without flock() and MSG_DONTWAIT: its own tests, and whose the
# lock of a path is. `pids` are the fronts.
front() { timeout 300 "$FDFERRY" front --worker w=./w --default w "$@" 2>err & pids="$pids $!"; }
there() {	# FILE: it comes, within a time that a busy machine keeps
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		test ! -S "$1" || return 0
		sleep 1
	done
	return 1
}
locked() { timeout 10 "$FDFERRY" front --worker w=./w --default w --listen unix:in 2>second; grep 'in.lock: locked' second >/dev/null; }
without() {
	mkdir "$dir/without" && cd "$dir/without" || exit 99
	{ "$src/configure" --disable-shared CC="$PROBES_CC" CFLAGS=-O0 \
	    --disable-dependency-tracking fdferry_cv_flock=no \
	    fdferry_cv_msg_dontwait=no && exec make fdferry; } >log 2>&1 &
	waited
	ok $? 'without flock and MSG_DONTWAIT: the command' log
	FDFERRY=$dir/without/fdferry
	"$FDFERRY" front --help >/dev/null 2>&1 ||
	    { ok 0 'and front # SKIP no libevent'; return; }
	export FDFERRY
	for t in 83-listen 86-front 87-front-limits 87-takeover; do
		srcdir=$src sh "$src/t/$t.sh" >log 2>&1 &
		waited && ! grep '^not ok' log >/dev/null
		rc=$?
		ok "$rc" "without flock and MSG_DONTWAIT: t/$t" log
		# Whatever blocks would block the others as long.
		test "$rc" = 0 || return
	done
	front --listen unix:in --control ./in
	wait "${pids##* }"
	grep 'in.lock: locked' err >/dev/null
	ok $? 'a lock that we hold is not taken again, and lost' err
	# One path by two names is one listener, and its lock is not lost over it.
	front --listen unix:in --listen ./in --control ./two
	there two && test "$(grep -c listening err)" = 1 && locked
	ok $? 'nor by another name of the path' err
	kill "${pids##* }"
	wait "${pids##* }"
	front --listen unix:in --control ./ctl
	there ctl
	old=${pids##* }
	front --takeover ./ctl
	wait "$old"
	for _ in 1 2 3 4 5 6 7 8 9 10; do ! locked || break; sleep 1; done
	locked
	ok $? 'after a takeover the lock is the new front'\''s' err
	kill "${pids##* }"
	wait
	pids=
}

# Values that configure must refuse. One of each kind is tried; that the others
# are refused as well, what is configure must say.
values() {
	value fdferry_cv_backend=perhaps 'cmsg, accrights, streams or none'
	value fdferry_cv_msghdr=perhaps 'control, accrights or neither'
	value fdferry_cv_peercred=perhaps 'ucred, '
	value fdferry_cv_lib_inet_ntop=nsl 'libc, none or libraries such as -lsocket'
	value fdferry_cv_statx=1 'yes or no'
	value fdferry_cv_layout_cmsg_len=8 'a size and u or s'
	value fdferry_cv_layout_cmsg_space_4=24u 'a number of bytes'
	cache=$dir/cache
	sed -n 's/^\(fdferry_cv_[a-z0-9_]*\)=.*/\1/p' "$dir/base/config.cache" \
	    >"$dir/variables"
	sed -n 's/.*AC_CACHE_CHECK(\[[^]]*\], *\[\(fdferry_cv_[a-z0-9_]*\)\].*/\1/p' \
	    "$src"/m4/fdferry*.m4 >>"$dir/variables"
	sort -u "$dir/variables" | while read -r variable; do
		grep "$variable=\$$variable is unknown: use " "$src/configure" \
		    >/dev/null || echo "error: no value of $variable is refused"
	done >"$dir/unchecked"
	test "$(grep -c . "$dir/variables")" -gt 40 && test ! -s "$dir/unchecked"
	ok $? 'a wrong value of any variable is refused' "$dir/unchecked"
	for cxx in ${CXX_CONSUMER:-c++}; do
		command -v "$cxx" >/dev/null || continue
		configured "$dir/cxx" "$cxx"
		status=$?
		refused 'a C++ compiler' 'fdferry is written in C'
	done
}

# one NAME - in a process of its own.
one() {
	pids='' longest='' doing='' me=$1
	trap 'kill $pids $doing 2>/dev/null; wait; : >"$dir/$me.end"' 0
	trap 'exit 1' 1 2 15
	case $1 in
	values) values ;;
	without) without ;;
	*) system "$1" ;;
	esac
	return 0
}
# ended - the oldest of those that run, waited for, and what it said.
ended() {
	oldest=${names%% *} said=$dir/${names%% *}.tap
	wait "${pids%% *}" ||
	    echo "not ok @ - $oldest: ended before its end, with $?" >>"$said"
	names=${names#* } pids=${pids#* }
	awk -v n="$n" '/^(not )?ok @/ { sub(/@/, ++n) } { print }' "$said"
	n=$((n + $(grep -c '^\(not \)\{0,1\}ok @' "$said")))
	! grep '^not ok' "$said" >/dev/null || bad=1
}
for name in "$@"; do
	case $name in
	values | without) ;;
	*) test -f "$here/$name/conf" || { echo "Bail out! no $name"; exit 99; } ;;
	esac
done
# started NAME - its process is $!.
started() { one "$1" >"$dir/$1.tap" 2>&1 & }
busy() {	# have as many not ended as may run at once?
	running=0
	for each in $names ${longest:+without}; do
		test -f "$dir/$each.end" || running=$((running + 1))
	done
	test "$running" -ge "$jobs"
}
names=
# It takes as long as many others, and is printed last.
test "$jobs" = 1 || for name in "$@"; do
	test "$name" != without || { started without; longest=$!; }
done
for name in "$@"; do
	test -z "$longest" || test "$name" != without || continue
	while test -n "$names" && busy; do ended; done
	started "$name"
	pids="$pids$! " names="$names$name "
done
while test -n "$names"; do ended; done
test -z "$longest" || { pids="$longest " names='without '; ended; }
echo "1..$n"
exit $bad

# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# machine.sh - which skips are of the machine at hand, not of a persona.
# Sourced by run; the directory is one that can be written to. Set: machine
# (machine.c, compiled), name (the persona).
# shellcheck disable=SC2154,SC2086 # those; commands of several words

knows_standard() { "$@" -c -o machine-try.o -x "$language" /dev/null; }
cxx() {
	for try in c++ g++ clang++; do
		command -v "$try" >/dev/null && echo "$try" && return
	done
	return 1
}

# machine LINE - a line of the skips: is it because this machine lacks
# something? 0: yes, that is not here. 1: no, it is here, and the test should
# have run. 2: whatever is here has no say in it.
machine() {
	case $name:$1 in
	*:'t/90-symbols: no nm') ! nm --version ;;
	*:'t/91-headers: no C++ compiler')
		test "${CXX_CONSUMER-}" = none || ! cxx ;;
	*:'t/91-headers: no c++'*)
		language=c++
		! knows_standard "${CXX_CONSUMER:-$(cxx)}" "-std=${1##* }" ;;
	*:'t/91-headers: no c'*)
		language=c
		! knows_standard ${PERSONA_CC:-cc} "-std=${1##* }" ;;
	*:'t/89-selftest: '*': no /dev/full') ! test -c /dev/full ;;
	*:'t/89-selftest: '*': every test here was run as one')
		test "$(id -u)" != 0 ;;
	*:'t/89-selftest: '*': no setpriv') ! command -v setpriv ;;
	*:'t/61-sockets: a raw socket: not allowed here') ! $machine raw ;;
	*:'t/61-sockets: IPv6: no IPv6 loopback here') ! $machine ipv6 ;;
	*:'t/61-sockets: netlink: not allowed here') ! $machine netlink ;;
	*:'t/71-channel-chunks: '*': the hard limit of open files is too low')
		! $machine files 10200 ;;
	*:'t/71-channel-chunks: '*': no other user to become') ! $machine user ;;
	# What real Linux has at one time or another.
	ilp32:'t/32-uninvited: SO_PASSSEC: '*) ! $machine option 34 ;;
	ilp32:'t/32-uninvited: SO_PASSPIDFD: '*) ! $machine option 76 ;;
	ilp32:'t/32-uninvited: SO_PASSRIGHTS: '*) ! $machine option 83 ;;
	*) return 2 ;;
	esac >/dev/null 2>&1
}

# judged RECORDED SEEN - compare the skips of a run with the recorded ones,
# each with the machine's say. Prints what is wrong; 0 if nothing is.
judged() {
	LC_ALL=C comm -13 "$1" "$2" | while IFS= read -r line; do
		machine "$line"
		case $? in
		0) echo "of this machine: $line" ;;
		1) echo "skipped, though it is here: $line" ;;
		*) echo "not recorded: $line" ;;
		esac
	done >judgement
	LC_ALL=C comm -23 "$1" "$2" | sed 's/^/recorded, and not skipped: /' \
	    >>judgement
	cat judgement
	! grep -v '^of this machine: ' judgement >/dev/null
}

#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/79-model.sh - the hand-off protocol, every interleaving of it, checked by
# spin: no two owners, no loss. Then with each rule taken away in turn, which
# must be noticed.
srcdir=${srcdir:-.}
case $srcdir in /*) ;; *) srcdir=$(pwd)/$srcdir ;; esac
# The checker is a program for this machine, whatever the library is for.
cc=cc
command -v cc >/dev/null 2>&1 || cc=${CC:-gcc}
if ! spin -V >/dev/null 2>&1; then
	echo "1..0 # SKIP no spin"
	exit 0
fi
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' 0
cd "$dir" || exit 99
# $cc may be several words.
# shellcheck disable=SC2086
if ! echo 'int main(void) { return 0; }' >x.c || ! $cc -o x x.c 2>/dev/null ||
    ! ./x; then
	echo "1..0 # SKIP no compiler whose programs run here"
	exit 0
fi

# check N - the checker's output with rule N taken away (0: none).
# shellcheck disable=SC2086 # $cc again
check() {
	mkdir "$1" && cd "$1" || exit 99
	spin -a "-DBROKEN=$1" "$srcdir/t/model/handoff.pml" &&
	    $cc -w -O0 -DSAFETY -o pan pan.c && ./pan -w18 -m10000
	cd ..
}

n=0
result() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else
		echo "not ok $n - $2"
		sed 's/^/# /' "$dir/out"
	fi
}

echo 1..9
check 0 >out 2>&1
grep -q 'errors: 0' out
result $? "no two owners, no loss, no deadlock"
grep -q 'State-vector .* depth reached' out &&
    ! grep -q 'max search depth too small' out
result $? "the whole state space was searched"
stored=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' out)
test "${stored:-0}" -gt 10000
result $? "it is no small one: ${stored:-0} states"
while read -r rule text; do
	check "$rule" >out 2>&1
	grep -q 'errors: 1' out && grep -q 'assertion violated' out
	result $? "noticed: $text"
done <<END
1 the application has it before the kernel has ACCEPT
2 end of file is believed before the queue is drained
3 it is offered elsewhere when the time limit passes
4 a descriptor in doubt is used again
5 the receiver goes on after it answered CANCELLED
6 the last copy is given up when the sender has ended
END

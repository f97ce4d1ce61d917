# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# suite.sh - the whole suite of C programs, self-contained, by one compiler
# and without configure. Sourced after lib.sh.
# shellcheck disable=SC2154,SC2086 # src, dir, tap are lib.sh's and the target's

# The library's C files, from the one list.
library_files() {
	sed -n 's/^[ \t]*%D%\/\(lib\/[a-z0-9-]*\.c\).*/\1/p' "$src/sources.am"
}
selftest_files() {
	sed -n 's/^[ \t]*%D%\/\(src\/selftest\/[a-z-]*\.c\).*/\1/p' "$src/sources.am"
}

# suite_build WHERE COMPILER... - all of it into WHERE; a program that does
# not compile is a failed test of "compile". suite_slow=yes: see alarm.c.
suite_build() {
	# shellcheck disable=SC2034 # evidence.sh reads it
	ran=programs
	where=$1
	shift
	mkdir -p "$where" "$dir/o"
	: >"$dir/compile.log"
	: >"$dir/left.out"
	begin compile
	for file in $(library_files); do
		"$@" -c -I"$src/lib" -o "$dir/o/${file##*/}.o" "$src/$file" \
		    >>"$dir/compile.log" 2>&1
		check $? "compile $file"
	done
	slow=
	if test "${suite_slow-no}" = yes; then
		"$@" -c -o "$dir/alarm.o" "$src/matrix/guest/alarm.c" \
		    >>"$dir/compile.log" 2>&1
		check $? 'compile longer limits'
		slow=$dir/alarm.o
		set -- "$@" -Dalarm=fdferry_slow_alarm
	fi
	set -- "$@" -I"$src/lib" -I"$src/src"
	# shellcheck disable=SC2046 # a list of files
	(cd "$src" && "$@" -DSELFTEST_MAIN -o "$where/00-selftest" \
	    $(selftest_files) "$dir"/o/*.o $slow) >>"$dir/compile.log" 2>&1
	check $? 'compile the self-test'
	test "${suite_tests-yes}" = yes || { end compile; return; }
	$awk -v srcdir="$src" -f "$src/matrix/suite.awk" "$src/sources.am" \
	    "$src/src/command.am" "$src/t/tests.am" "$src/t/command.am" >"$dir/programs"
	rm -f "$dir/lib.a"
	${suite_ar-ar} rcs "$dir/lib.a" "$dir"/o/*.o >>"$dir/compile.log" 2>&1
	while IFS= read -r line; do
		name=${line%% *}
		flags=${line#* } files=${line##*-- }
		flags=${flags%%--*}
		name=${name#t/}
		library=
		case $files in
		*' LIBRARY') files=${files%LIBRARY} library=$dir/lib.a ;;
		esac
		why=
		case $name$files in
		50-layout.t*) why='no configure' ;;	# it tests what that answered
		*' EVENT') why='no libevent' ;;
		esac
		if test -n "$why"; then
			printf '### begin %s\n1..0 # SKIP %s\n### end %s 0\n' \
			    "${name%.t}" "$why" "${name%.t}" >>"$dir/left.out"
			continue
		fi
		# shellcheck disable=SC2086 # lists of words
		"$@" $flags -o "$where/${name%.t}" $files $library \
		    $slow ${suite_libs--lpthread} >>"$dir/compile.log" 2>&1 </dev/null
		check $? "compile $name"
	done <"$dir/programs"
	end compile
	cat "$dir/left.out" >>"$tap"
	sed 's/^/# /' "$dir/compile.log" | grep -E 'error|undefined' |
	    head -n 40 >>"$tap"
}

# suite_run WHERE LIMIT COMMAND... - each program of WHERE, as an argument of
# COMMAND, into $tap. $selftest_args go to the self-test.
suite_run() {
	where=$1 limit=$2
	shift 2
	mkdir -p "$dir/run"
	# Where each trial takes long: a share of them.
	test "${suite_slow-no}" = no || { FAULTS=few; export FAULTS; }
	for program in "$where"/*; do
		name=${program##*/}
		args=
		test "$name" != 00-selftest || args=${selftest_args-}
		{
			printf '### begin %s\n' "$name"
			# shellcheck disable=SC2086 # a list of words
			(cd "$dir/run" && exec timeout -k 5 "$limit" "$@" \
			    "$program" $args) 2>&1 </dev/null
			printf '\n### end %s %s\n' "$name" $?
		} >>"$tap"
	done
}

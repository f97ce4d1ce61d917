# SPDX-License-Identifier: 0BSD
# Reads valgrind's reports, one file a process. Prints what is wrong in them;
# exits with 1 if something is, or if there is no report at all.
#
# Of the descriptors that are open at the end, those are wrong that came by a
# function of the library: what a test has opened itself may be open until it
# ends. A child of fork that ends in the middle of a test has what its parent
# had, so they are looked at where no other report is that of the parent.
function wrong() { bad = 1; print FILENAME ": " $0 }
/^==[0-9]+== Parent PID: / { parent[FILENAME] = $NF }
/ERROR SUMMARY: / {
	pid = $1
	gsub(/=/, "", pid)
	reported[pid] = 1
	reports++
	if ($4 != 0)
		wrong()
}
/definitely lost: / && $4 != 0 { wrong() }
# "Open file descriptor 5: ..." is followed by the calls that opened it, the
# innermost first, and a line without a word.
/Open (file descriptor|AF_[A-Z0-9]+ socket) [0-9]+/ { open = $0; next }
open != "" && NF == 1 { open = "" }
open != "" && / fdferry_/ {
	left[FILENAME] = left[FILENAME] FILENAME ": " open "\n" \
	    FILENAME ": " $0 "\n"
	open = ""
}
END {
	for (file in left)
		if (!(parent[file] in reported)) {
			bad = 1
			printf "%s", left[file]
		}
	exit bad || reports == 0
}

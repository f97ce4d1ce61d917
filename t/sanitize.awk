# SPDX-License-Identifier: 0BSD
# Reads valgrind's reports, one file a process. Prints what is wrong in them;
# exits with 1 if something is, or if there is no report at all.
function wrong() { bad = 1; print FILENAME ": " $0 }
/ERROR SUMMARY: / { reports++; if ($4 != 0) wrong() }
/definitely lost: / && $4 != 0 { wrong() }
# "Open file descriptor 5: ..." is followed by where it was opened, or by
# "<inherited from parent>", which is none of ours.
/Open (file descriptor|AF_[A-Z0-9]+ socket) [0-9]+/ { open = $0; next }
open != "" {
	if ($0 !~ /<inherited from parent>/) {
		bad = 1
		print FILENAME ": " open
		print FILENAME ": " $0
	}
	if ($0 ~ /<inherited from parent>| at 0x/) open = ""
}
END { exit bad || reports == 0 }

# SPDX-License-Identifier: 0BSD
#
# recount.awk - are pass, skip and fail of each log those of the tests in it?
# fail may be more than the lines "not ok": a program that ended early fails.

function finish() {
	if (file != "" && (said["pass"] != pass || said["skip"] != skip \
	    || said["fail"] < fail || said["fail"] != failing))
		print "check-portability: " file ": says " said["pass"] \
		    " / " said["skip"] " / " said["fail"] ", has " \
		    pass " / " skip " / " fail
}

FNR == 1 {
	finish()
	file = FILENAME
	body = pass = skip = fail = failing = 0
	split("", said)
}
$0 == "" { body = 1 }
!body && /^(pass|skip|fail): / { said[substr($1, 1, 4)] = $2 + 0 }
!body && /^failing/ { failing++ }
body && /^1\.\.0/ { skip++ }
body && /^ok / { if (/ # [Ss][Kk][Ii][Pp]/) skip++; else pass++ }
body && /^not ok / { fail++ }
END { finish() }

# SPDX-License-Identifier: 0BSD
#
# verify.awk - do the numbers of each log agree with each other? The sums are
# those of its programs; of each program, the skipped and failed tests are
# there as lines, and what fails or is known is a key. (A program that ends
# early fails by one more than it has lines.)

function wrong(text) { print "check-portability: " file ": " text }

function program_ends() {
	if (program == "")
		return
	if (skipped != its_skips)
		wrong(program ": says " its_skips " skipped, has " skipped)
	if (failed != its_fails && failed + 1 != its_fails)
		wrong(program ": says " its_fails " failed, has " failed)
	if (named[program] + 0 != its_fails)
		wrong(program ": says " its_fails " failed, has " \
		    named[program] + 0 " keys \"failing\"")
	program = ""
}

function finish() {
	program_ends()
	if (file == "")
		return
	if (said["format"] != 3)
		wrong("format " said["format"] ", which is not read")
	if (said["pass"] != pass || said["skip"] != skip || said["fail"] != fail)
		wrong("says " said["pass"] " / " said["skip"] " / " \
		    said["fail"] ", has " pass " / " skip " / " fail)
	if (said["known"] != knowns || knowns != known_lines + unended)
		wrong("says " said["known"] " known, has " knowns \
		    " keys and " known_lines + unended " tests")
}

FNR == 1 {
	finish()
	file = FILENAME
	body = pass = skip = fail = knowns = known_lines = unended = 0
	split("", said)
	split("", named)
}
$0 == "" { body = 1; next }
!body && /^(format|pass|skip|fail|known): / {
	key = $1
	sub(/:/, "", key)
	said[key] = $2
}
!body && /^failing\./ { key = $2; sub(/:$/, "", key); named[key]++ }
!body && /^known\./ { knowns++; if ($3 != "ok") unended++ }
body && /^## / {
	program_ends()
	program = $2
	sub(/:$/, "", program)
	pass += $3
	skip += its_skips = $5 + 0
	fail += its_fails = $7 + 0
	skipped = failed = 0
}
body && (/^1\.\.0/ || /^ok .* # [Ss][Kk][Ii][Pp]/) { skipped++ }
body && /^not ok / { failed++ }
body && /^ok .* # known: / { known_lines++ }
END { finish() }

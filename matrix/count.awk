# SPDX-License-Identifier: 0BSD
#
# count.awk - read the output of several TAP programs, each between
# "### begin NAME" and "### end NAME STATUS". Prints "key: value" lines, a
# line "tap", and for each program a line "## NAME: PASS / SKIP / FAIL" and
# all that it printed but plain passes, plans, blank lines and what is in the
# keys. A program that ends early, late or not at all fails, whatever it
# printed.
#
# -v known=FILE names failures that are not ours, each a line
# "PROGRAM: NAME OF THE TEST # why": they count as passed, and are told. The
# name "it does not end" is for a program whose results stop.

BEGIN {
	while (known != "" && (getline line < known) > 0)
		if (line !~ /^#/ && (at = index(line, " # ")) > 0)
			excuse[substr(line, 1, at - 1)] = substr(line, at + 3)
}

function fail(text) { nfail++; failing[nfail] = text }

function finish(status) {
	if (name == "")
		return
	if ((status == "none" || seen != plan) \
	    && (name ": it does not end") in excuse) {
		nknown++
		print "known." nknown ": " name ": " seen " results of " plan \
		    " # known: " excuse[name ": it does not end"]
	} else if (status == "none")
		fail(name ": it did not end")
	else if (bailed)
		fail(name ": bailed out")
	else if (plan < 0)
		fail(name ": no plan, exit status " status)
	else if (seen != plan)
		fail(name ": " seen " results of " plan ", exit status " status)
	else if (status != 0 && nfail == fail_before && !excused)
		fail(name ": exit status " status)
	body[head] = "## " name ": " (pass - pass_before) " / " \
	    (skip - skip_before) " / " (nfail - fail_before)
	name = ""
}

# The first program that answers is the one that is recorded.
function once(text,   key) {
	key = text
	sub(/: .*/, "", key)
	if (!(key in had))
		print text
	had[key] = 1
}

{ sub(/\r+$/, "") }
/^### begin / {
	finish("none")
	name = substr($0, 11)
	plan = -1
	seen = bailed = excused = 0
	pass_before = pass
	skip_before = skip
	fail_before = nfail
	head = ++n
	next
}
/^### end / { finish($NF); next }
/^### kernel / { print "kernel: " substr($0, 12); next }
/^###/ { next }
name == "" { next }
/^1\.\.[0-9]+/ {
	plan = substr($1, 4) + 0
	if (plan == 0)
		skip++
}
/^ok / { seen++; if (/ # [Ss][Kk][Ii][Pp]/) skip++; else pass++ }
/^not ok / {
	seen++
	test = $0
	sub(/^not ok [0-9]+ (- )?/, "", test)
	if ((name ": " test) in excuse) {
		pass++
		excused = 1
		$0 = substr($0, 5) " # known: " excuse[name ": " test]
	} else
		fail(name ": " $0)
}
/ # known: / { nknown++; print "known." nknown ": " name ": " $0 }
/^Bail out!/ { bailed = 1 }
/^# feature probe\./ { sub(/^# feature /, ""); once($0); next }
/^# feature / { sub(/^# feature /, "probe."); once($0); next }
/^# fact\./ { sub(/^# /, ""); once($0); next }
/^ok / && !/ # / { next }
/^1\.\.[1-9]/ || /^[ \t]*$/ { next }
/^## / { $0 = "# " $0 }	# that would be a program
{ body[++n] = $0 }

END {
	finish("none")
	print "pass: " pass + 0
	print "skip: " skip + 0
	print "fail: " nfail + 0
	print "known: " nknown + 0
	for (i = 1; i <= nfail; i++)
		printf "failing.%03d: %s\n", i, failing[i]
	print "tap"
	for (i = 1; i <= n; i++)
		print body[i]
}

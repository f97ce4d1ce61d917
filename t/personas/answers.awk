# SPDX-License-Identifier: 0BSD
#
# answers.awk - hold what the self-test is told under a persona against the
# log of the kernel that it plays, fact by fact, and where that log has no
# answer, or there is none, against the rows of facts/ as matrix/rows.awk
# prints them:
#
#   awk -f matrix/ranges.awk -f t/personas/answers.awk -v renamed=facts/renamed \
#	ROWS LOG t/personas/NAME/facts t/personas/NAME/answers
#
# LOG may be /dev/null. The persona's facts name both: "# row: netbsd 5.99.15
# 32", and "# log: netbsd-5.99-i386 32" with the word size of its programs,
# which is the one that is played. Each line of answers is FACT: VALUE; where
# log or row say something else its comment begins with "differs:" and says
# why, and where nobody knows, "not known". Prints what is wrong, and a last
# line: how many were compared with a log, and how many with rows.

function complain(text) {
	print me ": " text
	bad = 1
}
# The text behind `what` in a line of the persona's facts.
function said_of(what) {
	return index($0, what) == 1 ? substr($0, length(what) + 1) : ""
}

BEGIN {
	FS = "\t"
	read_renamed(renamed, old)
	me = ARGV[4]
	sub(/\/answers$/, "", me)
	sub(/.*\//, "", me)
}
FILENAME == ARGV[1] {
	row_system[++rows] = $1
	row_fact[rows] = $2
	row_value[rows] = $3
	row_versions[rows] = $4
	row_bits[rows] = $5
	next
}
FILENAME == ARGV[2] {
	if ($0 == "")
		body = 1
	at = index($0, ": ")
	if (!body && at)
		log_says[substr($0, 1, at - 1)] = substr($0, at + 2)
	next
}
FILENAME == ARGV[3] {
	if (said_of("# row: ") != "")
		split(said_of("# row: "), who, " ")
	if (said_of("# log: ") != "")
		split(said_of("# log: "), log_of, " ")
	next
}
/^#/ { next }
{
	at = index($1, ": ")
	name[++n] = substr($1, 1, at - 1)
	value[n] = substr($1, at + 2)
	why[n] = $2
	sub(/^# /, "", why[n])
	given[name[n]] = 1
}

# The log is of the kernel, the version and the word size that are named.
function check_log(   key, fact) {
	if (log_of[1] == "" || !("system" in log_says))
		return
	if (tolower(log_says["system"]) != who[1] \
	    || !in_range(log_says["version"], who[2]))
		complain("log " log_of[1] " is not of " who[1] " " who[2])
	if (log_of[2] != bits_of(log_says["processor"]) || log_of[2] != who[3])
		complain("log " log_of[1] " is not of " log_of[2] " bits")
	for (key in log_says) {
		fact = substr(key, 6)
		if (key ~ /^fact\./ && !(fact in old) && !(fact in given))
			complain(fact ": no answer; " log_of[1] " says " \
			    log_says[key])
	}
}

# What rows say: their values, and in `found` whether `said` is one.
function rows_say(fact, said,   k, expected) {
	found = 0
	expected = ""
	for (k = 1; k <= rows; k++) {
		if (row_fact[k] != fact \
		    || (row_system[k] != who[1] && row_system[k] != "any") \
		    || !in_range(who[2], row_versions[k]) \
		    || (row_bits[k] != 0 && row_bits[k] != who[3]))
			continue
		if (row_value[k] == said)
			found = 1
		else if (row_system[k] == "any" && row_value[k] == "no flag")
			continue	# where headers have it, others say
		expected = expected (expected == "" ? "" : " or ") row_value[k]
	}
	return expected
}

function check_answer(i,   expected, source) {
	if (("fact." name[i]) in log_says && !(name[i] in old)) {
		source = log_of[1]
		expected = log_says["fact." name[i]]
		found = expected == value[i]
		by_log++
	} else {
		source = "its row"
		expected = rows_say(name[i], value[i])
		if (expected == "") {
			if (why[i] !~ /^not known/ && value[i] !~ /^not asked/)
				complain(name[i] ": " value[i] ": no row, " \
				    "and not marked \"not known\"")
			return
		}
		by_rows++
	}
	if (!found && why[i] !~ /^differs: ./)
		complain(name[i] ": " value[i] "; " source " says " expected)
	if (found && why[i] != "")
		complain(name[i] ": \"" why[i] "\", and " source " says so too")
}

END {
	if (who[1] == "")
		complain("no line \"# row: SYSTEM VERSION BITS\"")
	check_log()
	for (i = 1; i <= n; i++)
		check_answer(i)
	print by_log + 0 " answers compared with a log, " by_rows + 0 " with rows"
	exit bad
}

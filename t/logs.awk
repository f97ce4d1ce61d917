# SPDX-License-Identifier: 0BSD
#
# logs.awk - hold logs of matrix/evidence against the rows of facts/:
#
#   awk -f matrix/ranges.awk -f t/logs.awk -v renamed=facts/renamed ROWS LOG...
#
# Every answer (fact.*) of a kernel, or of a layer over one, must be the value
# of a row for that system, version and word size; a row that was seen in a
# log must be in the logs that its source names first. Answers to questions
# that are asked in another way now are no answers.

function complain(text) { print text; bad = 1 }

BEGIN {
	FS = "\t"
	read_renamed(renamed, old)
}
NR == FNR {
	system_of[++rows] = $1
	fact_of[rows] = $2
	value_of[rows] = $3
	versions_of[rows] = $4
	bits_for[rows] = $5
	how_of[rows] = $6
	source_of[rows] = $7
	next
}
FNR == 1 {
	body = 0
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.txt$/, "", name)
	logs[++nlogs] = name
	has[name] = 1
}
$0 == "" { body = 1 }
!body {
	at = index($0, ": ")
	v[name, substr($0, 1, at - 1)] = substr($0, at + 2)
	if ($0 ~ /^fact\./)
		answers[name] = answers[name] "\t" \
		    substr($0, 6, at - 6)
}

function is_a_row(log_name, kernel, fact, value,   i, k) {
	for (i = 1; i <= rows; i++)
		if (fact_of[i] == fact && value_of[i] == value \
		    && (system_of[i] == kernel || system_of[i] == "any" \
		    || (system_of[i] == layer)) \
		    && (bits_for[i] == 0 || bits_for[i] == bits) \
		    && in_range(v[log_name, "version"], versions_of[i])) {
			shown[log_name, i] = 1
			return 1
		}
	return 0
}

END {
	for (l = 1; l <= nlogs; l++) {
		name = logs[l]
		if (v[name, "level"] !~ /^(ran|ran in part|emulated)$/)
			continue
		kernel = tolower(v[name, "system"])
		sub(/ .*/, "", kernel)
		if (kernel == "macos")
			kernel = "darwin"
		layer = v[name, "how"] ~ /qemu-user/ ? "qemu-user" \
		    : v[name, "how"] ~ /gVisor/ ? "gvisor" : ""
		bits = bits_of(v[name, "processor"])
		n = split(answers[name], fact, "\t")
		for (i = 2; i <= n; i++) {
			if (fact[i] in old)
				continue
			compared++
			if (!is_a_row(name, kernel, fact[i], \
			    v[name, "fact." fact[i]]))
				complain(name ": fact." fact[i] ": " \
				    v[name, "fact." fact[i]] ": no row")
		}
	}
	for (i = 1; i <= rows; i++) {
		if (how_of[i] !~ /^ran/ || fact_of[i] ~ / /)
			continue
		source = source_of[i]
		sub(/;.*/, "", source)
		n = split(source, part, ", ")
		for (k = 1; k <= n; k++) {
			if (!(part[k] in has))
				complain(fact_of[i] " of " system_of[i] \
				    ": no log " part[k])
			else if (!((part[k], i) in shown))
				complain(fact_of[i] " of " system_of[i] \
				    ": not in " part[k] ": " value_of[i])
		}
	}
	print compared + 0 " answers compared"
	exit bad
}

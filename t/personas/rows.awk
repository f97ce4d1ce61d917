# SPDX-License-Identifier: 0BSD
#
# rows.awk - does a persona say what the rows of facts/ say? After the rows as
# matrix/rows.awk prints them:
#
#   awk -f matrix/ranges.awk -f t/personas/rows.awk ROWS t/personas/NAME/facts
#
# A persona's second comment names whom it plays: "# row: netbsd 7.99.34 64".
# Each line of its facts that a question of the self-test asks as well must be
# as a row for that system, version and word size says; or its comment begins
# with "differs:" and says why. Prints what is wrong, and a last line: how many
# lines were compared.

function complain(text) {
	print FILENAME ": " text
	bad = 1
}

# What the lines of a persona are called in facts/.
BEGIN {
	FS = "\t"
	fact["layout"] = "layout"
	fact["5 into room for 1"] = "room.space"
	fact["1 into CMSG_LEN(4)"] = "room.len"
	fact["2 into no buffer"] = "room.no-buffer"
	fact["2 into read()"] = "room.by-read"
	fact["msg_controllen CMSG_LEN(4)"] = "send.len"
	fact["two control messages"] = "send.two"
	fact["limit"] = "message.most"
	fact["3 into a table with room for 1"] = "table.full"
	fact["MSG_CMSG_CLOEXEC"] = "cloexec.flag"
	fact["full stream"] = "full.stream"
	fact["full datagram queue"] = "full.datagram"
	fact["MSG_DONTWAIT to a full stream"] = "full.dontwait"
	fact["an empty datagram without room"] = "empty.datagram"
	fact["an epoll descriptor"] = "kind.events"
	fact["SOCK_SEQPACKET"] = "seqpacket"
	answer["ok"] = "ok"
	answer["taken"] = "ok"
	answer["passes"] = "ok"
	answer["AA+1 BB"] = "ok"
	answer["not told"] = "ok"
	answer["set"] = "honoured"
	answer["ENOTSUP"] = "EOPNOTSUPP"	# one number here
	answer["EMSGSIZE"] = "EMSGSIZE, 0 new"
}

# What a persona's prober sees of 127, 128, 253 and 255 descriptors.
function limits(value,   n, error, size, i, text) {
	n = value + 0
	error = value
	sub(/^.*then /, "", error)
	if (error ~ /^success/)
		error = "ok"
	split("127 128 253 255", size, " ")
	for (i = 1; i <= 4; i++)
		text = text (i > 1 ? ", " : "") size[i] " " \
		    (size[i] <= n ? "ok" : error)
	return text
}

# Would a kernel of this row have the persona's prober say this?
function agrees(name, value, said,   lines) {
	if (name == "layout")
		return index(said, substr(value, index(value, "CMSG_LEN"))) == 1
	if (name == "limit")
		return said == limits(value)
	if (name ~ /^[125] into/) {
		lines = said
		sub(/, cmsg_len.*/, "", lines)
		if (value ~ /^(none|descriptors)/ && value !~ /leak$/ \
		    || value ~ /no leak$/ && value ~ /^none/ \
		    || value ~ /closed$/)
			return lines == "0 new" \
			    (value ~ /MSG_CTRUNC/ ? ", truncated" : "")
		if (value ~ /^E[A-Z0-9]+$/)
			return said == value ", 0 new"
		if (value ~ /^all/)
			return lines == "1 new"
		if (value ~ /^what fits/ && value ~ /no leak/)
			return lines ~ /^[12] new, truncated$/
		if (value ~ /^what fits/ && value ~ /others leak/)
			return lines ~ /^5 new/ \
			    && (value ~ /MSG_CTRUNC/) == (lines ~ /truncated/) \
			    && (value ~ /uncut/) == (said ~ /cmsg_len 32 of 16/)
		if (value ~ /leak$/)	# to this process, or within the kernel
			return lines == "2 new" || lines == "0 new"
	}
	if (name == "two control messages" && value ~ /^[12] desc/)
		return said == "ok"
	if (name ~ /^3 into/ && value ~ /^1 of 3, MSG_CTRUNC/)
		return said ~ /^1 new, truncated/
	if (name ~ /^3 into/)		# and behind it, in after
		return said == word(value) ", 0 new" \
		    && (after == "" || (value ~ /stays$/) == (after == "0 new"))
	if (name !~ /^5 into/ && value == "EMSGSIZE")
		return said == value
	return said == (value in answer ? answer[value] : value)
}
function word(text) { sub(/,.*/, "", text); return text }

NR == FNR {
	row_system[++rows] = $1
	row_fact[rows] = $2
	row_value[rows] = $3
	row_versions[rows] = $4
	row_bits[rows] = $5
	next
}
FNR == 1 { nlines = 0 }
/^# row: / {
	split(substr($0, 8), who, " ")
	next
}
/^#/ { next }
{
	nlines++
	comment = $2
	sub(/^# /, "", comment)
	at = index($1, ": ")
	line_name[nlines] = substr($1, 1, at - 1)
	line_said[nlines] = substr($1, at + 2)
	line_why[nlines] = comment
	if (line_name[nlines] == "and the next after that")
		after = line_said[nlines]
}

function compare_line(i,   k, name, expected, found) {
	name = line_name[i]
	expected = ""
	for (k = 1; k <= rows; k++) {
		if (row_fact[k] != fact[name] \
		    || (row_system[k] != who[1] && row_system[k] != "any") \
		    || !in_range(who[2], row_versions[k]) \
		    || (row_bits[k] != 0 && row_bits[k] != who[3]))
			continue
		# What any system may answer is not asked of each.
		if (row_system[k] != "any")
			expected = expected (expected == "" ? "" : " or ") \
			    row_value[k]
		if (agrees(name, row_value[k], line_said[i]))
			found = 1
	}
	if (expected == "")
		return 0
	if (!found && line_why[i] !~ /^differs: ./)
		complain(name ": " line_said[i] "; its row says " expected)
	if (found && line_why[i] ~ /^differs:/)
		complain(name ": \"differs\", and it does not: " expected)
	return 1
}

END {
	if (who[1] == "")
		complain("no line \"# row: SYSTEM VERSION BITS\"")
	for (i = 1; i <= nlines; i++)
		if (line_name[i] in fact)
			compared += compare_line(i)
	print compared + 0 " lines compared"
	exit bad
}

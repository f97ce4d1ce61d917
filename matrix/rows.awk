# SPDX-License-Identifier: 0BSD
#
# rows.awk - print the rows of facts/*.h as text: system, fact, value,
# versions, bits, how, source, known, with tabs between them; known is empty
# for what a system should do. facts/README.md says what they are.
#
#   awk -f matrix/rows.awk facts/*.h

# Strings, also in pieces, NULL and numbers, with commas between them.
function row(text,   n, at, c, part, quoted) {
	n = 1
	part = ""
	for (at = 1; at <= length(text); at++) {
		c = substr(text, at, 1)
		if (c == "\"")
			quoted = !quoted
		else if (quoted && c == "\\")
			part = part substr(text, ++at, 1)
		else if (quoted)
			part = part c
		else if (c == ",") {
			printf "%s\t", part
			part = ""
			n++
		} else if (c !~ /[ \t]/)
			part = part c
	}
	print (part == "NULL" ? "" : part)
	if (n != 8) {
		print FILENAME ": a row of " n " parts: " text >"/dev/stderr"
		exit 1
	}
}

/^FACT\(/ { text = ""; sub(/^FACT\(/, ""); open = 1 }
open {
	text = text $0
	if (text ~ /\)$/) {
		sub(/\)$/, "", text)
		row(text)
		open = 0
	}
}
END {
	if (open)
		print FILENAME ": a row without an end" >"/dev/stderr"
	exit open
}

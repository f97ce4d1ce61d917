# SPDX-License-Identifier: 0BSD
#
# cut.awk - take the functions `names` out of a C file and put `line` where the
# one named first was. What went is printed on standard error. A definition is a line with
# the name and a list of parameters, before a line that begins with `{`; it ends
# at a `}` in the first column, and a type alone on the line before goes too.
# A name that is not there is an error.
#
# awk -v names='a b' -v line='#include "x.c"' -f cut.awk FILE

BEGIN { split(names, list, " "); for (i in list) want[list[i]] = 1 }
{ text[NR] = $0 }

function defines(at, name) {
	if (text[at] !~ /^[A-Za-z_]/ || text[at + 1] !~ /^\{/) return ""
	for (name in want)
		if (text[at] ~ ("(^|[ \t*])" name "[ \t]*\\(")) return name
	return ""
}
function remove(at) { gone[at] = 1; print text[at] >"/dev/stderr" }

END {
	for (at = 1; at < NR; at++) {
		name = defines(at)
		if (name == "") continue
		found[name] = 1
		if (name == list[1]) place = at
		if (text[at - 1] ~ /^[A-Za-z_][A-Za-z_0-9 \t*]*$/) remove(at - 1)
		while (at <= NR && text[at] !~ /^\}/) remove(at++)
		remove(at)
	}
	for (name in want)
		if (!(name in found)) {
			print "cut.awk: no function " name >"/dev/stderr"
			exit 1
		}
	for (at = 1; at <= NR; at++) {
		if (at == place) print line
		if (!(at in gone)) print text[at]
	}
}

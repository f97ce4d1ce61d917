# SPDX-License-Identifier: 0BSD
#
# suite.awk - read automake fragments; print one line per test program:
# its name, its own preprocessor flags, "--", its C files, LIBRARY if it is
# linked with that, and EVENT if it needs libevent. So that the list of tests
# stands in one place only.

{
	line = line $0
	if (line ~ /\\$/) { sub(/\\$/, " ", line); next }
	text = line
	line = ""
	sub(/[ \t]*#.*/, "", text)
	gsub(/%D%\//, "", text)
	if (text !~ /^[A-Za-z0-9_]+[ \t]*\+?=/)
		next
	name = text
	sub(/[ \t]*\+?=.*/, "", name)
	add = text ~ /^[A-Za-z0-9_]+[ \t]*\+=/
	sub(/^[^=]*=[ \t]*/, "", text)
	value[name] = add ? value[name] " " text : text
}

function expand(s, depth,   head, var) {
	while (depth < 20 && match(s, /\$\([A-Za-z0-9_]+\)/)) {
		var = substr(s, RSTART + 2, RLENGTH - 3)
		head = substr(s, 1, RSTART - 1)
		s = head (var == "srcdir" ? srcdir : value[var]) \
		    substr(s, RSTART + RLENGTH)
		depth++
	}
	return s
}

END {
	n = split(expand(value["check_PROGRAMS"], 0), programs, " ")
	for (i = 1; i <= n; i++) {
		prefix = programs[i]
		gsub(/[^A-Za-z0-9_]/, "_", prefix)
		files = expand(value[prefix "_SOURCES"], 0)
		m = split(files, file, " ")
		printf "%s %s --", programs[i], expand(value[prefix "_CPPFLAGS"], 0)
		for (j = 1; j <= m; j++)
			if (file[j] ~ /\.c$/)
				printf " %s/%s", srcdir, file[j]
		add = prefix "_LDADD"
		if (expand(value[add in value ? add : "LDADD"], 0) ~ /libfdferry\.la/)
			printf " LIBRARY"
		if (value[prefix "_CPPFLAGS"] ~ /EVENT_CFLAGS/)
			printf " EVENT"
		printf "\n"
	}
}

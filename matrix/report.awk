# SPDX-License-Identifier: 0BSD
#
# report.awk - portability.md, after read.awk. Every number in it is a
# number of a log.

# ---- does it work on mine? ----

# The system that a reader looks for.
function asked(f) {
	if (get(f, "how") ~ /gVisor/)
		return "Linux under gVisor"
	return system_of(f)
}

function add(list, item) {
	return index(", " list ", ", ", " item ", ") ? list \
	    : list (list == "" ? "" : ", ") item
}

# 6.12 comes after 6.1, and 10 after 9.
function number_of(version,   part) {
	if (!match(version, /[0-9]+(\.[0-9]+)*/))
		return 0
	split(substr(version, RSTART, RLENGTH), part, ".")
	return part[1] * 1000000 + part[2] * 1000 + part[3]
}
function add_in_order(list, item,   n, i, each, text) {
	if (index(", " list ", ", ", " item ", "))
		return list
	n = split(list, each, ", ")
	for (i = 1; i <= n && number_of(each[i]) <= number_of(item); i++)
		text = add(text, each[i])
	text = add(text, item)
	for (; i <= n; i++)
		text = add(text, each[i])
	return text
}

# What the logs of system `s` with level number `l` show; sets `count` of
# them, what they sum up to, how many are `fresh`, and the lists
# `all_versions` and `all_processors`.
function level_text(s, l,   i, f, versions, on, p, each) {
	count = passed = failed = fresh = most = 0
	versions = on = each = ""
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		if (rank(f) != l || asked(f) != s)
			continue
		count++
		passed += get(f, "pass")
		failed += get(f, "fail")
		if (get(f, "pass") + 0 > most)
			most = get(f, "pass") + 0
		fresh += !older(f)
		p = short_version(f)
		sub(/ \(.*/, "", p)	# of which distribution the emulator is
		if (p != "-" && !(get(f, "how") ~ /qemu-user/))
			versions = add_in_order(versions, p)
		each = add(each, p " on " processor_of(f) ": " get(f, "pass") \
		    " passed, " get(f, "fail") " failed")
		p = processor_of(f)
		sub(/ .*/, "", p)
		on = add(on, p)
	}
	all_versions = versions
	all_processors = on
	if (l == 2)
		return "*" level_name(l) "* " each
	return "*" level_name(l) "* " (versions == "" ? "" : versions " ") \
	    "on " on (l == 4 ? "" : ": " (count > 1 ? count " logs, up to " \
	    : "") most " tests passed")
}

function answer(s, l) {
	if (l == 1)
		return failed ? "**no**: " failed " tests fail" : "**yes**"
	if (l == 2)
		return "**in part**: some tests pass, [some fail](#what-failed)"
	if (l == 3)
		return failed ? "**no**: " failed " tests fail" \
		    : "**yes**, as far as an emulation tells"
	if (l == 4)
		return "**it builds**; nobody has run it"
	return failed ? "**no**: " failed " tests fail" \
	    : "**no descriptors pass there**: it builds, every call says ENOTSUP"
}

function unknown_systems(   n, i, part, list, text, s) {
	n = lines(ci, list)
	for (i = 1; i <= n; i++) {
		split(list[i], part, "\t")
		s = part[1]
		sub(/,.*/, "", s)
		if (!(s in seen_system))
			text = add(text, s)
	}
	return text
}

# Those that have a log of more than a persona, in their order; how many.
function systems(list,   i, f, n) {
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		if (get(f, "level") == "persona" || asked(f) in seen_system)
			continue
		seen_system[asked(f)] = 1
		list[++n] = asked(f)
	}
	return n
}

# The same in a few words: versions, and how many processors.
function level_brief(l,   n, each) {
	n = split(all_processors, each, ", ")
	return "*" level_name(l) "* " (all_versions == "" ? "" : all_versions " ") \
	    "on " (n > 3 ? n " processors" : all_processors)
}

# A line for each system; `short`: as README.md has it.
function system_rows(short,   i, l, s, n, list, text, best, t) {
	n = systems(list)
	for (i = 1; i <= n; i++) {
		s = list[i]
		text = best = ""
		for (l = 1; l <= 6; l++) {
			if (l == 5)
				continue
			t = level_text(s, l)
			if (!count)
				continue
			if (short && l != 2)
				t = level_brief(l)
			text = text (text == "" ? "" : short ? "; " : "<br>") t
			if (best == "")
				best = answer(s, l) (fresh ? "" : ", `older`")
		}
		if (short)
			gsub(/\(#/, "(portability.md#", best)
		print "| " s " | " best " | " text " |"
	}
}

function summary(   t) {
	print "| your system | does it work? | how that is known |"
	print "| --- | --- | --- |"
	system_rows(0)
	t = unknown_systems()
	if (t != "")
		print "| " t " | not known | no log; a [workflow]" \
		    "(matrix/facts.md#systems-with-a-workflow) waits to be run" \
		    (second == "" ? "" : "; of some, layouts and constants were" \
		    " compared with [a second source](#a-second-source)") " |"
	print "| any other | not known | no log: [make one](#how-to-add-a-row) |\n"
}

function brief(   t) {
	print "| system | does it work? | how that is known |"
	print "| --- | --- | --- |"
	system_rows(1)
	t = unknown_systems()
	print "| " (t == "" ? "" : t ", ") "any other | not known |" \
	    " no log: [make one](portability.md#how-to-add-a-row) |"
}

function legend() {
	print "| level | what was done |"
	print "| --- | --- |"
	print "| ran | the whole suite, on that kernel, natively or in a virtual machine |"
	print "| ran in part | some of the suite on that kernel, or outside this tree: the log says what, how and what failed |"
	print "| emulated | the whole suite under CPU emulation, or on a kernel re-implementation (gVisor) |"
	print "| built | **not run**: configured, compiled and linked against that system's real headers; configure's answers are recorded, and those of the preprocessor alone are the same |"
	print "| persona | the whole suite on this kernel, with the ABI of another simulated: proves our code for that shape, not their kernel |"
	print "| unsupported | proven to answer ENOTSUP there |\n"
	print "`older`: the library (lib, m4) has changed since that run. `*`" \
	    " after a level: only\nthe tests (t) have. A level is never" \
	    " raised by argument: what was not run is not\ncalled so.\n"
}

# ---- what differs ----

# Does log `f` say `key` with `part` in it?
function says(f, key, part) {
	return get(f, "level") ~ /^(ran|emulated)/ \
	    && index(get(f, "fact." key, ""), part)
}

# `name` knows it, in this way; once each.
function note_way(how, name, names) {
	if (!index(names[how], "; " name "; "))
		names[how] = (names[how] == "" ? "; " : names[how]) name "; "
}

# On which systems, and how, `expr` is known ("key=a part of the value").
function shown(expr,   key, part, i, f, how, m, ways, names, first, text, p) {
	if (expr == "-")
		return "read"
	key = substr(expr, 1, index(expr, "=") - 1)
	part = substr(expr, index(expr, "=") + 1)
	read_rows()
	if (key in renamed) {
		print "matrix/defects: " key " is called " renamed[key] " now" \
		    >"/dev/stderr"
		exit 1
	}
	split("observed|read|seen once, no log", ways, "|")
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		if (!says(f, key, part))
			continue
		if (!("observed" in first))
			first["observed"] = f
		note_way("observed", family(f), names)
	}
	# Of systems that no log answers for, by the rows of facts/.
	for (i = 1; i <= nrows; i++) {
		split(row[i], p, "\t")
		how = whence(p[6])
		if (p[2] == key && index(p[3], part) && how ~ /^(read|seen)/ \
		    && !index(names["observed"], "; " name_of(p[1]) "; "))
			note_way(how, name_of(p[1]), names)
	}
	for (i = 1; i <= 3; i++) {
		how = ways[i]
		if (names[how] == "")
			continue
		m = names[how]
		sub(/^; /, "", m)
		sub(/; $/, "", m)
		text = text (text == "" ? "" : ". ") how ": " m \
		    (i == 1 ? " (" link(first[how], "such as") ")" : "")
	}
	return text == "" ? "no log shows it" : text
}

function defect_table(kind, title, third,   n, i, list, part) {
	n = lines(defects, list)
	print "\n## " title "\n"
	print "| where | what happens | " third " | how it is known |"
	print "| --- | --- | --- | --- |"
	for (i = 1; i <= n; i++) {
		split(list[i], part, "|")
		if (part[1] == kind)
			print "| " part[2] " | " part[3] " | " part[4] \
			    " | " shown(part[5]) " |"
	}
}

# Tests that do not hold somewhere, for a reason that is not ours: those of one
# reason, in as many logs of one family, are one row.
function known_differences(   i, j, f, t, at, why, k, n, list, in_logs, m,
    rows, tests_of, first) {
	print "\n## Tests that do not hold there, and why\n"
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		size[family(f)]++
		for (j = 1; j <= nknowns[f]; j++) {
			t = knowns[f, j]
			at = index(t, " # known: ")
			why = substr(t, at + 10)
			t = substr(t, 1, at - 1)
			sub(/: ok [0-9]+ (- )?/, ": ", t)
			k = family(f) SUBSEP why SUBSEP t
			if (!(k in in_logs)) {
				list[++n] = k
				first[k] = f
			}
			in_logs[k]++
		}
	}
	if (!n) {
		print "None."
		return
	}
	print "They count as passed, and are lines `known` of the logs.\n"
	print "| where | why | tests |"
	print "| --- | --- | --- |"
	for (i = 1; i <= n; i++) {
		split(list[i], t_part, SUBSEP)
		k = t_part[1] SUBSEP t_part[2] SUBSEP in_logs[list[i]]
		if (!(k in tests_of)) {
			rows[++m] = k
			first[k] = first[list[i]]
		}
		tests_of[k] = tests_of[k] (tests_of[k] == "" ? "" : "; ") \
		    t_part[3]
	}
	for (i = 1; i <= m; i++) {
		split(rows[i], t_part, SUBSEP)
		print "| " t_part[1] ", " (t_part[3] == size[t_part[1]] \
		    ? "all " t_part[3] : t_part[3] " of " size[t_part[1]]) \
		    " logs (" link(first[rows[i]], "such as") ") | " \
		    cell(t_part[2]) " | " cell(tests_of[rows[i]]) " |"
	}
}

# ---- every log ----

# ---- what no log tells: the rows of `second` ----

function second_sources(   n, i, list, part, more, date) {
	n = second == "" ? 0 : lines(second, list)
	print "\n## A second source\n"
	if (!n) {
		print "None has been asked yet.\n"
		return
	}
	for (i = 1; i <= n; i++)
		if (list[i] ~ /^date: /)
			date = substr(list[i], 7)
	print "This is a source, not a level: nobody ran or built anything for" \
	    " it. The Rust crate\n`libc` and two tables of Go's hold" \
	    " constants and layouts made from those systems'\nheaders." \
	    " What this tree says of a system (facts/, detect.h, quirks.h," \
	    " personas,\nand the names that lib/ uses) was held against them" \
	    " on " date " by `make\ncheck-abi`; where they differ, and why," \
	    " is in [t/abi/known](t/abi/known), and\nfor what a persona" \
	    " shows in its file `facts`.\n"
	print "| system | values of this tree compared | of one source with" \
	    " another | explained differences | sources |"
	print "| --- | --- | --- | --- | --- |"
	for (i = 1; i <= n; i++)
		if (split(list[i], part, "\t") == 5)
			print "| " part[1] " | " part[2] " | " part[3] " | " \
			    part[4] " | " cell(part[5]) " |"
}

function range(low, high) { return low == high ? low : low " to " high }

# Logs that differ in nothing but processor and counts are one row.
function every_log(   i, f, k, n, rows, p) {
	print "\n## Every log\n"
	if (nlogs == 0) {
		print "No evidence has been recorded yet.\n"
		return
	}
	print "What was done says which tests: make check is the whole suite" \
	    " (with\n--disable-command the library's part of it); where there" \
	    " is no shell or no\nconfigure, it is every C test and the" \
	    " self-test.\n"
	print "| level | system | version | libc | backend |" \
	    " pass / skip / fail | known | date | what was done | logs |"
	print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		k = get(f, "level") (older(f) ? ", older" \
		    : other_tests(f) ? "\\*" : "") \
		    " | " cell(get(f, "level") == "persona" ? "personas" \
		    : family(f) == "Linux (gVisor)" ? family(f) : system_of(f)) \
		    " | " cell(short_version(f)) \
		    " | " cell(get(f, "libc", "?")) \
		    " | " get(f, "probe.backend", "-")
		p = substr(get(f, "date"), 1, 10) " | " cell(get(f, "what", "?")) \
		    (rank(f) == 2 ? "; " cell(get(f, "how", "?")) : "")
		# What failed is in no range of numbers.
		k = k " | " get(f, "fail") + 0
		if (!((k, p) in logs_of)) {
			rows[++n] = k SUBSEP p
			for (j = 1; j <= 4; j++)
				low[k, p, counted(j)] = 1e9
		}
		logs_of[k, p] = logs_of[k, p] (logs_of[k, p] == "" ? "" : ", ") \
		    link(f, target_of(f)) successor(target_of(f))
		for (j = 1; j <= 4; j++)
			widen(k SUBSEP p SUBSEP counted(j), get(f, counted(j)) + 0)
	}
	for (i = 1; i <= n; i++) {
		k = rows[i]
		split(k, t_part, SUBSEP)
		sub(/ \| [0-9]+$/, "", t_part[1])
		print "| " t_part[1] " | " count_of(k, 1) " / " count_of(k, 2) \
		    " / " count_of(k, 3) " | " count_of(k, 4) " | " \
		    t_part[2] " | " logs_of[k] " |"
	}
}
# The target that has taken the place of `target`, if one has.
function successor(target,   i, n, list, part) {
	n = lines("matrix/renamed", list)
	for (i = 1; i <= n; i++) {
		split(list[i], part, "\t")
		if (part[1] == target)
			return " (now " part[2] ")"
	}
	return ""
}
function counted(j,   name) {
	split("pass skip fail known", name, " ")
	return name[j]
}
function widen(k, n) {
	if (n < low[k])
		low[k] = n
	if (n > high[k])
		high[k] = n
}
function count_of(k, j) {
	k = k SUBSEP counted(j)
	return range(low[k], high[k] + 0)
}

# Which programs fail, and how many of their tests.
function failing(   i, j, f, p, n, names, times, text, any) {
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		if (!(get(f, "fail") + 0))
			continue
		if (!any++)
			print "\n### What failed\n\nBy program; the lines" \
			    " are in [facts.md](matrix/facts.md#what-failed)" \
			    " and in each log, beside what\nthe row could" \
			    " not do (`note`).\n"
		n = 0
		split("", times)
		for (j = 1; j <= nfailures[f]; j++) {
			p = failures[f, j]
			sub(/: .*/, "", p)
			if (!times[p]++)
				names[++n] = p
		}
		text = ""
		for (j = 1; j <= n; j++)
			text = text (j > 1 ? ", " : "") names[j] \
			    (times[names[j]] > 1 ? " (" times[names[j]] ")" : "")
		print "- " link(f, target_of(f)) ", " get(f, "fail") ": " text \
		    ((f, "note") in v ? ". Note: " v[f, "note"] : "") "."
	}
}

END {
	sort_logs()
	if (only_brief) {
		brief()
		exit
	}
	print "<!-- SPDX-License-Identifier: 0BSD - generated by" \
	    " matrix/report; do not edit. -->"
	print "# Does fdferry work on my system, and how is that known?\n"
	summary()
	print "What may surprise you there:" \
	    " [what you must do](#what-differs-and-what-the-caller-must-do)," \
	    " [what the library does\nfor you](#what-differs-and-what-the-library-does)." \
	    " Behind each answer is [a log](#every-log); behind those, what" \
	    "\neach system [answered](matrix/facts.md). The levels:\n"
	legend()
	print "![Systems, processors, and how each is known](doc/matrix.svg)"
	defect_table("caller", "What differs, and what the caller must do", "what the caller must do")
	defect_table("handled", "What differs, and what the library does", "what it does")
	known_differences()
	every_log()
	failing()
	second_sources()
	print "\n## How to add a row\n"
	print "On any machine with sh, make and a C compiler, from a release" \
	    " tarball:\n"
	print "    matrix/collect\n"
	print "It writes one file; send it, or put it into matrix/evidence and" \
	    " run `make\nportability`. For a target of the matrix: `make matrix" \
	    " TARGETS=name`. How a log is\nmade and read:" \
	    " [matrix/README.md](matrix/README.md).\n"
	print "## When a row expires\n"
	print "A row whose library sources differ from the tree's is shown" \
	    " `older`; it is never\ndeleted, only replaced by a newer run of" \
	    " the same target. Before a release every\nrow of matrix/core is" \
	    " run again."
}

# SPDX-License-Identifier: 0BSD
#
# report.awk - portability.md, after read.awk. Every number in it is a
# number of a log.

function lines(file, list,   n, line) {
	n = 0
	while ((getline line < file) > 0)
		if (line !~ /^#/ && line != "")
			list[++n] = line
	close(file)	# it is read again for the next table
	return n
}

# Distinct values of `key` in the logs of one family, with how many say so.
function values(fam, key,   i, f, t, n, seen, order, text, total) {
	n = total = 0
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		if (family(f) != fam || !((f, key) in v))
			continue
		t = v[f, key]
		total++
		if (!(t in seen))
			order[++n] = t
		seen[t]++
		who[t] = processor_of(f)
	}
	text = ""
	for (i = 1; i <= n; i++)
		text = text (i > 1 ? "; " : "") order[i] \
		    (n > 1 ? " (" (seen[order[i]] == 1 ? who[order[i]] \
		    : seen[order[i]] " of " total) ")" : "")
	return text
}

function families(level_ok,   i, fam, seen) {
	nfam = 0
	for (i = 1; i <= nlogs; i++) {
		fam = family(log_file[i])
		if (get(log_file[i], "level") ~ level_ok && !(fam in seen) \
		    && (level_ok == "." || fam != "Linux (built)")) {
			seen[fam] = 1
			fams[++nfam] = fam
		}
	}
}

function table_head(first,   i, a, b) {
	a = "| " first " |"
	b = "| --- |"
	for (i = 1; i <= nfam; i++) {
		a = a " " fams[i] " |"
		b = b " --- |"
	}
	print a "\n" b
}

function systems(   i, f) {
	print "## Systems\n"
	if (nlogs == 0) {
		print "No evidence has been recorded yet.\n"
		return
	}
	print "| level | system | version | processor | libc | backend |" \
	    " pass / skip / fail | known | date | what was done | log |"
	print "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |" \
	    " --- |"
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		printf "| %s%s | %s | %s | %s | %s | %s | %s / %s / %s |" \
		    " %s | %s | %s | [%s](%s) |\n", \
		    get(f, "level"), older(f), cell(system_of(f)), \
		    cell(version_of(f)), cell(processor_of(f)), \
		    cell(get(f, "libc")), get(f, "probe.backend", "-"), \
		    get(f, "pass"), get(f, "skip"), get(f, "fail"), \
		    get(f, "known", 0), substr(get(f, "date"), 1, 10), \
		    cell(get(f, "what", "?")), target_of(f), f
	}
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		if (get(f, "fail") + 0 > 0)
			print "\n**" target_of(f) "** fails:" \
			    bullets(v[f, "failures"])
	}
}

function bullets(text) {
	gsub(/\n/, "\n- ", text)
	return "\n" text
}

function knowns(   i, f, n) {
	print "\n### Known differences\n"
	print "Tests that do not hold there, with the reason; they count as" \
	    " passed in the\ntable and are listed in the log as `known`."
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		if ((f, "knowns") in v) {
			print "\n" target_of(f) ":" bullets(v[f, "knowns"])
			n++
		}
	}
	if (!n)
		print "\nNone."
}

function workflows(   n, i, part, list) {
	n = lines(ci, list)
	print "\n### Systems with a workflow\n"
	print "These have a job in .github/workflows, which uploads an" \
	    " evidence file. That a job\nexists says nothing: a row stands" \
	    " above only when such a file has been added.\n"
	print "| level | system | processor | workflow: job |"
	print "| --- | --- | --- | --- |"
	for (i = 1; i <= n; i++) {
		split(list[i], part, "\t")
		print "| ci | " part[1] " | " part[2] " | " part[3] " |"
	}
}

function probes(   key, n, i, j, keys, t) {
	print "\n## What the probes answered, and how things lie in memory\n"
	print "A value is what all logs of the column say, else each with" \
	    " its processor or how\nmany say so. Empty: not asked there.\n"
	families(".")
	table_head("probe")
	n = 0
	for (key in probe)
		keys[++n] = key
	keys[++n] = "fact.layout"
	for (i = 2; i <= n; i++) {
		t = keys[i]
		for (j = i - 1; j > 0 && keys[j] > t; j--)
			keys[j + 1] = keys[j]
		keys[j + 1] = t
	}
	for (i = 1; i <= n; i++) {
		t = keys[i]
		sub(/^(probe|fact)\./, "", t)
		printf "| %s |", t
		for (j = 1; j <= nfam; j++)
			printf " %s |", cell(values(fams[j], keys[i]))
		printf "\n"
	}
}

function behaviours(   n, i, j, list, part, t) {
	n = lines(questions, list)
	print "\n## What systems do\n"
	print "Each cell says how it is known: *observed*, by the" \
	    " self-test, in a log of the column\n(the log has it as" \
	    " `fact.*`); *read*, in the source named, and not run; or" \
	    " *seen once, no log*:\nsomebody saw it on that version, and" \
	    " nothing here proves it.\n"
	families("^(ran|emulated|built)$")
	table_head("question")
	for (i = 1; i <= n; i++) {
		split(list[i], part, "\t")
		printf "| %s |", cell(part[2])
		for (j = 1; j <= nfam; j++) {
			t = values(fams[j], "fact." part[1])
			if (t != "")
				t = t " *observed*"
			else if ((t = values(fams[j], "read." part[1])) != "")
				t = t " " whence(t)
			else
				t = "not run"
			printf " %s |", cell(t)
		}
		printf "\n"
	}
}

# How a value of read.* is known: whence stands in it, in parentheses.
function whence(t) {
	if (t !~ /\(seen once/)
		return "*read*"
	return t ~ /\(read:/ ? "*read; seen once, no log*" \
	    : "*seen once, no log*"
}

# Does log `f` say `key` with `part` in it, and how? "observed", or in whose
# words; "" if not.
function says(f, key, part,   t, n, i, each) {
	if (get(f, "level") ~ /^(ran|emulated)$/ \
	    && index(get(f, "fact." key, ""), part))
		return "observed"
	n = split(get(f, "read." key, ""), each, / OR /)
	for (i = 1; i <= n; i++)
		if (index(each[i], part)) {
			t = whence(each[i])
			gsub(/\*/, "", t)
			return t
		}
	return ""
}

# On which systems, and how, `expr` is known ("key=a part of the value").
function shown(expr,   key, part, i, f, how, m, ways, names, first, text) {
	if (expr == "-")
		return "read"
	key = substr(expr, 1, index(expr, "=") - 1)
	part = substr(expr, index(expr, "=") + 1)
	split("observed|read|seen once, no log", ways, "|")
	for (i = 1; i <= nlogs; i++) {
		f = log_file[i]
		how = says(f, key, part)
		if (how == "" || index(names[how], "; " family(f) "; "))
			continue
		if (!(how in first))
			first[how] = f
		names[how] = (names[how] == "" ? "; " : names[how]) \
		    family(f) "; "
	}
	for (i = 1; i <= 3; i++) {
		how = ways[i]
		if (!(how in first))
			continue
		m = names[how]
		sub(/^; /, "", m)
		sub(/; $/, "", m)
		text = text (text == "" ? "" : ". ") how ": " m \
		    (i == 1 ? " ([such as](" first[how] "))" : "")
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

END {
	sort_logs()
	print "<!-- Generated by matrix/report from matrix/evidence/." \
	    " Do not edit. -->"
	print "# Where fdferry works, and how that is known\n"
	print "Every row is one log in [matrix/evidence](matrix/evidence). A" \
	    " system without a\nrow has no log, and nothing is claimed of it. The same as a" \
	    " [picture](doc/matrix.svg).\n"
	print "| level | what was done |"
	print "| --- | --- |"
	print "| ran | on that kernel, natively or in a virtual machine |"
	print "| emulated | under CPU emulation, or on a kernel re-implementation (gVisor) |"
	print "| built | **not run**: configured, compiled and linked against that system's real headers; configure's answers are recorded, and those of the preprocessor alone are the same |"
	print "| persona | on this kernel, with the ABI of another simulated: proves our code for that shape, not their kernel |"
	print "| unsupported | proven to answer ENOTSUP there |\n"
	print "*What was done* says which tests: make check is the whole suite" \
	    " (with --disable-command\nthe library's part of it); where there" \
	    " is no shell or no configure, it is every C test\nand the" \
	    " self-test.\n"
	print "`older` after a level: the sources (lib, m4, t) have changed" \
	    " since that run. *known*:\ntests that fail there for a reason" \
	    " that is not ours, see below.\n"
	systems()
	knowns()
	workflows()
	behaviours()
	defect_table("handled", "Defects that the library handles", "what it does")
	defect_table("caller", "Defects and ways that it cannot handle", "what the caller must do")
	probes()
	print "\n## How to add a row\n"
	print "On any machine with sh, make and a C compiler, from a release" \
	    " tarball:\n"
	print "    matrix/collect\n"
	print "It writes one file; send it, or put it into matrix/evidence and" \
	    " run `make\nportability`. For a target of the matrix: `make matrix" \
	    " TARGETS=name`. A level is\nnever raised by argument.\n"
	print "## When a row expires\n"
	print "A row whose sources differ from the tree's is shown `older`; it" \
	    " is never deleted,\nonly replaced by a newer run of the same" \
	    " target. Before a release every row of\nmatrix/core is run again."
}

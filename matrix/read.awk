# SPDX-License-Identifier: 0BSD
#
# read.awk - read the keys of evidence (format 3, see README.md) into
# v[log, key] and the list log_file[1..nlogs]; what is said of a log by
# report.awk, facts.awk and svg.awk alike.
# -v source=HASH -v tests=HASH -v programs=HASH of this tree; -v root=PREFIX of links to logs.

FNR == 1 {
	body = 0
	if (FILENAME != "/dev/null")
		log_file[++nlogs] = FILENAME
}
$0 == "" { body = 1 }
!body {
	at = index($0, ": ")
	k = substr($0, 1, at - 1)
	t = substr($0, at + 2)
	if (k ~ /^read\./ && (FILENAME, k) in v)
		t = v[FILENAME, k] " OR " t
	v[FILENAME, k] = t
	if (k ~ /^failing\./)
		failures[FILENAME, ++nfailures[FILENAME]] = t
	if (k ~ /^known\./)
		knowns[FILENAME, ++nknowns[FILENAME]] = t
	if (k ~ /^(probe|configure)\./)
		probe[k] = 1
}

function cell(s) { gsub(/\|/, "\\|", s); return s }
function get(f, key, other) { return (f, key) in v ? v[f, key] : other }
function word(s, i,   w) { split(s, w, " "); return w[i] }

# The levels, best first.
function level_name(i,   name) {
	split("ran|ran in part|emulated|built|persona|unsupported", name, "|")
	return name[i]
}
function rank(f,   i) {
	for (i = 1; i <= 6 && level_name(i) != get(f, "level"); i++)
		continue
	return i
}

function system_of(f) { return get(f, "system", "?") }
function processor_of(f) { return get(f, "processor", "?") }
function version_of(f) {
	return get(f, "version", \
	    get(f, "level") ~ /^(ran|emulated)/ \
	    ? word(get(f, "kernel"), 2) : "-")
}
# Linux has a name for each package of its kernel: 6.1.0-50-arm64 is 6.1.
function short_version(f,   t) {
	t = version_of(f)
	if (system_of(f) == "Linux" && match(t, /[0-9]+\.[0-9]+/))
		t = substr(t, RSTART, RLENGTH)
	return t
}
function older(f) { return get(f, "source") != source }
function other_tests(f) {
	return get(f, "tests") != tests && get(f, "tests") != programs
}
function target_of(f) {
	sub(/.*\//, "", f)
	sub(/\.txt$/, "", f)
	return f
}
function link(f, text) { return "[" text "](" root f ")" }

# What a column of the tables is called.
function family(f,   s, l) {
	s = system_of(f)
	l = get(f, "level")
	if (l == "persona")
		return "personas"
	if (get(f, "how") ~ /qemu-user/)
		return "Linux (qemu-user)"
	if (get(f, "how") ~ /gVisor/)
		return "Linux (gVisor)"
	if (s == "Linux")
		return l == "built" ? "Linux (built)" : "Linux"
	return s
}

# Does log `a` come before `b`? By level, then the newest day, then name.
function before(a, b,   x, y) {
	if (rank(a) != rank(b))
		return rank(a) < rank(b)
	x = substr(get(a, "date"), 1, 10)
	y = substr(get(b, "date"), 1, 10)
	return x != y ? x > y : a < b
}

# Insertion sort: there are few.
function sort_logs(   i, j, f) {
	for (i = 2; i <= nlogs; i++) {
		f = log_file[i]
		for (j = i - 1; j > 0 && before(f, log_file[j]); j--)
			log_file[j + 1] = log_file[j]
		log_file[j + 1] = f
	}
}

# The lines of a file of the matrix that are not comments.
function lines(file, list,   n, line) {
	n = 0
	while ((getline line < file) > 0)
		if (line !~ /^#/ && line != "")
			list[++n] = line
	close(file)	# it is read again for the next table
	return n
}

# ---- the rows of facts/, as rows.awk prints them, in the environment ----

function read_rows(   i, part, list, n) {
	if (nrows)
		return
	nrows = split(ENVIRON["ROWS"], row, "\n")
	n = lines("facts/renamed", list)
	for (i = 1; i <= n; i++) {
		split(list[i], part, "\t")
		renamed[part[1]] = part[2]
	}
}

# What the rows call the system of a column.
function kernel_of(fam) {
	fam = tolower(fam)
	sub(/ .*/, "", fam)
	return fam == "macos" ? "darwin" : fam
}
# And the other way round.
function name_of(kernel,   i) {
	for (i = 1; i <= nlogs; i++)
		if (kernel_of(family(log_file[i])) == kernel)
			return family(log_file[i])
	return kernel == "dragonfly" ? "DragonFly" \
	    : kernel == "solaris" ? "Solaris, illumos" \
	    : kernel == "cygwin" ? "Cygwin" : kernel == "hurd" ? "GNU Hurd" \
	    : kernel == "qnx" ? "QNX" : kernel == "aix" ? "AIX" \
	    : kernel == "haiku" ? "Haiku" : kernel
}

# How a row is known: it names a log, or none.
function whence(how) {
	return how == "seen once" ? "seen once, no log" : how
}

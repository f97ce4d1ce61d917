# SPDX-License-Identifier: 0BSD
#
# read.awk - read evidence into v[log, key] and the ordered list log[1..n];
# shared by report.awk and svg.awk. Formats 1 and 2, see README.md.

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
	sub(/^probe\.probe\./, "probe.", k)	# older logs of built.sh
	if (k ~ /^read\./ && (FILENAME, k) in v)
		t = v[FILENAME, k] " OR " t
	v[FILENAME, k] = t
	if (k ~ /^failing/)
		v[FILENAME, "failures"] = v[FILENAME, "failures"] "\n" t
	if (k ~ /^known\./)
		v[FILENAME, "knowns"] = v[FILENAME, "knowns"] "\n" t
	if (k ~ /^(probe|configure)\./)
		probe[k] = 1
}

function cell(s) { gsub(/\|/, "\\|", s); return s }
function get(f, key, other) { return (f, key) in v ? v[f, key] : other }
function rank(f) {
	return index("ran      emulated built    persona  unsupported", \
	    get(f, "level", "?"))
}
function word(s, i,   w) { split(s, w, " "); return w[i] }
function system_of(f) { return get(f, "system", word(get(f, "kernel"), 1)) }
function processor_of(f) {
	return get(f, "processor", word(get(f, "kernel"), 3))
}
function version_of(f) {
	return get(f, "version", \
	    get(f, "level") ~ /^(ran|emulated)$/ \
	    ? word(get(f, "kernel"), 2) : "-")
}
function older(f) { return get(f, "source") == hash ? "" : ", older" }
function target_of(f) {
	sub(/.*\//, "", f)
	sub(/\.txt$/, "", f)
	return f
}

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

# Order of rows: level, then name. Insertion sort: there are few.
function sort_logs(   i, j, f) {
	for (i = 2; i <= nlogs; i++) {
		f = log_file[i]
		for (j = i - 1; j > 0 && (rank(log_file[j]) > rank(f) \
		    || (rank(log_file[j]) == rank(f) \
		    && log_file[j] > f)); j--)
			log_file[j + 1] = log_file[j]
		log_file[j + 1] = f
	}
}

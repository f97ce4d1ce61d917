# SPDX-License-Identifier: 0BSD
#
# ranges.awk - versions, word sizes and renamed facts, for those who read the rows
# of facts/. Versions are compared as st_in_range() of the self-test does. 5.99.15 is in 5.99, in "5.99-" and in "-5.99".

# Below, equal, above 0 as `version` is before, in or after `bound`.
function compare(version, bound,   v, b, i, n) {
	n = split(bound, b, ".")
	split(version, v, ".")
	for (i = 1; i <= n; i++)
		if (v[i] + 0 != b[i] + 0)
			return v[i] - b[i]
	return 0
}

function in_range(version, range,   from, to, at) {
	if (range == "")
		return 1
	from = to = range
	at = index(range, "-")
	if (at) {
		from = substr(range, 1, at - 1)
		to = substr(range, at + 1)
	}
	return (from == "" || compare(version, from) >= 0) \
	    && (to == "" || compare(version, to) <= 0)
}

# Word size by the processor's name in the log.
function bits_of(processor) {
	if (processor ~ /x32|n32|i386|i686|riscv32|wasm32/)
		return 32
	return processor ~ /64|s390x/ ? 64 : 32
}

# The names that facts had before, of the file `from`, into `old`.
function read_renamed(from, old,   line, part) {
	while ((getline line < from) > 0)
		if (line !~ /^#/) {
			split(line, part, "\t")
			old[part[1]] = 1
		}
}

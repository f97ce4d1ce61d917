# SPDX-License-Identifier: 0BSD
#
# ranges.awk - versions, for those who read the rows of facts/; as st_in_range()
# of the self-test. 5.99.15 is in 5.99, in "5.99-" and in "-5.99".

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

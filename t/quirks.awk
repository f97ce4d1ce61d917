# SPDX-License-Identifier: 0BSD
#
# quirks.awk - what lib/quirks.h must say if the rows are right:
#
#   awk -f matrix/ranges.awk -f t/quirks.awk -v kernel=netbsd -v version=7.99.34 ROWS
#
# prints "QUIRK -eq VALUE", or -le or -ge, of each that a row decides.

function decides(quirk, yes) { print quirk, "-eq", yes ? 1 : 0 }

BEGIN { FS = "\t" }
$1 != kernel || !in_range(version, $4) { next }
$2 == "message.most" && $3 + 0 > 0 {
	# What only an old C library refuses is learnt when it runs.
	if ($8 ~ /musl/)
		print "MAX_FDS_SMALL -eq", $3 + 0
	else
		print "MAX_FDS -le", $3 + 0
	if (kernel == "linux" && $8 == "")
		print "MAX_FDS -ge", $3 + 0
	print "ROOM -ge", $3 + 0
}
$2 == "cloexec.flag" { flag = $3; flags[$3] = 1 }
$2 == "table.full" { decides("FULL_TABLE_FAILS", $3 ~ /^E/) }
$2 == "full.stream" { decides("EMSGSIZE_IS_FULL", $3 == "EMSGSIZE") }
$2 == "full.datagram" { decides("ENOBUFS_IS_FULL", $3 == "ENOBUFS") }
$2 == "full.dontwait" { decides("SEND_WAITS", $3 == "waits") }
$2 == "empty.datagram" { decides("EMPTY_WANTS_ROOM", $3 == "MSG_TRUNC") }
$2 == "in-flight" && $3 ~ /^success without/ { decides("IN_FLIGHT_LOST", 1) }
$2 == "in-flight" && $3 ~ /^E/ { decides("IN_FLIGHT_LOST", 0) }
$2 == "credentials" && $3 == "EINVAL" { decides("PEER_EINVAL", 1) }
END {
	# To trust the flag needs a system that is known to honour it.
	print "CLOEXEC_UNPROVEN -ge", \
	    (flag != "set" || ("ignored" in flags) || ("no flag" in flags)) ? 1 : 0
	print "MAX_FDS -ge", 127
	print "ROOM -ge", 512
}

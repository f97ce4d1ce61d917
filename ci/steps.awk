# SPDX-License-Identifier: 0BSD
#
# steps.awk - read a workflow in the plain form that this tree uses; print a
# line for each thing: "job NAME", "on MACHINE", "uses ACTION@REF", "with
# ACTION@REF KEY", "run COMMAND", "in ACTION@REF COMMAND" (a command inside a
# virtual machine). A line that is not understood is an error, so that no
# step escapes the check.

function indent(s) { match(s, /^ */); return RLENGTH }
function bad() { print "error " FILENAME ":" FNR ": " $0; exit 1 }

{ sub(/[ \t]+#.*$/, "") }
/^#/ || /^$/ { next }
{ depth = indent($0) }
depth == 0 {
	section = $1
	if ($1 !~ /^(name|on|permissions|jobs):/)
		bad()
	next
}
section != "jobs:" { next }
depth == 2 && /^  [a-z0-9-]+:$/ {
	job = $1
	sub(/:/, "", job)
	print "job " job
	place = ""
	next
}
depth == 4 && $1 == "runs-on:" { print "on " $2; next }
depth == 4 && $1 == "timeout-minutes:" { bounded[job] = 1; next }
depth == 4 && ($1 == "steps:" || $1 == "defaults:") { place = $1; next }
place == "defaults:" && depth > 4 { next }
place == "steps:" && depth == 6 && $1 == "-" {
	action = ""
	text = $0
	sub(/^ *- [a-z]+: */, "", text)
	if ($2 == "run:")
		print "run " text
	else if ($2 == "uses:") {
		action = text
		print "uses " text
	} else
		bad()
	next
}
place == "steps:" && depth == 8 && ($1 == "if:" || $1 == "with:" \
    || $1 == "shell:") { next }
place == "steps:" && depth == 10 && action != "" && $1 ~ /:$/ {
	key = $1
	sub(/:$/, "", key)
	text = $0
	sub(/^ *[a-z-]+: */, "", text)
	print "with " action " " key
	if (key == "run" || key == "prepare")
		print "in " action " " text
	next
}
{ bad() }

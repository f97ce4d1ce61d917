# SPDX-License-Identifier: 0BSD
#
# trace.awk - from strace of the front, all its calls: which were made on the
# connections that it accepted, and did one of them take or put data?
# Prints one line a kind of call; exit status 1 if data was touched, 2 if
# nothing was seen at all.

BEGIN {
	# Calls that ask, or concern our number for it alone.
	split("fcntl getsockname getpeername getsockopt fstat newfstatat " \
	    "epoll_ctl poll ppoll close", list, " ")
	for (i in list)
		harmless[list[i]] = 1
}

function counted(what) { if (!(what in n)) order[++kinds] = what; n[what]++ }

{
	pid = $1
	sub(/^[0-9]+ +/, "")
	if (sub(/ *<unfinished \.\.\.>$/, "")) { half[pid] = $0; next }
	if (sub(/^<\.\.\. [a-z0-9_]+ resumed>/, "")) { $0 = half[pid] $0 }
	if (!match($0, /^[a-z0-9_]+\(/))
		next
	call = substr($0, 1, RLENGTH - 1)
	rest = substr($0, RLENGTH + 1)
	# The descriptor: the first number, but for calls that take several.
	if (call == "epoll_ctl")
		sub(/^[^,]*,[^,]*, */, "", rest)
	else if (call ~ /poll$/)
		sub(/^\[\{fd=/, "", rest)
	fd = rest ~ /^[0-9]/ ? rest + 0 : -1
}
call ~ /^accept4?$/ && / = [0-9]+$/ {
	new = $0
	sub(/^.* = /, "", new)
	open[new] = 1
	accepted++
	next
}
call == "sendmsg" && /SCM_RIGHTS/ && !(fd in open) { passed++ }
!(fd in open) { next }
call == "close" { delete open[fd]; closed++; next }
call ~ /^recv(from|msg)$/ && /MSG_PEEK/ { counted(call " with MSG_PEEK"); next }
call == "fcntl" && /F_SETFL/ { counted("fcntl F_SETFL   <- changes it"); bad = 1; next }
call in harmless { counted(call); next }
{ counted(call "   <- touches the connection"); bad = 1 }

END {
	printf "  %3d accepted\n", accepted
	for (i = 1; i <= kinds; i++)
		printf "  %3d %s\n", n[order[i]], order[i]
	printf "  %3d passed in SCM_RIGHTS\n  %3d closed\n", passed, closed
	exit accepted == 0 || passed == 0 ? 2 : bad + 0
}

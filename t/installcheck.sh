#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/installcheck.sh PKGCONFIGDIR [BINDIR SYSCONFDIR] - compile and run a consumer
# against the installed library, through pkg-config, as C and as C++; does the
# installed front read the configuration of its installation?
set -e
pc=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' 0
cat >"$dir/use.c" <<'END'
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <stdio.h>
#include <fdferry.h>
int main(void)
{
	int pair[2], fd;
	if (fdferry_feature_get("backend") == 0)
		return 1;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 2;
	if (fdferry_send_fd(pair[0], 0, 0, NULL, NULL) < 0) {
		perror("fdferry_send_fd");
		return fdferry_max_fds() > 0 ? 3 : errno != ENOTSUP;
	}
	fd = fdferry_recv_fd(pair[1], 0, NULL, NULL);
	printf("fdferry %s passed descriptor %d\n", fdferry_version(), fd);
	return fd < 0;
}
END
cp "$dir/use.c" "$dir/use.cc"
PKG_CONFIG_PATH=$pc:$PKG_CONFIG_PATH
export PKG_CONFIG_PATH
libdir=$(pkg-config --variable=libdir fdferry)
flags=$(pkg-config --cflags --libs fdferry)
# shellcheck disable=SC2086 # flags are words
${CC:-cc} -o "$dir/c" "$dir/use.c" $flags -Wl,-rpath,"$libdir"
"$dir/c"
if [ "${CXX_CONSUMER:-none}" != none ]; then
	# shellcheck disable=SC2086
	$CXX_CONSUMER -o "$dir/cc" "$dir/use.cc" $flags -Wl,-rpath,"$libdir"
	"$dir/cc"
fi
echo "installcheck: the installed library compiles, links and runs"
test $# -gt 1 && "$2/fdferry" front --help >/dev/null 2>&1 || exit 0
file=$3/fdferry.conf
if test -e "$file" || ! mkdir -p "$3" || ! test -w "$3"; then
	echo "installcheck: $file not written, so the default file is not tried"
	exit 0
fi
trap 'rm -rf "$dir" "$file"' 0
echo 'worker w=/w
default w' >"$file"
"$2/fdferry" front --check
rm "$file"
if "$2/fdferry" front --check 2>"$dir/said"; then
	exit 1
fi
grep -F "$file: cannot be opened" "$dir/said" >/dev/null
echo "installcheck: the installed front reads $file"

#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/93-configure.sh - configure where things are not as usual: a libevent that
# only pkg-config knows, one that the user names, and a directory that does
# not hold the library's sources; and the copy for it, for a source directory
# may be configured itself.
srcdir=$(cd "${srcdir:-.}" && pwd) || exit 99
cc=${CC:-cc}
libs=$(sed -n 's/^EVENT_LIBS = //p' Makefile)
cflags=$(sed -n 's/^EVENT_CFLAGS = //p' Makefile)
dir=$(mktemp -d) || exit 99
trap 'rm -rf "$dir"' 0
mkdir "$dir/old" "$dir/old/event2" "$dir/new" "$dir/bin" "$dir/build" || exit 99
printf '#include <event2/event.h>\n' >"$dir/try.c"
echo '#define LIBEVENT_VERSION_NUMBER 0x02000000' >"$dir/old/event2/event.h"
# shellcheck disable=SC2086 # options
headers=$($cc $cflags -E "$dir/try.c" 2>/dev/null |
    sed -n 's|^# 1 "\(/.*\)/event2/event\.h".*|\1|p' | sed 1q)
skip_all() { echo "1..0 # SKIP $1"; exit; }
test ! -f "$srcdir/config.status" || skip_all 'built in the source directory'
test -n "$libs$headers" || skip_all 'no libevent here'
# What the compiler finds by itself is too old now; -I comes before it.
C_INCLUDE_PATH=$dir/old
export C_INCLUDE_PATH
$cc -E "$dir/try.c" 2>/dev/null | grep "$dir/old" >/dev/null ||
    skip_all 'this compiler knows no C_INCLUDE_PATH'
ln -s "$headers/event2" "$dir/new/event2" || exit 99
cat >"$dir/bin/pkg-config" <<END
#!/bin/sh
case "\$*" in
'--cflags libevent_core') echo '-I$dir/new' ;;
'--libs libevent_core') echo '$libs' ;;
*) exit 1 ;;
esac
END
chmod +x "$dir/bin/pkg-config"

n=0
ok() {
	n=$((n + 1))
	if test "$1" -eq 0; then echo "ok $n - $2"; return; fi
	echo "not ok $n - $2"
	tail -n 15 "$dir/out" | sed 's/^/# /'
}
"$srcdir/t/source-copy" "$srcdir" "$dir/source" && chmod -R u+w "$dir/source" ||
    exit 99
cd "$dir/build" || exit 99
configured() {
	rm -f Makefile
	"$dir/source/configure" --disable-shared CC="$cc" "$@" >"$dir/out" 2>&1
}
says() { grep "front and worker: $1" "$dir/out" >/dev/null; }

echo 1..12
configured PKG_CONFIG="$dir/bin/pkg-config" && says yes &&
    grep "^EVENT_CFLAGS = -I$dir/new\$" Makefile >/dev/null
ok $? 'libevent is where pkg-config says'
configured PKG_CONFIG=false EVENT_CFLAGS="-I$dir/new" EVENT_LIBS="$libs" &&
    says yes
ok $? 'or where the user says'
! grep TIME_BITS fdferry.pc >"$dir/out"
ok $? 'callers need no flags for our time_t'
configured PKG_CONFIG="$dir/bin/pkg-config" EVENT_LIBS=-lno-such-event &&
    says no
ok $? 'whose word counts, also if it is wrong'
configured PKG_CONFIG=false \
    CPPFLAGS='-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64' && says no
ok $? 'without it there is no front'
grep '^Cflags: .*-D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64$' fdferry.pc >"$dir/out"
ok $? 'callers get the time_t that we were compiled with'

# A project that is built with -Werror gets the same answers.
answers() { sed -n 's/^\(fdferry_cv_[a-z0-9_]*=.*\)/\1/p' "$1" | LC_ALL=C sort; }
configured --disable-command --cache-file=plain.cache CFLAGS='-O2' &&
    configured --disable-command --cache-file=strict.cache \
	CFLAGS='-O2 -Wall -Wextra -Werror'
rc=$?
answers plain.cache >plain.answers && answers strict.cache |
    diff plain.answers - >>"$dir/out" && test -s plain.answers && test $rc = 0
ok $? 'with -Wall -Wextra -Werror as well'

mkdir "$dir/tree" "$dir/tree/lib" && cp -R "$srcdir/configure" \
    "$srcdir/build-aux" "$srcdir/Makefile.in" "$srcdir/fdferry.pc.in" "$dir/tree" &&
    cp "$srcdir/lib/fdferry.h" "$dir/tree/lib" && chmod -R u+w "$dir/tree" || exit 99
! CC=$cc "$dir/tree/configure" >"$dir/out" 2>&1
ok $? 'a directory without the sources is an error'
grep 'error: lib: no sources of fdferry there' "$dir/out" >/dev/null
ok $? 'that names the directory'

# What this very build has made, if it was made in the source directory, and
# what others leave.
mkdir "$dir/tree/t" "$dir/tree/t/.libs" "$dir/tree/b" "$dir/tree/b-c" "$dir/tree/b/t" \
    "$dir/tree/b-c/t" || exit 99
for file in config.status Makefile fdferry b/config.status b/t/x.c b-c/config.status \
    b-c/t/x.c lib/fdferry-config.h lib/x.o t/x.t t/x.log t/x.trs t/.libs/x.o \
    'lib/x~' t/x.c t/.x; do echo >"$dir/tree/$file"; done
"$srcdir/t/source-copy" "$dir/tree" "$dir/tree/copy" >"$dir/out" 2>&1 &&
    (cd "$dir/tree/copy" && find . -name build-aux -prune -o -type f -print |
        sed -e 's|^\./||' -e '/^configure$/d' -e '/\.in$/d' | LC_ALL=C sort) >>"$dir/out"
printf '%s\n' lib/fdferry.h t/.x t/x.c | diff - "$dir/out" >"$dir/diff"
rc=$?
cat "$dir/diff" >>"$dir/out"
ok $rc 'a copy of the sources holds nothing that was made'
test -f "$dir/tree/copy/configure" && test -f "$dir/tree/copy/build-aux/ltmain.sh"
ok $? 'but what bootstrap makes'
! (cd "$dir/source" && find . -name '*.o' -o -name '*.trs' -o -name config.status) |
    grep . >"$dir/out"
ok $? 'nor does the copy of these sources'

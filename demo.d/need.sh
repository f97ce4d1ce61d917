# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# need.sh - find, name and install what a script of this tree needs, and
# build the tree. Sourced by demo, check and .ci/run, which set:
#   src      the source directory, absolute
#   install  yes, or no: only name what is missing
#
# shellcheck disable=SC2154 # src and install are the caller's
#
# Things have names of their own here; need_package() has the package names.

say() { printf '%s\n' "$*"; }
die() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

need_manager() {
	case $(uname -s) in
	Darwin) command -v brew >/dev/null 2>&1 && echo brew && return ;;
	FreeBSD | DragonFly) echo pkg; return ;;
	esac
	for need_m in apt-get dnf apk; do
		command -v "$need_m" >/dev/null 2>&1 && echo "$need_m" && return
	done
	echo none
}

# Is the thing $1 here?
need_present() {
	case $1 in
	autoconf) command -v autoreconf ;;
	libtool) command -v libtoolize || command -v glibtoolize ;;
	cc) need_compiles cc || need_compiles gcc ;;
	pkg-config) command -v pkg-config || command -v pkgconf ;;
	libevent) need_pkgconfig libevent || need_pkgconfig libevent_core ;;
	node) command -v node || command -v nodejs ;;
	python3) python3 -c 'import socket, ssl; socket.recv_fds' ;;
	python-headers) python3 -c 'import sysconfig
open(sysconfig.get_paths()["include"] + "/Python.h")' ;;
	m32) need_compiles cc -m32 ;;
	clang) need_compiles clang ;;
	clang-rt) need_compiles clang -fsanitize=address,undefined ;;
	sshd) command -v sshd || test -x /usr/sbin/sshd ;;
	apache2) command -v apache2 || test -x /usr/sbin/apache2 ;;
	fdpass-perl) perl -MIO::FDPass -e 1 ;;
	msghdr-perl) perl -MSocket::MsgHdr -e 1 ;;
	haproxy) command -v haproxy || test -x /usr/sbin/haproxy ;;
	nginx-stream) need_nginx_stream ;;
	libuv) need_pkgconfig libuv ;;
	skalibs) need_header skalibs/unixmessage.h ;;
	libcrypto | zlib | expat | libffi) need_pkgconfig "$1" ;;
	perl-headers) perl -MConfig -MExtUtils::ParseXS -e \
	    'exit !-f "$Config{archlibexp}/CORE/perl.h"' ;;
	*) command -v "$1" ;;
	esac >/dev/null 2>&1
}

need_pkgconfig() {
	"$(command -v pkg-config || command -v pkgconf)" --exists "$1"
}

# nginx that passes TCP on: it may be a module of its own.
need_nginx_stream() {
	PATH=$PATH:/usr/sbin nginx -V 2>&1 |
	    grep -Eq -e '--with-stream( |$)' ||
	    test -n "$(find /usr/lib*/nginx /usr/share/nginx \
		-name ngx_stream_module.so 2>/dev/null)"
}

need_header() {
	echo "#include <$1>" | cc -E - >/dev/null 2>&1
}

# A compiler without the C library's headers is no compiler.
need_compiles() {
	need_dir=$(mktemp -d) || return 1
	echo '#include <stdio.h>
	int main(void) { return puts("") < 0; }' >"$need_dir/t.c"
	"$@" -o "$need_dir/t" "$need_dir/t.c" >/dev/null 2>&1
	need_rc=$?
	rm -rf "$need_dir"
	return "$need_rc"
}

# The package of thing $2 for package manager $1.
need_package() {
	case $1:$2 in
	apt-get:cc) echo gcc libc6-dev ;;
	dnf:cc) echo gcc glibc-devel ;;
	apk:cc) echo gcc musl-dev ;;
	pkg:cc) echo gcc ;;
	brew:cc) echo gcc ;;
	apt-get:m32) echo gcc-multilib ;;
	dnf:m32) echo glibc-devel.i686 libgcc.i686 ;;
	apt-get:libevent) echo libevent-dev ;;
	dnf:libevent) echo libevent-devel ;;
	apk:libevent) echo libevent-dev ;;
	dnf:pkg-config) echo pkgconf-pkg-config ;;
	apk:pkg-config | pkg:pkg-config | brew:pkg-config) echo pkgconf ;;
	pkg:make) echo gmake ;;
	apt-get:node | dnf:node | apk:node) echo nodejs ;;
	dnf:shellcheck) echo ShellCheck ;;
	pkg:shellcheck) echo hs-ShellCheck ;;
	apt-get:ab | apk:ab) echo apache2-utils ;;
	dnf:ab) echo httpd-tools ;;
	apt-get:python-headers) echo python3-dev python3-venv ;;
	apk:python-headers) echo python3-dev ;;
	dnf:python-headers) echo python3-devel ;;
	pkg:python-headers) echo python3 ;;
	brew:python-headers) echo python ;;
	apt-get:apache2) echo apache2-bin ;;
	apt-get:sshd) echo openssh-server ;;
	apt-get:nc.openbsd) echo netcat-openbsd ;;
	apt-get:systemd-socket-activate) echo systemd ;;
	apt-get:fdpass-perl) echo libio-fdpass-perl ;;
	apt-get:msghdr-perl) echo libsocket-msghdr-perl ;;
	apt-get:nginx-stream) echo nginx libnginx-mod-stream ;;
	dnf:nginx-stream | apk:nginx-stream) echo nginx nginx-mod-stream ;;
	*:nginx-stream) echo nginx ;;
	apt-get:libuv) echo libuv1-dev ;;
	dnf:libuv) echo libuv-devel ;;
	apk:libuv) echo libuv-dev ;;
	apt-get:skalibs) echo skalibs-dev ;;
	dnf:skalibs) echo skalibs-devel ;;
	apk:skalibs) echo skalibs-dev ;;
	apt-get:libcrypto) echo libssl-dev ;;
	apt-get:zlib) echo zlib1g-dev ;;
	apt-get:expat) echo libexpat1-dev ;;
	apt-get:libffi) echo libffi-dev ;;
	apt-get:ninja) echo ninja-build ;;
	apt-get:perl-headers) echo libperl-dev ;;
	apt-get:dpkg-buildpackage) echo dpkg-dev ;;
	apt-get:dh) echo debhelper ;;
	apt-get:rpmbuild) echo rpm ;;
	dnf:rpmbuild) echo rpm-build ;;
	dnf:rpm2cpio) echo rpm ;;
	apt-get:clang-rt) echo "libclang-rt-$(need_clang_major)-dev" ;;
	dnf:clang-rt | apk:clang-rt) echo compiler-rt ;;
	pkg:clang-rt | pkg:clang | brew:clang-rt | brew:clang) echo llvm ;;
	*) echo "$2" ;;
	esac
}

need_clang_major() {
	clang -dumpversion 2>/dev/null | sed 's/[^0-9].*//'
}

# Runs "$@" as root.
need_root() {
	if test "$(id -u)" = 0; then
		"$@"
	elif command -v sudo >/dev/null 2>&1; then
		sudo "$@"
	elif command -v doas >/dev/null 2>&1; then
		doas "$@"
	else
		die "installing needs root or sudo: run as root: $*"
	fi
}

need_command() {
	case $1 in
	apt-get) echo apt-get install -y --no-install-recommends ;;
	dnf) echo dnf install -y ;;
	apk) echo apk add ;;
	pkg) echo pkg install -y ;;
	brew) echo brew install ;;
	esac
}

# need THING... - all of them are here afterwards, or the script ends; then it
# names $need_wanted too, what it could do without.
need() {
	need_missing=
	for need_thing in "$@"; do
		need_present "$need_thing" ||
		    need_missing="$need_missing $need_thing"
	done
	test -n "$need_missing" || return 0
	for need_thing in ${need_wanted-}; do
		case " $need_missing " in *" $need_thing "*) continue ;; esac
		test "$install" = yes || need_present "$need_thing" ||
		    need_missing="$need_missing $need_thing"
	done
	need_pm=$(need_manager)
	test "$need_pm" != none || die "missing:$need_missing" \
	    "(no package manager that this script knows: install them)"
	need_list=
	for need_thing in $need_missing; do
		need_list="$need_list $(need_package "$need_pm" "$need_thing")"
	done
	say "missing:$need_missing"
	say "command: $(need_command "$need_pm")$need_list"
	test "$install" = yes || die "nothing was installed (--no-install)"
	case $need_pm in
	apt-get)
		need_root apt-get -q update || say "apt-get update failed, going on"
		# shellcheck disable=SC2086 # a list of words
		need_root env DEBIAN_FRONTEND=noninteractive \
		    apt-get -q install -y --no-install-recommends $need_list ;;
	brew)
		# shellcheck disable=SC2086
		brew install $need_list ;;
	*)
		# shellcheck disable=SC2046,SC2086
		need_root $(need_command "$need_pm") $need_list ;;
	esac || die "could not install:$need_list"
	for need_thing in $need_missing; do
		need_present "$need_thing" ||
		    die "$need_thing is still missing after installing$need_list"
	done
}

# want THING... - the same, but the script goes on without.
want() {
	(need "$@") || say "going on without: $*"
}

# need_to_build [THING...] - what building takes, and more, in one list; a
# tarball brings its own configure.
need_to_build() {
	if test -e "$src/.git" || test ! -f "$src/configure"; then
		set -- autoconf automake libtool "$@"
	fi
	need make cc pkg-config libevent "$@"
}

need_make() {
	if command -v gmake >/dev/null 2>&1; then gmake "$@"; else make "$@"; fi
}

# quietly LOG WHAT COMMAND... - one line of progress; the log if it failed.
quietly() {
	quiet_log=$1
	printf '%s ... ' "$2"
	shift 2
	if "$@" >"$quiet_log" 2>&1; then
		say ok
	else
		say FAILED
		tail -n 40 "$quiet_log"
		die "failed: $* (whole log: $quiet_log)"
	fi
}

need_bootstrap() { (cd "$from" && ./bootstrap); }
need_configure() { (cd "$built" && "$configured/configure"); }

# An absolute name for the directory $1, which need not be there.
need_absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$PWD/$1" ;;
	esac
}

# Names that configure refuses for the directory of the sources.
need_odd() {
	case $1 in
	*[\\\"\#\$\&\'\`\ \	]*) return 0 ;;
	*) return 1 ;;
	esac
}

# need_copy DIR - the sources as they are now, in DIR, with their times; what
# bootstrap has made there stays, what is gone from the sources does not.
need_copy() {
	sh "$src/t/source-copy" "$src" "$1" && chmod -R u+w "$1" || return
	(cd "$1" && find . -type f -print) | while IFS= read -r need_file; do
		case $need_file in
		./configure | ./configure~ | ./aclocal.m4 | ./Makefile.in | \
		    ./build-aux/* | ./m4/lt*.m4 | ./m4/libtool.m4 | \
		    ./autom4te.cache/*) ;;
		*) test -f "$src/$need_file" || rm -f "$1/$need_file" ;;
		esac
	done
}

# build_tree DIR - bootstrap, configure and make in DIR, each if need be; logs
# are there. Sets built: DIR, but for ./build a source directory that is
# configured itself is built where it is. For any other DIR a source directory
# is copied to DIR/source first if it is configured itself, if bootstrap may not
# write to it, or if configure refuses its name.
build_tree() {
	built=$1 from=$src
	{ mkdir -p "$1" && test -w "$1"; } 2>/dev/null ||
	    die "cannot write to $1; to build elsewhere: --build DIR"
	if test "$1" = "$src/build"; then
		# Not by its absolute name, which may have a space.
		configured=..
		test ! -f "$src/config.status" || built=$src
		test -w "$src" ||
		    { test -f "$src/configure" && test "$built" != "$src"; } ||
		    die "cannot write to $src; to build elsewhere: --build DIR"
	elif test -f "$src/config.status" || need_odd "$src" ||
	    { test ! -w "$src" &&
		{ test -e "$src/.git" || test ! -f "$src/configure"; }; }; then
		from=$1/source configured=./source
		quietly "$1/copy.log" 'copy of the sources' need_copy "$from"
	else
		configured=$src
	fi
	test -f "$from/configure" ||
	    quietly "$1/bootstrap.log" bootstrap need_bootstrap
	test -f "$built/Makefile" ||
	    quietly "$1/configure.log" configure need_configure
	quietly "$1/make.log" make need_make -C "$built" -j2
}

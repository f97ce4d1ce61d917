# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
#
# gvisor.sh - the suite on gVisor, another implementation of Linux.
# Keys: triple, platform, rootless (yes or no).
# shellcheck disable=SC2154,SC2086,SC2034

version=v0.0.0-20260905035102-160fafc42237	# @go and @latest are refused
build_runsc() {
	test ! -x "$cache/gvisor/$version/runsc" || return 0
	GOBIN=$cache/gvisor/$version CGO_ENABLED=0 GOFLAGS=-mod=mod \
	    go install "gvisor.dev/gvisor/runsc@$version"
}
want go golang-go
locked gvisor build_runsc >"$dir/go.log" 2>&1 ||
    skipped "runsc could not be built: $(tail -n 1 "$dir/go.log")"
runsc=$cache/gvisor/$version/runsc
want_zig
warm_zig "$triple" -static
suite_slow=yes
# Below /tmp: the other user must reach it.
room=$(mktemp -d) || exit 1
trap 'rm -rf "$room"' EXIT
suite_ar="$zig ar" suite_build "$room/t" $zig cc -target "$triple" -static -O1
cp "$runsc" "$room/runsc"
mkdir "$room/state"
set -- "$room/runsc" --platform="$platform" --network=none --ignore-cgroups \
    --root="$room/state"
if test "$rootless" = yes; then
	test "$(id -u)" != 0 || {
		want setpriv util-linux
		chmod 755 "$room"
		chown 65534:65534 "$room/state"
		set -- setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	}
	set -- "$@" --rootless
fi
cat >"$room/all" <<'END'
#!/bin/sh
cd /tmp || cd /
FAULTS=few	# the others have them all
export FAULTS
echo "### kernel $(uname -sr) $(uname -m)"
for program in "$1"/t/*; do
	name=${program##*/}
	args=
	test "$name" != 00-selftest || args='--under gvisor'
	echo "### begin $name"
	timeout 150 "$program" $args
	rc=$?
	echo
	echo "### end $name $rc"
done
END
chmod -R a+rX "$room"
chmod +x "$room/all"
timeout 1300 "$@" "do" "$room/all" "$room" >"$dir/out" 2>"$dir/err" </dev/null
rc=$?
grep -q '^### kernel' "$dir/out" ||
    broken "runsc: $(tail -n 1 "$dir/err")"
cat "$dir/out" >>"$tap"
begin runsc
check $rc 'every program was run to its end'
end runsc
key what 'the C tests and the self-test, static, without configure'
key how "gVisor $version, platform $platform$(test "$rootless" = no || echo ', rootless, as user 65534')"
key libc 'musl (of zig)'
key compiler "zig cc $($zig version) -target $triple"
evidence "$tap"

# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
# Wayland: many descriptors beside a stream of bytes, never waiting.
# shellcheck disable=SC2034,SC2154 # run reads these, and sets tree
package=wayland
things='cc meson ninja expat libffi'
gain='descriptors lost for want of room in the table are an error, not silence; cmsg_len is not believed; peers are known on macOS, NetBSD, OpenBSD and Solaris too'
known='os-wrappers-test os_wrappers_recvmsg_cloexec_fallback'
why='that test has recvmsg() refuse MSG_CMSG_CLOEXEC with EINVAL and wants a second call without it. No kernel is known that refuses it: those older than the flag ignore it, and where that may be, close-on-exec is set again afterwards (FDFERRY_QUIRK_CLOEXEC_UNPROVEN)'

build() {
	(cd "$tree" && meson setup -Ddocumentation=false -Ddtd_validation=false \
	    b && nice ninja -j2 -C b)
}

adapt() {
	cut_out "$tree/src/connection.c" "$here/wayland/connection.c" \
	    build_cmsg decode_cmsg wl_connection_flush wl_connection_read &&
	cut_out "$tree/src/wayland-os.c" "$here/wayland/os.c" \
	    recvmsg_cloexec_fallback wl_os_recvmsg_cloexec wl_os_socket_peercred &&
	sed -i '/^#error.*ucred/d' "$tree/src/wayland-os.c" &&
	sed -i "/^\tffi_dep = /a\\
ffi_dep = declare_dependency(dependencies: ffi_dep,\\
  compile_args: ['-I$tree/fdferry'], link_args: ['$tree/fdferry/libfdferry.a'])" \
	    "$tree/meson.build"
}

again() {
	(cd "$tree" && touch src/connection.c src/wayland-os.c &&
	    find b -name '*-test' -type f -exec rm -f {} + &&
	    find b/src -maxdepth 1 -name '*.so.*' -type f -exec rm -f {} + && nice ninja -j2 -C b)
}

carriers() { find "$tree/b/src" -maxdepth 1 -name 'libwayland-*.so*' -type f; }

# A program of its tests says of each: test "NAME": ... pass.
tests() {
	test -d "$tree/run" || mkdir -m 700 "$tree/run" || return 1
	(cd "$tree/b/tests" && XDG_RUNTIME_DIR=$tree/run && export XDG_RUNTIME_DIR &&
	    for test in ./*-test; do
		TEST_DATA_DIR=$tree/tests/data SED=sed TEST_OUTPUT_DIR=$tree/run \
		    WAYLAND_SCANNER=$tree/b/src/wayland-scanner \
		    timeout 600 "$test" </dev/null 2>&1 | sed -n \
		    -e "s,^test \"\([^\"]*\)\":.*pass.*,pass ${test#./} \1,p" \
		    -e "s,^test \"\([^\"]*\)\":.*skip.*,skip ${test#./} \1,p" \
		    -e "s,^test \"\([^\"]*\)\":.*fail.*,fail ${test#./} \1,p"
	done)
}

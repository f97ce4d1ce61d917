# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
# OpenSSH: the two functions with which sshd's processes, and a multiplexed
# client, hand each other descriptors.
# shellcheck disable=SC2034,SC2154 # run reads these, and sets tree
package=openssh
things='make cc libcrypto zlib'
gain='one body instead of three shapes by #if; close-on-exec; a second descriptor in a message does not leak; control data that is too short is not read'

regress='connect proxy-connect multiplex stderr-data stderr-after-eof exit-status'

build() {
	(cd "$tree" && mkdir -m 700 empty && ./configure --quiet \
	    --with-privsep-path="$tree/empty" --without-openssl-header-check &&
	    nice make -j2 >/dev/null && nice make -j2 regress-prep regress-binaries)
}

adapt() {
	instead "$tree/monitor_fdpass.c" "$here/openssh/monitor_fdpass.c" &&
	sed -i -e "/^LIBS=/s,=,=$tree/fdferry/libfdferry.a ," \
	    -e "/^CPPFLAGS=/s,=,=-I$tree/fdferry ," "$tree/Makefile"
}

again() {
	(cd "$tree" && rm -f ssh sshd && touch monitor_fdpass.c &&
	    nice make -j2 >/dev/null)
}

carriers() { echo "$tree/ssh" "$tree/sshd"; }

tests() {
	for test in $regress; do
		if (cd "$tree" && timeout 900 make t-exec LTESTS="$test" \
		    </dev/null) >"$tree/$test.log" 2>&1
		then echo "pass $test"; else echo "fail $test"; fi
	done
}

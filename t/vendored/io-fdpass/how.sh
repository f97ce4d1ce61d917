# shellcheck shell=sh
# SPDX-License-Identifier: 0BSD
# IO::FDPass: a Perl extension that passes one descriptor.
# shellcheck disable=SC2034,SC2154 # run reads these, and sets tree
package=libio-fdpass-perl
things='make cc perl-headers'
gain='close-on-exec; EINTR; no SIGPIPE; a second descriptor, and one that came with another byte than NUL, does not leak'
not='its way on Windows (DuplicateHandle), which fdferry has not'

# Its Makefile.PL asks a module about the author's opinion of this perl.
build() {
	(cd "$tree" && sed -i '/^use Canary/d' Makefile.PL && perl Makefile.PL &&
	    make)
}

adapt() {
	cut_out "$tree/FDPass.xs" "$here/io-fdpass/fdpass.c" fd_send fd_recv
}

again() {
	(cd "$tree" && make realclean && perl Makefile.PL INC="-I$tree/fdferry" \
	    MYEXTLIB="$tree/fdferry/libfdferry.a" && make)
}

carriers() { find "$tree/blib" -name FDPass.so; }

tests() {
	(cd "$tree" && for test in t/*.t; do
		timeout 60 perl -Mblib "$test" </dev/null 2>&1 |
		    sed -n -e "s,^ok \([0-9]*\).*,pass $test \1,p" \
			-e "s,^not ok \([0-9]*\).*,fail $test \1,p"
	done)
}

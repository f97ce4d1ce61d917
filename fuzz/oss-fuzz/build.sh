#!/bin/sh -eu
# SPDX-License-Identifier: 0BSD
#
# What OSS-Fuzz runs, in the top of the source: each target into $OUT, with its
# corpus and its longest input. Here:
#
#   OUT=/tmp/out LIB_FUZZING_ENGINE=-fsanitize=fuzzer CC=clang \
#       CFLAGS='-g -O1 -fsanitize=fuzzer-no-link,address' fuzz/oss-fuzz/build.sh

test -f fuzz/targets || cd "$(dirname "$0")/../.."
fuzz/build "$OUT"
sed -n 's/^\([a-z]*\) \([0-9]*\) .*/\1 \2/p' fuzz/targets | while read -r name longest; do
	rm -f "$OUT/${name}_seed_corpus.zip"
	python3 -m zipfile -c "$OUT/${name}_seed_corpus.zip" "fuzz/corpus-$name/"*
	printf '[libfuzzer]\nmax_len = %s\n' "$longest" >"$OUT/$name.options"
done

#!/bin/sh
# SPDX-License-Identifier: 0BSD
# t/86-worker-ack.sh - what fdferry worker --wire ack answers to offers that it
# cannot serve.
# shellcheck disable=SC2034 # python.sh reads it
needs='front worker'
# shellcheck source=t/python.sh
. "${srcdir:-.}/t/python.sh"

// SPDX-License-Identifier: 0BSD
module worker

go 1.21

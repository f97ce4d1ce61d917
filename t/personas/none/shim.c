/* SPDX-License-Identifier: 0BSD */
#include "shim.h"

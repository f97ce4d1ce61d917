/* SPDX-License-Identifier: 0BSD */
/* The compiler's own, which must not look for a BSD's headers below. */
#pragma push_macro ("__FreeBSD__")
#pragma push_macro ("__NetBSD__")
#pragma push_macro ("__OpenBSD__")
#pragma push_macro ("__APPLE__")
#pragma push_macro ("_AIX")
#undef __FreeBSD__
#undef __NetBSD__
#undef __OpenBSD__
#undef __APPLE__
#undef _AIX
#include_next <stddef.h>
#pragma pop_macro ("__FreeBSD__")
#pragma pop_macro ("__NetBSD__")
#pragma pop_macro ("__OpenBSD__")
#pragma pop_macro ("__APPLE__")
#pragma pop_macro ("_AIX")

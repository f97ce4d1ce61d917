# serial 3
dnl FDFERRY_SYMBOLS - hide what is not public, in the way the linker knows.
dnl
dnl Sets FDFERRY_SYMBOLS_LDFLAGS: a version map where the linker has such, else
dnl libtool's export list; of the names that FDFERRY_INIT's prefix makes.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_SYMBOLS],
[AC_REQUIRE([FDFERRY_VISIBILITY])
AC_CACHE_CHECK([whether the linker takes a version map],
  [fdferry_cv_version_map],
  [fdferry_save_LDFLAGS=$LDFLAGS
   LDFLAGS="$LDFLAGS -shared -fPIC -Wl,--version-script=conftest.map"
   echo 'FDFERRY_0 { global: fdferry_x; local: *; };' > conftest.map
   AC_LINK_IFELSE([AC_LANG_SOURCE([[int fdferry_x(void); int fdferry_x(void) { return 0; }]])],
     [fdferry_cv_version_map=yes], [fdferry_cv_version_map=no])
   rm -f conftest.map
   LDFLAGS=$fdferry_save_LDFLAGS])
_FDFERRY_ALLOWED([fdferry_cv_version_map], [yes|no], [yes or no])
# Under a prefix both lists are made.
AS_IF([test -z "$fdferry_prefix"], [fdferry_lists='$(top_srcdir)/lib/fdferry'],
  [fdferry_lists='$(top_builddir)/lib/fdferry-prefix'
   AC_CONFIG_COMMANDS([lib/fdferry-prefix.map],
     [{ $SHELL "$srcdir/lib/prefix.sh" --map "$fdferry_prefix" \
	  >lib/fdferry-prefix.map &&
        $SHELL "$srcdir/lib/prefix.sh" --list "$fdferry_prefix" \
	  >lib/fdferry-prefix.sym; } || exit 1])])
AS_IF([test "$fdferry_cv_version_map" = yes],
  [FDFERRY_SYMBOLS_LDFLAGS="-Wl,--version-script=$fdferry_lists.map"],
  [FDFERRY_SYMBOLS_LDFLAGS="-export-symbols $fdferry_lists.sym"])
AC_SUBST([FDFERRY_SYMBOLS_LDFLAGS])])

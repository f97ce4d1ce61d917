# serial 1
dnl FDFERRY_PLACES - where things are from the files that tell it.
dnl
dnl fdferry.pc and fdferry-config.cmake name the library and the header from
dnl where they are themselves, so that what was installed may be moved. What is
dnl not below the prefix, they name as configure was told.
dnl Sets FDFERRY_PC_PREFIX, FDFERRY_PC_LIBDIR and FDFERRY_PC_INCLUDEDIR, and for
dnl CMake FDFERRY_CMAKE_PREFIX, FDFERRY_CMAKE_LIBDIR and FDFERRY_CMAKE_INCLUDEDIR.
dnl
dnl SPDX-License-Identifier: FSFAP
AC_DEFUN([FDFERRY_PLACES],
[fdferry_save="$prefix,$exec_prefix"
test "$prefix" != NONE || prefix=$ac_default_prefix
test "$exec_prefix" != NONE || exec_prefix=$prefix
# libdir is in terms of exec_prefix, and that may be in terms of prefix.
fdferry_exec=`eval echo "$exec_prefix"`
_FDFERRY_PLACE([fdferry_libdir], [$libdir])
_FDFERRY_PLACE([fdferry_includedir], [$includedir])
FDFERRY_PC_PREFIX=$prefix
FDFERRY_CMAKE_PREFIX=$prefix
AS_CASE([$fdferry_libdir], [/*], [],
  [fdferry_up=`echo "$fdferry_libdir" | sed 's|@<:@^/@:>@@<:@^/@:>@*|..|g'`
   FDFERRY_PC_PREFIX="\${pcfiledir}/$fdferry_up/.."
   FDFERRY_CMAKE_PREFIX="\${CMAKE_CURRENT_LIST_DIR}/$fdferry_up/../.."])
AS_CASE([$fdferry_libdir], [/*],
  [FDFERRY_PC_LIBDIR=$fdferry_libdir FDFERRY_CMAKE_LIBDIR=$fdferry_libdir],
  [FDFERRY_PC_LIBDIR="\${prefix}/$fdferry_libdir"
   FDFERRY_CMAKE_LIBDIR="\${_fdferry_prefix}/$fdferry_libdir"])
AS_CASE([$fdferry_includedir], [/*],
  [FDFERRY_PC_INCLUDEDIR=$fdferry_includedir
   FDFERRY_CMAKE_INCLUDEDIR=$fdferry_includedir],
  [FDFERRY_PC_INCLUDEDIR="\${prefix}/$fdferry_includedir"
   FDFERRY_CMAKE_INCLUDEDIR="\${_fdferry_prefix}/$fdferry_includedir"])
prefix=${fdferry_save%%,*}
exec_prefix=${fdferry_save##*,}
m4_foreach([_fdferry_p], [PREFIX, LIBDIR, INCLUDEDIR],
  [AC_SUBST([FDFERRY_PC_]m4_defn([_fdferry_p]))
AC_SUBST([FDFERRY_CMAKE_]m4_defn([_fdferry_p]))
])])

dnl _FDFERRY_PLACE(VARIABLE, DIRECTORY) - from the prefix, or absolute.
AC_DEFUN([_FDFERRY_PLACE],
[$1=`exec_prefix=$fdferry_exec; eval eval echo "$2"`
AS_CASE([$][$1], ["$prefix"/*], [$1=${$1@%:@"$prefix"/}])])

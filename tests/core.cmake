# SPDX-License-Identifier: GPL-2.0-only
# The protocol core as a host library, from the very files that go into the module, and how a suite
# joins in. RUBATO_CORE says how both are built:
#
#   checked   under ASan and UBSan: what `make test` runs
#   plain     without: what coverage and mutants run first, for speed
#   bench     without, and static, as the module has it
#   fuzz      static, by clang, for libFuzzer
#
# A shared library can be replaced when a suite starts (LD_LIBRARY_PATH): that is how coverage and
# mutants run every suite without building it again.
set(RUBATO_CORE checked CACHE STRING "How the core and its suites are built: checked, plain, bench or fuzz")
set_property(CACHE RUBATO_CORE PROPERTY STRINGS checked plain bench fuzz)

set(rubato_check_flags)
set(rubato_core_kind SHARED)
if(RUBATO_CORE STREQUAL "checked")
	set(rubato_check_flags -fsanitize=address,undefined -fno-sanitize-recover=all
		-fno-omit-frame-pointer)
elseif(RUBATO_CORE STREQUAL "bench")
	set(rubato_core_kind STATIC)
elseif(RUBATO_CORE STREQUAL "fuzz")
	set(rubato_check_flags -fsanitize=fuzzer-no-link,address,undefined
		-fno-sanitize-recover=all -fno-omit-frame-pointer)
	set(rubato_core_kind STATIC)
elseif(NOT RUBATO_CORE STREQUAL "plain")
	message(FATAL_ERROR "RUBATO_CORE is '${RUBATO_CORE}'; it may be: checked, plain, bench, fuzz")
endif()

# RUB_ASSERT is to hold in every kind of build.
set(rubato_core_flags -UNDEBUG -fno-strict-aliasing -fwrapv -Wconversion -Wno-sign-conversion)

file(GLOB rubato_core_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kmod/core/*.c)

# Another build of the core under the name given, for a suite that plants a bug in it.
function(rubato_core_library name)
	add_library(${name} ${rubato_core_kind} ${rubato_core_sources})
	target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR}/kmod ${CMAKE_SOURCE_DIR}/tests)
	# Not as a system header: -Wconversion is to hold for it too.
	target_include_directories(${name} BEFORE PUBLIC ${CMAKE_SOURCE_DIR}/include/uapi)
	target_compile_options(${name} PRIVATE ${rubato_core_flags} PUBLIC ${rubato_check_flags})
	# New dtags: LD_LIBRARY_PATH goes before the path that is built in.
	target_link_options(${name} PUBLIC ${rubato_check_flags} -Wl,--enable-new-dtags)
endfunction()

rubato_core_library(rubato_core)

# Builds what rubato_core_test() runs.
add_custom_target(core_suites)

# rubato_core_test(NAME [PLANTED] [SUITE suite] [SIZE size] COMMAND program [argument...])
#
# One test of the core for CTest. SUITE: the line of `make test` that counts it (scripts/suites.py),
# "unit" if none is named. SIZE: the command that runs it, "test" (if none is named), "check" or
# "long". A program that is a target is built with core_suites. Coverage counts the tests of size
# "test" that are not PLANTED, on a core with a bug.
function(rubato_core_test name)
	cmake_parse_arguments(PARSE_ARGV 1 arg "PLANTED" "SUITE;SIZE" "COMMAND")
	if(NOT arg_SUITE)
		set(arg_SUITE unit)
	endif()
	if(NOT arg_SIZE)
		set(arg_SIZE test)
	endif()
	add_test(NAME ${name} COMMAND ${arg_COMMAND})
	set(labels suite=${arg_SUITE} size=${arg_SIZE})
	if(NOT arg_PLANTED)
		list(APPEND labels core)
	endif()
	set_tests_properties(${name} PROPERTIES LABELS "${labels}")
	foreach(word ${arg_COMMAND})
		if(TARGET ${word})
			add_dependencies(core_suites ${word})
		endif()
	endforeach()
endfunction()

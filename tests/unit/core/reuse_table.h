/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conformance.md section 2 as the table that it is: may connect() take the tuple of one's own
 * TIME_WAIT? The core is compared with it, and so is the TCP of the kernel that runs the tests.
 */
#ifndef RUBATO_TESTS_REUSE_TABLE_H
#define RUBATO_TESTS_REUSE_TABLE_H

#include <array>

namespace reuse_table
{

enum class Port { PICKED, BOUND };
/* Than tw-reuse-delay, which is a second. */
enum class Age { YOUNGER, OLDER };

struct Row {
	const char *name;
	Port port;
	bool tw_reuse;
	Age age;
	bool with_timestamps, without;
};

constexpr std::array<Row, 8> ROWS{{
	{"picked, tw-reuse off, young", Port::PICKED, false, Age::YOUNGER, false, false},
	{"picked, tw-reuse off, old", Port::PICKED, false, Age::OLDER, false, false},
	{"picked, tw-reuse on, young", Port::PICKED, true, Age::YOUNGER, false, false},
	{"picked, tw-reuse on, old", Port::PICKED, true, Age::OLDER, true, false},
	{"bound, tw-reuse off, young", Port::BOUND, false, Age::YOUNGER, true, false},
	{"bound, tw-reuse off, old", Port::BOUND, false, Age::OLDER, true, false},
	{"bound, tw-reuse on, young", Port::BOUND, true, Age::YOUNGER, true, false},
	{"bound, tw-reuse on, old", Port::BOUND, true, Age::OLDER, true, false},
}};

} // namespace reuse_table

#endif

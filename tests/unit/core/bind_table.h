/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conformance.md section 3 as the tables that it is: 8 states x 5 address pairs x 16 pairs of
 * options = 640 cells, a verdict for each in each of the three modes. The core is compared with
 * it (bind_test.cpp), and mode linux with the TCP of the kernel that runs the tests
 * (tests/unit/linux).
 */
#ifndef RUBATO_TESTS_BIND_TABLE_H
#define RUBATO_TESTS_BIND_TABLE_H

#include <array>
#include <string>
#include <vector>

#include "core/bind.h"

namespace bind_table
{

enum State {
	BOUND,
	LISTEN,
	LISTEN_WITH_CHILDREN,
	ESTABLISHED,
	CLOSE_WAIT,
	FIN_WAIT_2,
	FIN_WAIT_2_ORPHAN,
	TIME_WAIT,
	N_STATES
};

/* Two hosts' addresses and any, of either family. */
enum class Address { ANY, ONE, OTHER };

struct Pair {
	Address old_one, new_one;
};

constexpr std::array<Pair, 5> PAIRS{{{Address::ONE, Address::ONE},
				     {Address::ANY, Address::ONE},
				     {Address::ONE, Address::ANY},
				     {Address::ANY, Address::ANY},
				     {Address::ONE, Address::OTHER}}};

/* What a socket has set: bits. */
constexpr unsigned REUSE_ADDR = 1, REUSE_PORT = 2, N_OPTIONS = 4;

struct Cell {
	State state;
	Pair addresses;
	unsigned old_options, new_options;
};

std::vector<Cell> all_cells();

/* May the new socket be bound beside the old one, which is in the cell's state? */
bool allows(rubato_bind_mode mode, const Cell &cell);

std::string name(const Cell &cell);
std::string name(rubato_bind_mode mode);

constexpr std::array<rubato_bind_mode, 3> MODES{RUBATO_BIND_LINUX, RUBATO_BIND_BSD,
						RUBATO_BIND_TIME_WAIT};

/*
 * Local addresses of both families, with and without IPV6_V6ONLY, and which of them have an
 * address in common.
 */
enum Name {
	V4_ANY,	     /* 0.0.0.0 */
	V4_ONE,	     /* 127.0.0.1 */
	V4_OTHER,    /* 127.0.0.2 */
	MAPPED_ANY,  /* ::ffff:0.0.0.0 of an IPv6 socket */
	MAPPED_ONE,  /* ::ffff:127.0.0.1 of an IPv6 socket */
	V6_ANY,	     /* ::, for both families */
	V6_ONLY,     /* :: with IPV6_V6ONLY */
	V6_ONE,	     /* ::1 */
	V6_ONE_ONLY, /* ::1 with IPV6_V6ONLY */
	N_NAMES
};

bool overlap(Name a, Name b);
const char *text(Name name);

} // namespace bind_table

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* bind(): conformance.md section 3 in its three modes, against the tables of bind_table.cpp. */
#include <arpa/inet.h>

#include <vector>

#include "bind_table.h"
#include "script.h"

using namespace script;
using namespace bind_table;

namespace
{

constexpr std::array<u8, N_STATES> CORE_STATE{
	RUBATO_CLOSED,	   RUBATO_LISTEN,     RUBATO_LISTEN,	 RUBATO_ESTABLISHED,
	RUBATO_CLOSE_WAIT, RUBATO_FIN_WAIT_2, RUBATO_FIN_WAIT_2, RUBATO_TIME_WAIT};

rub_address v4(const char *text)
{
	in_addr a{};

	EXPECT_EQ(inet_pton(AF_INET, text, &a), 1) << text;
	return rub_address_v4(a.s_addr);
}

rub_address v6(const char *text)
{
	rub_address a{};

	EXPECT_EQ(inet_pton(AF_INET6, text, a.b), 1) << text;
	return a;
}

/* The three addresses of the table in one family. */
struct Family {
	const char *name;
	rub_address any, one, other;

	const rub_address &of(Address address) const
	{
		switch (address) {
		case Address::ANY:
			return any;
		case Address::ONE:
			return one;
		default:
			return other;
		}
	}
};

std::vector<Family> families()
{
	return {{"IPv4", v4("0.0.0.0"), v4("127.0.0.1"), v4("127.0.0.2")},
		{"IPv6", v6("::"), v6("::1"), v6("2001:db8::1")},
		{"any is of IPv6, the rest of IPv4", v6("::"), v4("127.0.0.1"), v4("127.0.0.2")}};
}

rub_bound bound(const rub_address &addr, unsigned options, u8 state = RUBATO_CLOSED)
{
	rub_bound b{};

	b.addr = addr;
	b.reuse_addr = options & REUSE_ADDR;
	b.reuse_port = options & REUSE_PORT;
	b.state = state;
	b.uid = 1000;
	return b;
}

/* Whoever holds the port in this cell: with children, they too, on the address they talk from. */
std::vector<rub_bound> holders(const Cell &cell, const Family &family)
{
	const rub_address &own = family.of(cell.addresses.old_one);
	std::vector<rub_bound> all{bound(own, cell.old_options, CORE_STATE.at(cell.state))};

	if (cell.state == LISTEN_WITH_CHILDREN)
		all.push_back(bound(family.one, cell.old_options, RUBATO_ESTABLISHED));
	return all;
}

/* Of the first that is in the way. */
int conflict(const rub_bound &new_one, const std::vector<rub_bound> &old, rubato_bind_mode mode)
{
	for (const rub_bound &one : old)
		if (const int err = rub_bind_conflict(&new_one, &one, mode))
			return err;
	return 0;
}

int conflict(const rub_bound &new_one, const rub_bound &old,
	     rubato_bind_mode mode = RUBATO_BIND_LINUX)
{
	return rub_bind_conflict(&new_one, &old, mode);
}

void compare_all_cells(rubato_bind_mode mode)
{
	for (const Family &family : families()) {
		unsigned cells = 0;

		for (const Cell &cell : all_cells()) {
			const rub_bound new_one =
				bound(family.of(cell.addresses.new_one), cell.new_options);

			EXPECT_EQ(conflict(new_one, holders(cell, family), mode),
				  allows(mode, cell) ? 0 : -EADDRINUSE)
				<< name(mode) << ", " << family.name << ": " << name(cell);
			cells++;
		}
		EXPECT_EQ(cells, 640u);
	}
}

/* A socket that has this local address. */
rub_bound named(Name name)
{
	switch (name) {
	case V4_ANY:
	case V4_ONE:
	case V4_OTHER:
		return bound(v4(text(name)), 0);
	case V6_ONLY:
	case V6_ONE_ONLY: {
		rub_bound b = bound(v6(name == V6_ONLY ? "::" : "::1"), 0);

		b.v6only = true;
		return b;
	}
	default:
		return bound(v6(text(name)), 0);
	}
}

const rub_address HOST = rub_address_v4(htonl(INADDR_LOOPBACK)),
		  ANY = rub_address_v4(htonl(INADDR_ANY));

} // namespace

TEST(Bind, All640CellsInModeLinux)
{
	compare_all_cells(RUBATO_BIND_LINUX);
}

TEST(Bind, All640CellsInModeBsd)
{
	compare_all_cells(RUBATO_BIND_BSD);
}

TEST(Bind, All640CellsInModeTimeWait)
{
	compare_all_cells(RUBATO_BIND_TIME_WAIT);
}

/* A restarted server whose port has only TIME_WAIT entries: the table's last paragraph. */
TEST(Bind, RestartOverTimeWait)
{
	const rub_bound without = bound(HOST, 0, RUBATO_TIME_WAIT),
			with = bound(HOST, REUSE_ADDR, RUBATO_TIME_WAIT);

	for (rubato_bind_mode mode : MODES) {
		EXPECT_EQ(conflict(bound(ANY, 0), without, mode), -EADDRINUSE) << name(mode);
		EXPECT_EQ(conflict(bound(ANY, 0), with, mode), -EADDRINUSE) << name(mode);
		EXPECT_EQ(conflict(bound(ANY, REUSE_ADDR), with, mode), 0) << name(mode);
	}
	EXPECT_EQ(conflict(bound(ANY, REUSE_ADDR), without, RUBATO_BIND_LINUX), -EADDRINUSE);
	EXPECT_EQ(conflict(bound(ANY, REUSE_ADDR), without, RUBATO_BIND_BSD), 0);
	EXPECT_EQ(conflict(bound(ANY, REUSE_ADDR), without, RUBATO_BIND_TIME_WAIT), 0);
}

/* "Two RA sockets bound to one port: the second listen() gives EADDRINUSE." */
TEST(Bind, SecondListenIsRefusedUntilTheFirstCloses)
{
	const rub_bound second = bound(HOST, REUSE_ADDR, RUBATO_LISTEN);

	EXPECT_EQ(conflict(bound(HOST, REUSE_ADDR), bound(HOST, REUSE_ADDR)), 0);
	EXPECT_EQ(conflict(second, bound(HOST, REUSE_ADDR, RUBATO_LISTEN)), -EADDRINUSE);
	/* Gone, with a connection of its own that lingers. */
	EXPECT_EQ(conflict(second, bound(HOST, REUSE_ADDR, RUBATO_TIME_WAIT)), 0);
}

/* Of two sockets that listen at the same moment, the second to ask meets a listener. */
TEST(Bind, TwoThatListenAtOnceAreBothRefused)
{
	const rub_bound a = bound(HOST, REUSE_ADDR, RUBATO_LISTEN),
			b = bound(ANY, REUSE_ADDR, RUBATO_LISTEN);

	EXPECT_EQ(conflict(a, b), -EADDRINUSE);
	EXPECT_EQ(conflict(b, a), -EADDRINUSE);
}

/* Another user's SO_REUSEPORT opens nothing but a TIME_WAIT. */
TEST(Bind, ReusePortOfAnotherUser)
{
	for (u8 state : CORE_STATE) {
		rub_bound other = bound(HOST, REUSE_PORT);

		other.uid = 1001;
		EXPECT_EQ(conflict(other, bound(HOST, REUSE_PORT, state)),
			  state == RUBATO_TIME_WAIT ? 0 : -EADDRINUSE)
			<< state_name(state);
	}
}

/* SO_REUSEADDR asks for no owner. */
TEST(Bind, ReuseAddrOfAnotherUser)
{
	rub_bound other = bound(HOST, REUSE_ADDR);

	other.uid = 1001;
	EXPECT_EQ(conflict(other, bound(HOST, REUSE_ADDR, RUBATO_ESTABLISHED)), 0);
	EXPECT_EQ(conflict(other, bound(HOST, REUSE_ADDR, RUBATO_LISTEN)), -EADDRINUSE);
}

/* "Overlap counts the bound device". */
TEST(Bind, DevicesSeparate)
{
	for (rubato_bind_mode mode : MODES) {
		rub_bound a = bound(HOST, 0), b = bound(HOST, 0, RUBATO_LISTEN);

		a.ifindex = 2;
		b.ifindex = 3;
		EXPECT_EQ(conflict(a, b, mode), 0) << name(mode);
		b.ifindex = 2;
		EXPECT_EQ(conflict(a, b, mode), -EADDRINUSE) << name(mode);
		b.ifindex = 0;
		EXPECT_EQ(conflict(a, b, mode), -EADDRINUSE) << name(mode);
		a.ifindex = 0;
		b.ifindex = 2;
		EXPECT_EQ(conflict(a, b, mode), -EADDRINUSE) << name(mode);
	}
}

/* "... and v6only too." */
TEST(Bind, FamiliesOverlap)
{
	for (unsigned i = 0; i < N_NAMES; i++) {
		for (unsigned j = 0; j < N_NAMES; j++) {
			const Name a = static_cast<Name>(i), b = static_cast<Name>(j);

			for (rubato_bind_mode mode : MODES)
				EXPECT_EQ(conflict(named(a), named(b), mode),
					  overlap(a, b) ? -EADDRINUSE : 0)
					<< name(mode) << ": " << text(a) << " beside " << text(b);
		}
	}
}

/* bsd: :: with v6only and :: without it are the very same address; :: and 0.0.0.0 are not. */
TEST(Bind, BsdComparesAddressesExactly)
{
	rub_bound any6 = bound(v6("::"), REUSE_ADDR), only6 = any6;

	only6.v6only = true;
	EXPECT_EQ(conflict(any6, only6, RUBATO_BIND_BSD), -EADDRINUSE);
	EXPECT_EQ(conflict(only6, any6, RUBATO_BIND_BSD), -EADDRINUSE);
	EXPECT_EQ(conflict(any6, bound(ANY, 0, RUBATO_LISTEN), RUBATO_BIND_BSD), 0);
}

/* What is not a listener and not only bound has a peer: SYN_SENT, LAST_ACK and so on. */
TEST(Bind, EveryStateHasARow)
{
	for (int state = RUBATO_ESTABLISHED; state <= RUBATO_STATE_MAX; state++) {
		const u8 old = static_cast<u8>(state);
		const bool alone = state == RUBATO_CLOSED || state == RUBATO_LISTEN;

		EXPECT_EQ(conflict(bound(HOST, REUSE_ADDR), bound(HOST, REUSE_ADDR, old)),
			  state == RUBATO_LISTEN ? -EADDRINUSE : 0)
			<< state_name(state);
		EXPECT_EQ(conflict(bound(HOST, REUSE_ADDR), bound(HOST, REUSE_ADDR, old),
				   RUBATO_BIND_BSD),
			  alone ? -EADDRINUSE : 0)
			<< state_name(state);
		EXPECT_EQ(conflict(bound(HOST, REUSE_ADDR), bound(HOST, REUSE_ADDR, old),
				   RUBATO_BIND_TIME_WAIT),
			  state == RUBATO_TIME_WAIT ? 0 : -EADDRINUSE)
			<< state_name(state);
	}
}

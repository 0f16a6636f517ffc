/* SPDX-License-Identifier: GPL-2.0-only */
/* bind(): conformance.md section 3, mode linux. 8 states x 5 address pairs x 16 option pairs. */
#include "script.h"

using namespace script;

namespace
{

constexpr u32 ANY = 0, HOST = 0x0100007f, OTHER = 0x0200007f;

/* BOUND, LISTEN, LISTEN with children, ESTABLISHED, CLOSE_WAIT, FIN_WAIT_2 and its orphan, ... */
constexpr u8 STATES[] = {RUBATO_CLOSED,	     RUBATO_LISTEN,	RUBATO_LISTEN,
			 RUBATO_ESTABLISHED, RUBATO_CLOSE_WAIT, RUBATO_FIN_WAIT_2,
			 RUBATO_FIN_WAIT_2,  RUBATO_TIME_WAIT};

rub_bound bound(u32 addr, unsigned options, u8 state = RUBATO_CLOSED)
{
	rub_bound b{};

	b.addr = addr;
	b.reuse_addr = options & 1;
	b.reuse_port = options & 2;
	b.state = state;
	b.uid = 1000;
	return b;
}

int conflict(const rub_bound &new_one, const rub_bound &old)
{
	return rub_bind_conflict(&new_one, &old, RUB_BIND_LINUX);
}

/* The table's rows for overlapping addresses, read as text: none, RA, RP, both. */
bool table_allows(unsigned old_options, unsigned new_options, bool listening)
{
	const bool both_ra = old_options & new_options & 1;
	const bool both_rp = old_options & new_options & 2;

	if (!old_options || !new_options)
		return false; /* either has no option */
	if (both_rp)
		return true; /* RP -> RP, RP -> both, both -> RP, both -> both */
	if (both_ra)
		return !listening; /* RA -> RA, RA -> both, both -> RA */
	return false;		   /* RA -> RP, RP -> RA */
}

} // namespace

TEST(Bind, All640Cells)
{
	const struct {
		u32 old_addr, new_addr;
		bool overlap;
	} pairs[] = {{HOST, HOST, true},
		     {ANY, ANY, true},
		     {ANY, HOST, true},
		     {HOST, ANY, true},
		     {HOST, OTHER, false}};
	unsigned cells = 0;

	for (u8 state : STATES) {
		for (const auto &pair : pairs) {
			for (unsigned options = 0; options < 16; options++) {
				const unsigned old_options = options & 3,
					       new_options = options >> 2;
				const bool ok =
					!pair.overlap || table_allows(old_options, new_options,
								      state == RUBATO_LISTEN);

				EXPECT_EQ(conflict(bound(pair.new_addr, new_options),
						   bound(pair.old_addr, old_options, state)),
					  ok ? 0 : -EADDRINUSE)
					<< state_name(state) << ", old options " << old_options
					<< ", new " << new_options << ", overlap " << pair.overlap;
				cells++;
			}
		}
	}
	EXPECT_EQ(cells, 640u);
}

/* A restarted server whose port has only a TIME_WAIT: both need SO_REUSEADDR. */
TEST(Bind, RestartOverTimeWait)
{
	EXPECT_EQ(conflict(bound(ANY, 0), bound(HOST, 0, RUBATO_TIME_WAIT)), -EADDRINUSE);
	EXPECT_EQ(conflict(bound(ANY, 0), bound(HOST, 1, RUBATO_TIME_WAIT)), -EADDRINUSE);
	EXPECT_EQ(conflict(bound(ANY, 1), bound(HOST, 0, RUBATO_TIME_WAIT)), -EADDRINUSE);
	EXPECT_EQ(conflict(bound(ANY, 1), bound(HOST, 1, RUBATO_TIME_WAIT)), 0);
}

/* Another user's SO_REUSEPORT opens nothing but a TIME_WAIT. */
TEST(Bind, ReusePortOfAnotherUser)
{
	for (u8 state : STATES) {
		rub_bound other = bound(HOST, 2);

		other.uid = 1001;
		EXPECT_EQ(conflict(other, bound(HOST, 2, state)),
			  state == RUBATO_TIME_WAIT ? 0 : -EADDRINUSE)
			<< state_name(state);
	}
}

/* SO_REUSEADDR asks for no owner. */
TEST(Bind, ReuseAddrOfAnotherUser)
{
	rub_bound other = bound(HOST, 1);

	other.uid = 1001;
	EXPECT_EQ(conflict(other, bound(HOST, 1, RUBATO_ESTABLISHED)), 0);
	EXPECT_EQ(conflict(other, bound(HOST, 1, RUBATO_LISTEN)), -EADDRINUSE);
}

/* "Overlap counts the bound device". */
TEST(Bind, DevicesSeparate)
{
	rub_bound a = bound(HOST, 0), b = bound(HOST, 0, RUBATO_LISTEN);

	a.ifindex = 2;
	b.ifindex = 3;
	EXPECT_EQ(conflict(a, b), 0);
	b.ifindex = 2;
	EXPECT_EQ(conflict(a, b), -EADDRINUSE);
	b.ifindex = 0;
	EXPECT_EQ(conflict(a, b), -EADDRINUSE);
	a.ifindex = 0;
	b.ifindex = 2;
	EXPECT_EQ(conflict(a, b), -EADDRINUSE);
}

/* Every other state counts as a connection, not as a listener. */
TEST(Bind, EveryStateHasARow)
{
	for (int state = RUBATO_ESTABLISHED; state <= RUBATO_STATE_MAX; state++) {
		const u8 old = static_cast<u8>(state);

		EXPECT_EQ(conflict(bound(HOST, 1), bound(HOST, 1, old)),
			  state == RUBATO_LISTEN ? -EADDRINUSE : 0)
			<< state_name(state);
	}
}

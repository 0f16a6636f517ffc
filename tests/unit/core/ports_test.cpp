/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Choosing a local port: RFC 6056 section 3.3.4, algorithm 4, with even ports for connect() and
 * odd ones for bind(). Hashes come from a fixed seed, so every run is the same.
 */
#include <algorithm>
#include <cstring>
#include <memory>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "core/ports.h"

namespace
{

/* ip_local_port_range of a new namespace. */
constexpr u16 LOW = 32768, HIGH = 60999;
constexpr u32 N_PORTS = HIGH - LOW + 1, N_EVEN = N_PORTS / 2;
constexpr u8 EVEN = 0, ODD = 1;

rub_port_range range_of(u16 low, u16 high, u8 parity)
{
	rub_port_range range{};

	range.low = low;
	range.high = high;
	range.parity = parity;
	return range;
}

const rub_port_range CONNECT = range_of(LOW, HIGH, EVEN), BIND = range_of(LOW, HIGH, ODD);

/* Everything that one search proposes. */
std::vector<int> candidates(const rub_port_range &range, u32 offset)
{
	std::vector<int> ports;
	rub_ports search;

	memset(&search, 0xa5, sizeof(search));
	rub_ports_start(&search, &range, offset);
	for (int port; (port = rub_ports_next(&search)) > 0;)
		ports.push_back(port);
	/* Once it is over, it is over. */
	EXPECT_EQ(rub_ports_next(&search), -EADDRNOTAVAIL);
	EXPECT_EQ(rub_ports_next(&search), -EADDRNOTAVAIL);
	return ports;
}

std::vector<int> sorted(std::vector<int> ports)
{
	std::sort(ports.begin(), ports.end());
	return ports;
}

std::vector<int> all_from(int low, int high)
{
	std::vector<int> ports;

	for (int port = low; port <= high; port++)
		ports.push_back(port);
	return ports;
}

/* A host that opens connections: its table, and the ports that are taken for everybody. */
class Host
{
public:
	explicit Host(unsigned seed = 6056) : rng_(seed), table_(std::make_unique<rub_port_table>())
	{
		for (u16 &slot : table_->slot)
			slot = static_cast<u16>(rng_());
	}

	u64 hash() { return rng_(); }
	rub_port_table *table() { return table_.get(); }
	/* The one that this destination's connections move. */
	u16 &slot(u64 hash) { return table_->slot[(hash >> 32) % RUB_PORT_SLOTS]; }
	void take(int port) { taken_.insert(port); }

	/* The port that connect() gets, or a negative errno. */
	int connect(u64 hash, const rub_port_range &range = CONNECT)
	{
		rub_ports search{};
		int port;

		tries = 0;
		rub_ports_start(&search, &range, rub_port_offset(table(), hash));
		while ((port = rub_ports_next(&search)) > 0) {
			tries++;
			if (taken_.count(port))
				continue;
			rub_port_advance(table(), hash, &search);
			break;
		}
		return port;
	}

	/* Candidates that the last connect() looked at. */
	unsigned tries = 0;

private:
	std::mt19937_64 rng_;
	std::unique_ptr<rub_port_table> table_;
	std::set<int> taken_;
};

/* The even port after @port. */
int next_even(int port)
{
	return port + 2 > HIGH ? LOW : port + 2;
}

bool is_every_fifth(void *, u16 port)
{
	return port % 5 == 0;
}

bool is_any(void *, u16)
{
	return true;
}

bool is_in_set(void *set, u16 port)
{
	return static_cast<std::set<int> *>(set)->count(port);
}

/* Chi-square of counts that should all be equal. */
double chi_square(const std::vector<unsigned> &counts)
{
	double total = 0, sum = 0;

	for (unsigned count : counts)
		total += count;
	const double expected = total / static_cast<double>(counts.size());
	for (unsigned count : counts)
		sum += (count - expected) * (count - expected) / expected;
	return sum;
}

/* With 63 degrees of freedom, one in a thousand fair draws exceeds this. */
constexpr double CHI_SQUARE_63 = 103.4;
constexpr unsigned BUCKETS = 64;

} // namespace

TEST(Ports, EachIsProposedOnce)
{
	std::mt19937 rng(1);
	const std::pair<u16, u16> ranges[] = {
		{LOW, HIGH},  {1, 65535},   {32769, 60998}, {40000, 40000}, {40001, 40001},
		{1000, 1001}, {1001, 1002}, {65535, 65535}, {1, 1},	    {2000, 2127},
		{2000, 2128}, {2001, 2129}, {2001, 2255}};

	for (const auto &[low, high] : ranges)
		for (u8 parity : {EVEN, ODD})
			for (u32 offset : {0xffffffffu, static_cast<u32>(rng())})
				EXPECT_EQ(sorted(candidates(range_of(low, high, parity), offset)),
					  all_from(low, high))
					<< low << "-" << high << " from " << offset;
}

TEST(Ports, AnEmptyRangeHasNone)
{
	EXPECT_TRUE(candidates(range_of(2, 1, EVEN), 5).empty());
	EXPECT_TRUE(candidates(range_of(65535, 1, ODD), 5).empty());
	EXPECT_TRUE(candidates(range_of(0, 0, EVEN), 5).empty());
}

TEST(Ports, ZeroIsNoPort)
{
	EXPECT_EQ(sorted(candidates(range_of(0, 9, EVEN), 3)), all_from(1, 9));
}

TEST(Ports, ConnectBeginsWithEvenOnesAndBindWithOddOnes)
{
	for (u32 offset : {0u, 13u, 14115u, 123456789u}) {
		const std::vector<int> connect = candidates(CONNECT, offset),
				       bind = candidates(BIND, offset);

		for (unsigned i = 0; i < RUB_PORT_RUN; i++) {
			EXPECT_EQ(connect.at(i) % 2, 0) << i;
			EXPECT_EQ(bind.at(i) % 2, 1) << i;
		}
	}
}

/* One of the other parity comes only behind a whole run of the preferred one. */
TEST(Ports, TheOtherParityWaitsForARun)
{
	const std::vector<int> ports = candidates(CONNECT, 77);
	unsigned evens = 0, odds = 0;

	for (unsigned i = 0; i < ports.size(); i++) {
		if (ports[i] % 2 == 0) {
			evens++;
			continue;
		}
		EXPECT_GE(evens,
			  std::min(odds / RUB_PORT_RUN * RUB_PORT_RUN + RUB_PORT_RUN, N_EVEN))
			<< "candidate " << i;
		odds++;
	}
	EXPECT_EQ(evens, N_EVEN);
	EXPECT_EQ(odds, N_EVEN);
}

/* A range that holds less than a run: all of one parity, then all of the other. */
TEST(Ports, ASmallRangeIsSplit)
{
	const std::vector<int> ports = candidates(range_of(5000, 5009, EVEN), 3);

	ASSERT_EQ(ports.size(), 10u);
	EXPECT_EQ(ports,
		  (std::vector<int>{5006, 5008, 5000, 5002, 5004, 5007, 5009, 5001, 5003, 5005}));
}

TEST(Ports, ReservedOnesAreSkipped)
{
	rub_port_range range = CONNECT;
	std::vector<int> expected;

	range.reserved = is_every_fifth;
	for (int port : all_from(LOW, HIGH))
		if (port % 5)
			expected.push_back(port);
	EXPECT_EQ(sorted(candidates(range, 31337)), expected);
	range.reserved = is_any;
	EXPECT_TRUE(candidates(range, 31337).empty());
}

TEST(Ports, TheReservedCallGetsItsArgument)
{
	std::set<int> kept{5001, 5004};
	rub_port_range range = range_of(5000, 5005, EVEN);

	range.reserved = is_in_set;
	range.arg = &kept;
	EXPECT_EQ(sorted(candidates(range, 9)), (std::vector<int>{5000, 5002, 5003, 5005}));
}

/* "Successive instances with the same remote endpoint will use increasing port numbers." */
TEST(Ports, OneDestinationsPortsIncrease)
{
	Host host;
	const u64 peer = host.hash();

	host.slot(peer) = 0;
	for (unsigned i = 0, port = 0; i < 3 * N_EVEN; i++) {
		const int next = host.connect(peer);

		ASSERT_EQ(next, i ? next_even(static_cast<int>(port)) : next) << i;
		ASSERT_EQ(host.tries, 1u);
		port = static_cast<unsigned>(next);
	}
}

/* A port comes again only when all of its parity were used. */
TEST(Ports, OneDestinationReusesAPortLast)
{
	Host host;
	const u64 peer = host.hash();
	std::set<int> used;

	host.slot(peer) = 0;
	for (unsigned i = 0; i < N_EVEN; i++)
		EXPECT_TRUE(used.insert(host.connect(peer)).second);
	EXPECT_FALSE(used.insert(host.connect(peer)).second);
}

TEST(Ports, TakenOnesArePassedOver)
{
	Host host;
	const u64 peer = host.hash();
	const int first = host.connect(peer), second = next_even(first), third = next_even(second);

	host.take(second);
	EXPECT_EQ(host.connect(peer), third);
	EXPECT_EQ(host.tries, 2u);
	/* The next one begins behind what was found, not behind what was taken. */
	EXPECT_EQ(host.connect(peer), next_even(third));
	EXPECT_EQ(host.tries, 1u);
}

/* Half of the range gone: found after one run, every time. */
TEST(Ports, ATakenHalfCostsOneRun)
{
	Host host;
	const u64 peer = host.hash();

	for (int port = LOW; port <= HIGH; port += 2)
		host.take(port);
	for (unsigned i = 0; i < 1000; i++) {
		EXPECT_EQ(host.connect(peer) % 2, 1);
		EXPECT_EQ(host.tries, RUB_PORT_RUN + 1);
	}
}

/* 28 k TIME_WAITs to one destination: each port looked at once, then the answer. */
TEST(Ports, ExhaustionIsSaidAfterOneLookAtEach)
{
	Host host;
	const u64 peer = host.hash();

	for (int port = LOW; port <= HIGH; port++)
		host.take(port);
	const u32 before = rub_port_offset(host.table(), peer);

	EXPECT_EQ(host.connect(peer), -EADDRNOTAVAIL);
	EXPECT_EQ(host.tries, N_PORTS);
	/* It tells the next one nothing. */
	EXPECT_EQ(rub_port_offset(host.table(), peer), before);
}

/* The last free one is found, wherever it is. */
TEST(Ports, TheLastFreeOneIsFound)
{
	for (int free : {int{LOW}, LOW + 1, 45678, HIGH - 1, int{HIGH}}) {
		Host host;

		for (int port = LOW; port <= HIGH; port++)
			if (port != free)
				host.take(port);
		EXPECT_EQ(host.connect(host.hash()), free);
	}
}

/* A connection to one destination does not move those of the others. */
TEST(Ports, IncrementsAreSeparate)
{
	Host host;
	const u64 peer = 0x1'1234'5678, other = 0x2'8765'4321;
	const u32 before = rub_port_offset(host.table(), other);

	for (unsigned i = 0; i < 100; i++)
		host.connect(peer);
	EXPECT_EQ(rub_port_offset(host.table(), other), before);
}

/* Two destinations that share a slot share increments, and not the sequence. */
TEST(Ports, ASharedSlotIsNoSharedSequence)
{
	Host host;
	const u64 peer = 0x1'1234'5678, other = 0x1'8765'4321;
	const u32 before = rub_port_offset(host.table(), other);

	host.slot(peer) = 0;
	host.connect(peer);
	host.connect(peer);
	EXPECT_NE(host.connect(other), next_even(host.connect(peer)));
	EXPECT_NE(rub_port_offset(host.table(), other), before);
}

/* The slot is an unsigned short: at its end the search goes on with a port of the range. */
TEST(Ports, TheSlotWraps)
{
	Host host;
	const u64 peer = host.hash();
	u16 &slot = host.slot(peer);

	slot = 0xffff;
	EXPECT_GE(host.connect(peer), int{LOW});
	EXPECT_EQ(slot, 0);
	EXPECT_GE(host.connect(peer), int{LOW});
	EXPECT_EQ(slot, 1);
}

/* The greatest hash neither leaves the range nor leaps between two neighbours. */
TEST(Ports, TheSumDoesNotWrap)
{
	Host host;
	const u64 peer = ~0ULL;
	u16 &slot = host.slot(peer);

	slot = 0;
	for (int port = host.connect(peer); slot < 0xfff0;) {
		const int before = port;

		port = host.connect(peer);
		ASSERT_EQ(port, next_even(before)) << slot;
	}
}

/* F() is as wide as can be: 31 bits of the hash, none of them G()'s. */
TEST(Ports, EveryBitOfTheHashMoves)
{
	const auto table = std::make_unique<rub_port_table>();
	const u32 offset = rub_port_offset(table.get(), 0);

	for (unsigned bit = 1; bit < 32; bit++)
		EXPECT_NE(rub_port_offset(table.get(), 1ULL << bit), offset) << bit;
	EXPECT_EQ(rub_port_offset(table.get(), 1ULL << 32), offset);
}

/* First ports of many destinations: every sixty-fourth of the range as often as any other. */
TEST(Ports, DestinationsSpread)
{
	Host host;
	std::vector<unsigned> counts(BUCKETS);

	for (unsigned i = 0; i < 64 * 1024; i++) {
		const int port = host.connect(host.hash());

		ASSERT_GE(port, int{LOW});
		ASSERT_LE(port, int{HIGH});
		counts.at((port - LOW) * BUCKETS / N_PORTS)++;
	}
	EXPECT_LT(chi_square(counts), CHI_SQUARE_63);
}

/* Who knows the ports to one destination learns nothing of those to another. */
TEST(Ports, DestinationsDoNotCorrelate)
{
	Host host;
	std::vector<unsigned> counts(BUCKETS);

	for (unsigned i = 0; i < 64 * 1024; i++) {
		const u64 peer = host.hash();
		/* The nearest that two inputs of a keyed hash can be told apart: no bit in common.
		 */
		const int mine = host.connect(peer), other = host.connect(host.hash());

		counts.at((other - mine + N_PORTS) % N_PORTS * BUCKETS / N_PORTS)++;
	}
	EXPECT_LT(chi_square(counts), CHI_SQUARE_63);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * bind() and the choice of a port, against conformance.md section 3 written down naively: a socket
 * receives what is sent to some addresses by some devices, and two of them overlap if there is
 * anything that both would receive.
 *
 * A host with a few ports lets sockets in, at a port that is named or at one that is searched for:
 * nobody gets in beside a socket that conflicts with it, and a search fails only if every port
 * does. A search proposes each port of any range once, but for reserved ones, the preferred parity
 * first, and goes on behind the last one for the same destination (RFC 6056 section 3.3.4).
 *
 * Input: mode, range, offset, reserved ports; then sockets.
 */
#include <algorithm>
#include <cstring>
#include <set>
#include <vector>

#include "core/bind.h"
#include "core/ports.h"
#include "fuzz.h"

namespace
{

using fuzz::Input;

/* Addresses that a host may have, two of each family. */
enum Real { V4_ONE, V4_OTHER, V6_ONE, V6_OTHER, N_REAL };
constexpr u32 DEVICES = 3, FEW_PORTS = 24;

rub_address v6(u8 last)
{
	rub_address a = {};

	a.b[15] = last;
	return a;
}

rub_address real(u32 which)
{
	static const rub_address all[N_REAL] = {rub_address_v4(0x0100007f),
						rub_address_v4(0x0200007f), v6(1), v6(2)};

	return all[which];
}

bool same(const rub_address &a, const rub_address &b)
{
	return !memcmp(a.b, b.b, sizeof(a.b));
}

/* Does @s receive what is sent to @to by device @by? */
bool receives(const rub_bound &s, u32 to, u32 by)
{
	const bool v4 = to < V6_ONE;

	if (s.ifindex && s.ifindex != by)
		return false;
	if (same(s.addr, v6(0)))
		return !v4 || !s.v6only;
	if (same(s.addr, rub_address_v4(0)))
		return v4;
	return same(s.addr, real(to));
}

bool overlap(const rub_bound &a, const rub_bound &b)
{
	for (u32 to = 0; to < N_REAL; to++)
		for (u32 by = 1; by <= DEVICES; by++)
			if (receives(a, to, by) && receives(b, to, by))
				return true;
	return false;
}

/* "conflict = overlap && !(RA_new && RA_old && old != LISTEN) && !(RP_new && RP_old && ...)" */
bool linux_conflict(const rub_bound &asks, const rub_bound &has)
{
	const bool ra = asks.reuse_addr && has.reuse_addr && has.state != RUBATO_LISTEN;
	const bool rp = asks.reuse_port && has.reuse_port &&
			(asks.uid == has.uid || has.state == RUBATO_TIME_WAIT);

	return !ra && !rp;
}

/*
 * "New without option: conflicts with any overlapping socket in any state. New with RA: conflicts
 * only with an unconnected socket on exactly the same address. New with RP: as RA, but passes when
 * the old one has RP too."
 */
bool bsd_conflict(const rub_bound &asks, const rub_bound &has)
{
	const bool connected = has.state != RUBATO_CLOSED && has.state != RUBATO_LISTEN;

	if (!asks.reuse_addr && !asks.reuse_port)
		return true;
	if (asks.reuse_port && has.reuse_port)
		return false;
	return !connected && same(asks.addr, has.addr);
}

bool conflict(const rub_bound &asks, const rub_bound &has, rubato_bind_mode mode)
{
	if (!overlap(asks, has))
		return false;
	switch (mode) {
	case RUBATO_BIND_BSD:
		return bsd_conflict(asks, has);
	case RUBATO_BIND_TIME_WAIT:
		/* "Only the new socket's RA is asked; only TIME_WAIT yields." */
		return !(asks.reuse_addr && has.state == RUBATO_TIME_WAIT);
	default:
		return linux_conflict(asks, has);
	}
}

rub_bound socket_of(Input &in)
{
	const u8 how = in.byte(), where = in.byte();
	rub_bound s = {};

	switch (where & 7) {
	case 0:
		s.addr = v6(0);
		break;
	case 1:
		s.addr = rub_address_v4(0);
		break;
	default:
		s.addr = real(where % N_REAL);
	}
	s.v6only = how & 1;
	s.reuse_addr = how & 2;
	s.reuse_port = how & 4;
	s.uid = how >> 3 & 1;
	s.ifindex = (where >> 4) % (DEVICES + 1);
	s.state = static_cast<u8>(RUBATO_ESTABLISHED + (how >> 4) % RUBATO_STATE_MAX);
	return s;
}

struct Reserved {
	u8 step = 0; /* every so manieth port */
	std::set<u16> more;

	bool has(u16 port) const { return (step && port % step == 0) || more.count(port); }
};

bool is_reserved(void *arg, u16 port)
{
	return static_cast<const Reserved *>(arg)->has(port);
}

/* The ports of a range that a search may propose, by a look at each. */
std::vector<u16> all_of(const rub_port_range &range, const Reserved &reserved)
{
	std::vector<u16> ports;

	for (u32 port = std::max<u32>(range.low, 1); port <= range.high; port++)
		if (!reserved.has(static_cast<u16>(port)))
			ports.push_back(static_cast<u16>(port));
	return ports;
}

/* Every port once. */
void search_all(const rub_port_range &range, const Reserved &reserved, u32 offset)
{
	std::vector<u16> found;
	rub_ports search = {};
	u32 others = 0;
	int port;

	rub_ports_start(&search, &range, offset);
	while ((port = rub_ports_next(&search)) > 0) {
		const bool preferred = (port & 1) == (range.parity & 1);

		EXPECT(port >= range.low && port <= range.high);
		found.push_back(static_cast<u16>(port));
		others += !preferred;
		/* A run of the preferred parity comes before each of the other's; all of it if
		 * short. */
		if (!reserved.step && reserved.more.empty() && !preferred) {
			const std::size_t wanted = found.size() - others;
			const std::size_t most = search.n[0];

			EXPECT(wanted == most || wanted >= others);
			EXPECT(others > 1 || wanted == std::min<std::size_t>(most, RUB_PORT_RUN));
		}
	}
	EXPECT(port == -EADDRNOTAVAIL && rub_ports_next(&search) == -EADDRNOTAVAIL);
	std::sort(found.begin(), found.end());
	EXPECT(found == all_of(range, reserved));
}

/* One destination's ports follow each other; another one's do not move. */
void search_again(const rub_port_range &range, u64 hash, u16 slot)
{
	static rub_port_table table;
	u16 &its = table.slot[(hash >> 32) % RUB_PORT_SLOTS];
	rub_ports search = {};
	u32 last = 0;

	its = slot;
	for (u32 i = 0; i < 8; i++) {
		const u16 before = its;

		rub_ports_start(&search, &range, rub_port_offset(&table, hash));
		const int port = rub_ports_next(&search);

		if (port < 0 || range.reserved || !search.n[0])
			break;
		if (i && before) {
			/* The next of its parity, or the first. */
			const u32 next = last + 2 > range.high ? search.first[0] : last + 2;

			EXPECT(static_cast<u32>(port) == next);
		}
		last = static_cast<u32>(port);
		rub_port_advance(&table, hash, &search);
		EXPECT(its == static_cast<u16>(before + 1));
		if (!its)
			break; /* RFC 6056's table[] wraps */
	}
	its = 0;
}

/* Sockets come, at a named port or at any. */
class Ports
{
public:
	Ports(Input &input, rubato_bind_mode m, const rub_port_range &r, const Reserved &v)
		: in(input), mode(m), range(r), reserved(v), users(FEW_PORTS)
	{
	}

	void run()
	{
		while (!in.empty()) {
			const u8 which = in.byte();
			rub_bound s = socket_of(in);

			if (which & 0x80)
				bind_any(s, in.number());
			else
				bind_one(s, which % FEW_PORTS);
		}
	}

private:
	/* By the core. */
	bool is_free(const rub_bound &s, u32 port) const
	{
		bool free = true;

		for (const rub_bound &old : users[port]) {
			const int err = rub_bind_conflict(&s, &old, mode);

			EXPECT(err == (conflict(s, old, mode) ? -EADDRINUSE : 0));
			free = free && !err;
		}
		return free;
	}
	void bind_one(const rub_bound &s, u32 port)
	{
		if (is_free(s, port))
			users[port].push_back(s);
		else if (!users[port].empty() && s.state == RUBATO_CLOSED)
			users[port].pop_back(); /* the last one goes */
	}
	void bind_any(const rub_bound &s, u32 offset)
	{
		rub_ports search = {};
		int port;

		rub_ports_start(&search, &range, offset);
		while ((port = rub_ports_next(&search)) > 0)
			if (is_free(s, static_cast<u32>(port) % FEW_PORTS))
				break;
		if (port > 0) {
			EXPECT(!reserved.has(static_cast<u16>(port)));
			users[static_cast<u32>(port) % FEW_PORTS].push_back(s);
			return;
		}
		for (const u16 each : all_of(range, reserved)) {
			bool taken = false;

			for (const rub_bound &old : users[each % FEW_PORTS])
				taken |= conflict(s, old, mode);
			EXPECT(taken);
		}
	}

	Input &in;
	const rubato_bind_mode mode;
	const rub_port_range &range;
	const Reserved &reserved;
	std::vector<std::vector<rub_bound>> users; /* by port, modulo so many */
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
	Input in(data, size);
	const u8 how = in.byte();
	const rubato_bind_mode mode = static_cast<rubato_bind_mode>(how % (RUBATO_BIND_MAX + 1));
	Reserved reserved;
	rub_port_range range = {};

	if (how & 0x10)
		reserved.step = in.byte() % 8;
	for (u32 i = 0; i < (how >> 5); i++)
		reserved.more.insert(static_cast<u16>(40000 + in.byte() % 32));
	range.parity = how >> 2 & 3;
	/* Mostly a few ports; up to any bound. */
	range.low = how & 0x08 ? in.word() : static_cast<u16>(40000 + in.byte() % 8);
	range.high = static_cast<u16>(std::min<u32>(
		range.low + (how & 0x08 ? in.word() % 1000U : in.byte() % FEW_PORTS), 65535));
	if (how & 0x08 && in.byte() == 0xff)
		std::swap(range.low, range.high);
	if (reserved.step || !reserved.more.empty()) {
		range.reserved = is_reserved;
		range.arg = &reserved;
	}
	const u32 offset = in.number();

	search_all(range, reserved, offset);
	search_again(range, in.wide(), in.word());
	Ports(in, mode, range, reserved).run();
	return 0;
}

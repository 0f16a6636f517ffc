/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conformance.md section 3, mode linux, asked of Linux: each cell of bind_table.h with real
 * sockets, beside what the table says and what the core says.
 */
#include <array>
#include <cerrno>
#include <iostream>
#include <vector>

#include <arpa/inet.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "core/bind_table.h"
#include "namespace.h"
#include "sockets.h"

using namespace bind_table;
using linux_tcp::Fd;

namespace
{

uint32_t ipv4(Address address)
{
	switch (address) {
	case Address::ANY:
		return linux_tcp::ANY;
	case Address::ONE:
		return linux_tcp::ONE;
	default:
		return linux_tcp::OTHER;
	}
}

Fd socket_with(unsigned options, int family = AF_INET)
{
	Fd fd = linux_tcp::open_socket(family);

	linux_tcp::set_option(fd, SOL_SOCKET, SO_REUSEADDR, options & REUSE_ADDR ? 1 : 0);
	linux_tcp::set_option(fd, SOL_SOCKET, SO_REUSEPORT, options & REUSE_PORT ? 1 : 0);
	return fd;
}

/* A port that no cell has used: what a port has seen colours the kernel's later answers. */
uint16_t fresh_port()
{
	static uint16_t port = 10000;

	return ++port;
}

/* Takes a connection from ESTABLISHED to @state, from the accepted side; keeps what keeps it. */
std::vector<Fd> advance(State state, Fd accepted, Fd client, uint16_t port)
{
	const uint16_t peer = linux_tcp::local_port(client);
	std::vector<Fd> kept;

	switch (state) {
	case CLOSE_WAIT:
		shutdown(client.get(), SHUT_WR);
		linux_tcp::wait_for_state(port, peer, TCP_CLOSE_WAIT);
		break;
	case FIN_WAIT_2:
		shutdown(accepted.get(), SHUT_WR);
		linux_tcp::wait_for_state(port, peer, TCP_FIN_WAIT2);
		break;
	case FIN_WAIT_2_ORPHAN:
		accepted.close();
		linux_tcp::wait_for_state(port, peer, TCP_FIN_WAIT2);
		break;
	case TIME_WAIT:
		accepted.close();
		linux_tcp::wait_for_state(peer, port, TCP_CLOSE_WAIT);
		client.close();
		linux_tcp::wait_for_state(port, peer, TCP_TIME_WAIT);
		break;
	default:
		linux_tcp::wait_for_state(port, peer, TCP_ESTABLISHED);
	}
	kept.push_back(std::move(accepted));
	kept.push_back(std::move(client));
	return kept;
}

/* The old socket of a cell, or what is left of it. */
std::vector<Fd> old_one(const Cell &cell, uint16_t port)
{
	Fd fd = socket_with(cell.old_options), client = linux_tcp::open_socket();
	std::vector<Fd> kept;

	linux_tcp::require(linux_tcp::bind_to(fd, ipv4(cell.addresses.old_one), port));
	if (cell.state != BOUND)
		linux_tcp::require(linux_tcp::listen_on(fd));
	if (cell.state != BOUND && cell.state != LISTEN) {
		linux_tcp::require(linux_tcp::connect_to(client, linux_tcp::ONE, port));
		Fd accepted = linux_tcp::accept_one(fd);

		if (cell.state != LISTEN_WITH_CHILDREN)
			fd.close();
		kept = advance(cell.state, std::move(accepted), std::move(client), port);
	}
	kept.push_back(std::move(fd));
	return kept;
}

/* bind(), then listen(), which asks once more. */
int bind_and_listen(const Fd &fd, uint32_t address, uint16_t port)
{
	const int err = linux_tcp::bind_to(fd, address, port);

	return err ? err : linux_tcp::listen_on(fd);
}

int ask_linux(const Cell &cell)
{
	const uint16_t port = fresh_port();
	const std::vector<Fd> kept = old_one(cell, port);

	return bind_and_listen(socket_with(cell.new_options), ipv4(cell.addresses.new_one), port);
}

rub_bound bound(Address address, unsigned options, uint8_t state)
{
	rub_bound b{};

	b.addr = rub_address_v4(htonl(ipv4(address)));
	b.reuse_addr = options & REUSE_ADDR;
	b.reuse_port = options & REUSE_PORT;
	b.state = state;
	return b;
}

int ask_core(const Cell &cell)
{
	constexpr std::array<uint8_t, N_STATES> states{
		RUBATO_CLOSED,	   RUBATO_LISTEN,     RUBATO_LISTEN,	 RUBATO_ESTABLISHED,
		RUBATO_CLOSE_WAIT, RUBATO_FIN_WAIT_2, RUBATO_FIN_WAIT_2, RUBATO_TIME_WAIT};
	const rub_bound new_one = bound(cell.addresses.new_one, cell.new_options, RUBATO_CLOSED);
	const rub_bound old =
		bound(cell.addresses.old_one, cell.old_options, states.at(cell.state));

	return rub_bind_conflict(&new_one, &old, RUBATO_BIND_LINUX);
}

/* A socket on an address of either family; any failure but EADDRINUSE would be the test's own. */
int bind_name(Fd &fd, Name name, uint16_t port)
{
	in6_addr six{};
	in_addr four{};

	if (name == V4_ANY || name == V4_ONE || name == V4_OTHER) {
		fd = socket_with(0);
		EXPECT_EQ(inet_pton(AF_INET, text(name), &four), 1);
		return linux_tcp::bind_to(fd, ntohl(four.s_addr), port);
	}
	fd = socket_with(0, AF_INET6);
	linux_tcp::set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY,
			      name == V6_ONLY || name == V6_ONE_ONLY);
	const char *address = name == V6_ONLY ? "::" : name == V6_ONE_ONLY ? "::1" : text(name);

	EXPECT_EQ(inet_pton(AF_INET6, address, &six), 1);
	return linux_tcp::bind_to(fd, six, port);
}

using LinuxBind = linux_tcp::OwnNamespace;

/* Sockets made while it lives belong to another user. */
class AsNobody
{
public:
	AsNobody() { setfsuid(NOBODY); }
	~AsNobody() { setfsuid(geteuid()); }
	AsNobody(const AsNobody &) = delete;
	AsNobody &operator=(const AsNobody &) = delete;
	/* setfsuid() never says that it failed; it tells the one before. */
	bool is() const { return geteuid() != NOBODY && setfsuid(NOBODY) == NOBODY; }

private:
	static constexpr int NOBODY = 65534;
};

} // namespace

TEST_F(LinuxBind, All640Cells)
{
	unsigned cells = 0, differ = 0;

	for (const Cell &cell : all_cells()) {
		const int table = allows(RUBATO_BIND_LINUX, cell) ? 0 : -EADDRINUSE;
		const int kernel = ask_linux(cell), core = ask_core(cell);

		cells++;
		if (kernel == table && core == table)
			continue;
		differ++;
		ADD_FAILURE() << name(cell) << ": Linux " << kernel << ", table " << table
			      << ", core " << core;
	}
	std::cout << "bind: " << cells << " cells, " << differ << " differ\n";
	EXPECT_EQ(cells, 640u);
}

TEST_F(LinuxBind, SecondListenIsRefusedUntilTheFirstCloses)
{
	const uint16_t port = fresh_port();
	Fd first = socket_with(REUSE_ADDR), second = socket_with(REUSE_ADDR);

	ASSERT_EQ(linux_tcp::bind_to(first, linux_tcp::ONE, port), 0);
	ASSERT_EQ(linux_tcp::bind_to(second, linux_tcp::ONE, port), 0);
	ASSERT_EQ(linux_tcp::listen_on(first), 0);
	EXPECT_EQ(linux_tcp::listen_on(second), -EADDRINUSE);
	first.close();
	EXPECT_EQ(linux_tcp::listen_on(second), 0);
}

TEST_F(LinuxBind, OptionCountsWhenItIsSetAfterBind)
{
	const uint16_t port = fresh_port();
	Fd first = socket_with(0), second = socket_with(REUSE_ADDR);

	ASSERT_EQ(linux_tcp::bind_to(first, linux_tcp::ONE, port), 0);
	ASSERT_EQ(linux_tcp::bind_to(second, linux_tcp::ONE, port), -EADDRINUSE);
	linux_tcp::set_option(first, SOL_SOCKET, SO_REUSEADDR, 1);
	EXPECT_EQ(linux_tcp::bind_to(second, linux_tcp::ONE, port), 0);
}

/* RP with another uid: EADDRINUSE against LISTEN and ESTABLISHED, ok against TIME_WAIT. */
TEST_F(LinuxBind, ReusePortOfAnotherUser)
{
	for (State state : {LISTEN, ESTABLISHED, TIME_WAIT}) {
		const uint16_t port = fresh_port();
		const Cell cell{state, PAIRS[0], REUSE_PORT, REUSE_PORT};
		const std::vector<Fd> kept = old_one(cell, port);
		const AsNobody nobody;

		if (!nobody.is())
			GTEST_SKIP() << "cannot become another user";
		EXPECT_EQ(bind_and_listen(socket_with(REUSE_PORT), linux_tcp::ONE, port),
			  state == TIME_WAIT ? 0 : -EADDRINUSE)
			<< name(cell);
	}
}

/* Which addresses of the two families are in each other's way. */
TEST_F(LinuxBind, FamiliesOverlap)
{
	for (unsigned i = 0; i < N_NAMES; i++) {
		for (unsigned j = 0; j < N_NAMES; j++) {
			const Name a = static_cast<Name>(i), b = static_cast<Name>(j);
			const uint16_t port = fresh_port();
			Fd first, second;

			ASSERT_EQ(bind_name(first, a, port), 0) << text(a);
			EXPECT_EQ(bind_name(second, b, port), overlap(a, b) ? -EADDRINUSE : 0)
				<< text(b) << " beside " << text(a);
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conformance.md section 2 asked of Linux: a client's TIME_WAIT, and a second connect() over the
 * same four numbers.
 */
#include <cerrno>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>

#include "core/reuse_table.h"
#include "namespace.h"
#include "sockets.h"

using namespace reuse_table;
using linux_tcp::Fd;

namespace
{

using steady = std::chrono::steady_clock;

/* tcp_tw_reuse_delay's default; before 6.14 a constant, in whole seconds of the clock. */
constexpr auto DELAY = std::chrono::seconds(1);

/* The only port that connect() may pick, and the one that is bound. */
constexpr uint16_t PICKED = 40000, BOUND = 30000;

/* A server's port that no attempt has used: none must meet the TIME_WAIT of another. */
uint16_t fresh_port()
{
	static uint16_t port = 20000;

	return ++port;
}

Fd client(Port port)
{
	Fd fd = linux_tcp::open_socket();

	linux_tcp::set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (port == Port::BOUND)
		linux_tcp::require(linux_tcp::bind_to(fd, linux_tcp::ONE, BOUND));
	return fd;
}

/* A server, and what is between it and a client's port. */
class Server
{
public:
	Server() : listener_(linux_tcp::open_socket()), port_(fresh_port())
	{
		linux_tcp::require(linux_tcp::bind_to(listener_, linux_tcp::ONE, port_));
		linux_tcp::require(linux_tcp::listen_on(listener_));
	}

	int connect(const Fd &fd) const { return linux_tcp::connect_to(fd, linux_tcp::ONE, port_); }

	int connect(Port port) const { return connect(client(port)); }

	/* The client closed first, the server after it or not at all. */
	void make_time_wait(Port port) const { close_client(port).close(); }
	Fd make_fin_wait_2(Port port) const { return close_client(port); }

	void wait_for_client(Port port, int state) const
	{
		linux_tcp::wait_for_state(port == Port::BOUND ? BOUND : PICKED, port_, state);
	}

private:
	Fd close_client(Port port) const
	{
		Fd fd = client(port);

		linux_tcp::require(connect(fd));
		const uint16_t local = linux_tcp::local_port(fd);
		Fd accepted = linux_tcp::accept_one(listener_);

		fd.close();
		linux_tcp::wait_for_state(port_, local, TCP_CLOSE_WAIT);
		return accepted;
	}

	Fd listener_;
	uint16_t port_;
};

/* One cell of the table: a row, with timestamps or without. */
struct Cell {
	const Row &row;
	bool timestamps;

	int expected() const
	{
		return (timestamps ? row.with_timestamps : row.without) ? 0 : -EADDRNOTAVAIL;
	}
	std::string name() const
	{
		return std::string(row.name) + (timestamps ? ", timestamps" : ", no timestamps");
	}
	void set_up() const
	{
		linux_tcp::set_sysctl("tcp_tw_reuse", row.tw_reuse ? "1" : "0");
		linux_tcp::set_sysctl("tcp_timestamps", timestamps ? "1" : "0");
	}
	void make_time_wait(const Server &server) const
	{
		set_up();
		server.make_time_wait(row.port);
		server.wait_for_client(row.port, TCP_TIME_WAIT);
	}
};

std::vector<Cell> cells(Age age)
{
	std::vector<Cell> all;

	for (const Row &row : ROWS)
		if (row.age == age)
			for (bool timestamps : {true, false})
				all.push_back({row, timestamps});
	return all;
}

void wait_until(steady::time_point then)
{
	while (steady::now() < then)
		poll(nullptr, 0, 10);
}

/* The verdict while the entry is young by any clock: once more if a second began meanwhile. */
int ask_young(const Cell &cell)
{
	using std::chrono::floor, std::chrono::seconds;

	for (;;) {
		const Server server;
		const auto began = floor<seconds>(steady::now());

		cell.make_time_wait(server);
		const int verdict = server.connect(cell.row.port);

		if (floor<seconds>(steady::now()) == began)
			return verdict;
	}
}

class LinuxReuse : public linux_tcp::OwnNamespace
{
protected:
	void SetUp() override
	{
		OwnNamespace::SetUp();
		if (!IsSkipped())
			linux_tcp::set_sysctl("ip_local_port_range",
					      std::to_string(PICKED) + " " +
						      std::to_string(PICKED));
	}

	void TearDown() override
	{
		if (!IsSkipped())
			linux_tcp::set_sysctl("ip_local_port_range", "32768 60999");
	}
};

} // namespace

TEST_F(LinuxReuse, YoungRows)
{
	for (const Cell &cell : cells(Age::YOUNGER))
		EXPECT_EQ(ask_young(cell), cell.expected()) << cell.name();
}

/* All of them grow old together. */
TEST_F(LinuxReuse, OldRows)
{
	const std::vector<Cell> all = cells(Age::OLDER);
	const std::vector<Server> servers(all.size());

	for (size_t i = 0; i < all.size(); i++)
		all[i].make_time_wait(servers[i]);
	wait_until(steady::now() + 2 * DELAY);
	for (size_t i = 0; i < all.size(); i++) {
		all[i].set_up();
		EXPECT_EQ(servers[i].connect(all[i].row.port), all[i].expected()) << all[i].name();
	}
}

/* An ESTABLISHED tuple is nobody else's; another peer on the same local port is. */
TEST_F(LinuxReuse, EstablishedTupleIsTaken)
{
	const Server server, elsewhere;
	const Fd first = client(Port::BOUND), second = client(Port::BOUND);

	EXPECT_EQ(server.connect(first), 0);
	EXPECT_EQ(server.connect(second), -EADDRNOTAVAIL);
	EXPECT_EQ(elsewhere.connect(second), 0);
}

/*
 * "Never from FIN_WAIT_2." Linux makes an exception for an orphan's tuple whose port was bound,
 * which rubato does not (Documentation/differences.md).
 */
TEST_F(LinuxReuse, FinWait2IsNotReused)
{
	const Server server;

	linux_tcp::set_sysctl("tcp_tw_reuse", "1");
	linux_tcp::set_sysctl("tcp_timestamps", "1");
	const Fd accepted = server.make_fin_wait_2(Port::PICKED);

	server.wait_for_client(Port::PICKED, TCP_FIN_WAIT2);
	wait_until(steady::now() + 2 * DELAY);
	EXPECT_EQ(server.connect(Port::PICKED), -EADDRNOTAVAIL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#include "sockets.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>

#include <poll.h>
#include <unistd.h>

namespace linux_tcp
{

namespace
{

int answer(int result)
{
	return result < 0 ? -errno : 0;
}

[[noreturn]] void fail(const char *what)
{
	throw std::system_error(errno, std::generic_category(), what);
}

sockaddr_in ipv4(uint32_t address, uint16_t port)
{
	sockaddr_in a{};

	a.sin_family = AF_INET;
	a.sin_addr.s_addr = htonl(address);
	a.sin_port = htons(port);
	return a;
}

/* A connection as the kernel lists it. */
struct Listed {
	int state = 0, timer = -1; /* 0 and -1: it is not there */
};

Listed listed(uint16_t local, uint16_t peer)
{
	std::ifstream file("/proc/thread-self/net/tcp");
	std::string line;
	unsigned from = 0, to = 0, state = 0, timer = 0;

	while (std::getline(file, line))
		if (sscanf(line.c_str(), "%*d: %*x:%x %*x:%x %x %*x:%*x %*x:%x", &from, &to, &state,
			   &timer) == 4 &&
		    from == local && to == peer)
			return {static_cast<int>(state), static_cast<int>(timer)};
	return {};
}

} // namespace

void Fd::close()
{
	if (fd_ >= 0)
		::close(std::exchange(fd_, -1));
}

Fd open_socket(int family)
{
	Fd fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));

	if (fd.get() < 0)
		fail("socket");
	return fd;
}

void set_option(const Fd &fd, int level, int option, int value)
{
	if (setsockopt(fd.get(), level, option, &value, sizeof(value)))
		fail("setsockopt");
}

int bind_to(const Fd &fd, uint32_t address, uint16_t port)
{
	const sockaddr_in a = ipv4(address, port);

	return answer(bind(fd.get(), reinterpret_cast<const sockaddr *>(&a), sizeof(a)));
}

int bind_to(const Fd &fd, const in6_addr &address, uint16_t port)
{
	sockaddr_in6 a{};

	a.sin6_family = AF_INET6;
	a.sin6_addr = address;
	a.sin6_port = htons(port);
	return answer(bind(fd.get(), reinterpret_cast<const sockaddr *>(&a), sizeof(a)));
}

int listen_on(const Fd &fd)
{
	return answer(listen(fd.get(), 5));
}

int connect_to(const Fd &fd, uint32_t address, uint16_t port)
{
	const sockaddr_in a = ipv4(address, port);

	return answer(connect(fd.get(), reinterpret_cast<const sockaddr *>(&a), sizeof(a)));
}

Fd accept_one(const Fd &listener)
{
	Fd fd(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));

	if (fd.get() < 0)
		fail("accept");
	return fd;
}

uint16_t local_port(const Fd &fd)
{
	sockaddr_in a{};
	socklen_t len = sizeof(a);

	if (getsockname(fd.get(), reinterpret_cast<sockaddr *>(&a), &len))
		fail("getsockname");
	return ntohs(a.sin_port);
}

void require(int answer)
{
	if (answer)
		throw std::system_error(-answer, std::generic_category(), "socket call");
}

int time_left(uint16_t local, uint16_t peer)
{
	const Listed entry = listed(local, peer);

	return entry.state == TCP_TIME_WAIT ? entry.timer : -1;
}

void wait_for_state(uint16_t local, uint16_t peer, int state)
{
	using clock = std::chrono::steady_clock;
	const clock::time_point deadline = clock::now() + std::chrono::seconds(10);

	while (listed(local, peer).state != state) {
		if (clock::now() > deadline)
			throw std::runtime_error("port " + std::to_string(local) +
						 " never comes to state " + std::to_string(state));
		poll(nullptr, 0, 1);
	}
}

} // namespace linux_tcp

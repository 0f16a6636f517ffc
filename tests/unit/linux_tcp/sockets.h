/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets of the kernel's TCP, and the states that they are in. */
#ifndef RUBATO_TESTS_LINUX_TCP_SOCKETS_H
#define RUBATO_TESTS_LINUX_TCP_SOCKETS_H

#include <cstdint>
#include <utility>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace linux_tcp
{

/* A descriptor that is closed when it goes. */
class Fd
{
public:
	Fd() = default;
	explicit Fd(int fd) : fd_(fd) {}
	Fd(Fd &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
	Fd &operator=(Fd &&other) noexcept
	{
		std::swap(fd_, other.fd_);
		return *this;
	}
	Fd(const Fd &) = delete;
	Fd &operator=(const Fd &) = delete;
	~Fd() { close(); }

	int get() const { return fd_; }
	void close();

private:
	int fd_ = -1;
};

constexpr uint32_t ANY = INADDR_ANY, ONE = INADDR_LOOPBACK, OTHER = INADDR_LOOPBACK + 1;

/* What must not fail throws; what the tests ask about answers 0 or a negative errno. */
Fd open_socket(int family = AF_INET);
void set_option(const Fd &fd, int level, int option, int value);
int bind_to(const Fd &fd, uint32_t address, uint16_t port);
int bind_to(const Fd &fd, const in6_addr &address, uint16_t port);
int listen_on(const Fd &fd);
int connect_to(const Fd &fd, uint32_t address, uint16_t port);
Fd accept_one(const Fd &listener);
uint16_t local_port(const Fd &fd);
/* Throws unless @answer is 0. */
void require(int answer);

/* Waits until the connection between these two ports is in @state (TCP_*); throws if it never is.
 */
void wait_for_state(uint16_t local, uint16_t peer, int state);

/* Hundredths of a second until the TIME_WAIT between these two ports ends; -1 if there is none. */
int time_left(uint16_t local, uint16_t peer);

} // namespace linux_tcp

#endif

// SPDX-License-Identifier: GPL-2.0-only
// A generic netlink socket connected to the family "rubato" of the namespace it was opened in.
#pragma once

#include <rubato/message.hpp>

#include <netlink/socket.h>

#include <memory>
#include <vector>

namespace rubato
{

// Enters /run/netns/NAME for all sockets opened from now on, and for children.
Result<void> enter_namespace(const std::string &name);

class Socket
{
public:
	// Says what to do if the module is not there.
	static Result<Socket> open();

	int family() const { return family_; }
	int fd() const;
	Result<void> send(nl_msg *message);
	Result<void> join(const char *family, const char *group);

	// One datagram from the kernel. An error's code is the errno: EAGAIN when nothing came in
	// time, ENOBUFS when the kernel had to drop some.
	Result<Bytes> receive(int flags = 0);

private:
	struct Deleter {
		void operator()(nl_sock *socket) const { nl_socket_free(socket); }
	};

	explicit Socket(nl_sock *socket) : socket_(socket) {}

	std::unique_ptr<nl_sock, Deleter> socket_;
	std::vector<std::byte> buffer_;
	int family_ = 0;
};

} // namespace rubato

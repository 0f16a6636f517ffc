// SPDX-License-Identifier: GPL-2.0-only
// Asks and tells the kernel, one request at a time.
#pragma once

#include <rubato/reply.hpp>
#include <rubato/socket.hpp>

namespace rubato
{

class Client
{
public:
	static Result<Client> open();

	Result<Info> info();
	Result<Policy> policy();
	// All or nothing.
	Result<void> set_policy(const PolicyChange &change);
	// Reads again when the table changed meanwhile; SocketList tells if it never held still.
	Result<SocketList> sockets(const SocketFilter &filter);
	Result<Stats> stats();

private:
	explicit Client(Socket socket) : socket_(std::move(socket)) {}

	// True if the dump was interrupted.
	Result<bool> exchange(nl_msg *request, const Reply::Sink &sink);
	template <typename T>
	Result<T> get(std::uint8_t command, Result<T> (*parse)(Bytes));
	Result<SocketList> sockets_once(const SocketFilter &filter);

	Socket socket_;
};

} // namespace rubato

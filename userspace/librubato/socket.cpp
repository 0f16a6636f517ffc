// SPDX-License-Identifier: GPL-2.0-only
// The socket itself. Receives by recvmsg instead of libnl's callbacks: ENOBUFS, truncation and
// the sender's address are needed as they are.
#include <rubato/socket.hpp>

#include <linux/netlink.h>
#include <linux/rubato_netlink.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace rubato
{
namespace
{

// A datagram of a dump is at most 32 KiB.
constexpr std::size_t datagram_max = 64 * 1024;
constexpr int receive_buffer = 4 * 1024 * 1024;
// The kernel answers at once; a reply that takes this long will not come.
constexpr timeval patience = {10, 0};

Error system_error(std::string_view what, int code)
{
	return {fmt::format("{}: {}", what, strerror(code)), code};
}

Error nl_error(std::string_view what, int code)
{
	return error("{}: {}", what, nl_geterror(code));
}

template <typename T>
void set_option(int fd, int level, int name, const T &value)
{
	// All of these are improvements that an old kernel may refuse.
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

} // namespace

Result<void> enter_namespace(const std::string &name)
{
	if (name.empty() || name.find('/') != std::string::npos)
		return error("'{}' is not the name of a network namespace", name);
	std::string path = "/run/netns/" + name;
	int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? Error{fmt::format("no network namespace '{}' ('ip netns' "
							   "lists them)",
							   name),
					       ENOENT}
				       : system_error(path, errno);
	int failure = setns(fd, CLONE_NEWNET) < 0 ? errno : 0;
	close(fd);
	if (failure == EPERM)
		return Error{fmt::format("not permitted to enter network namespace '{}' (try sudo)",
					 name),
			     EPERM};
	if (failure)
		return system_error(path, failure);
	return {};
}

Result<Socket> Socket::open()
{
	Socket socket(nl_socket_alloc());
	nl_sock *raw = socket.socket_.get();
	if (!raw)
		return error("out of memory");
	if (int failure = genl_connect(raw); failure < 0)
		return nl_error("cannot open a netlink socket", failure);
	socket.family_ = genl_ctrl_resolve(raw, RUBATO_GENL_NAME);
	if (socket.family_ == -NLE_OBJ_NOTFOUND)
		return Error{"the rubato module is not loaded: load it with 'modprobe rubato' or "
			     "'insmod rubato.ko' (as root)",
			     ENOENT};
	if (socket.family_ < 0)
		return nl_error("cannot find the netlink family 'rubato'", socket.family_);

	int on = 1;
	set_option(socket.fd(), SOL_NETLINK, NETLINK_EXT_ACK, on);
	set_option(socket.fd(), SOL_NETLINK, NETLINK_CAP_ACK, on);
	set_option(socket.fd(), SOL_SOCKET, SO_RCVBUF, receive_buffer);
	set_option(socket.fd(), SOL_SOCKET, SO_RCVBUFFORCE, receive_buffer);
	set_option(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, patience);
	socket.buffer_.resize(datagram_max);
	return socket;
}

int Socket::fd() const
{
	return nl_socket_get_fd(socket_.get());
}

Result<void> Socket::send(nl_msg *message)
{
	nl_complete_msg(socket_.get(), message);
	if (int sent = nl_send(socket_.get(), message); sent < 0)
		return nl_error("cannot send to the kernel", sent);
	return {};
}

Result<void> Socket::join(const char *family, const char *group)
{
	int number = genl_ctrl_resolve_grp(socket_.get(), family, group);
	if (number < 0)
		return nl_error(fmt::format("cannot find the event group '{}'", group), number);
	if (setsockopt(fd(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number, sizeof(number)) < 0)
		return system_error(fmt::format("cannot join the event group '{}'", group), errno);
	return {};
}

Result<Bytes> Socket::receive(int flags)
{
	for (;;) {
		sockaddr_nl sender = {};
		iovec room = {buffer_.data(), buffer_.size()};
		msghdr header = {};
		header.msg_name = &sender;
		header.msg_namelen = sizeof(sender);
		header.msg_iov = &room;
		header.msg_iovlen = 1;
		ssize_t length = recvmsg(fd(), &header, flags);
		if (length < 0) {
			if (errno == EINTR)
				continue;
			return system_error(
				errno == EAGAIN ? "the kernel does not answer" : "netlink", errno);
		}
		if (header.msg_flags & MSG_TRUNC)
			return error("netlink: a datagram is longer than {} bytes", buffer_.size());
		if (sender.nl_pid == 0) // only the kernel is believed
			return Bytes(buffer_).first(static_cast<std::size_t>(length));
	}
}

} // namespace rubato

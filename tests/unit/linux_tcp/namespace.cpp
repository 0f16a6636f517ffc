/* SPDX-License-Identifier: GPL-2.0-only */
#include "namespace.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "sockets.h"

namespace linux_tcp
{

namespace
{

std::string why(const char *what)
{
	return std::string(what) + ": " + strerror(errno);
}

std::string loopback_up()
{
	const Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ifreq request{};

	strcpy(request.ifr_name, "lo");
	request.ifr_flags = IFF_UP;
	return ioctl(fd.get(), SIOCSIFFLAGS, &request) ? why("lo") : "";
}

/* Moves the process, the loopback device up. Return: why not, or nothing. */
std::string enter_namespace()
{
	/* Who may not make one may do so as root of a user namespace, where that is allowed. */
	if (unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return why("unshare(CLONE_NEWNET)");
	return loopback_up();
}

} // namespace

void OwnNamespace::SetUp()
{
	static const std::string why = enter_namespace();

	if (!why.empty())
		GTEST_SKIP() << "Linux's TCP is not asked, there is no network namespace: " << why;
}

void set_sysctl(const std::string &name, const std::string &value)
{
	const std::string path = "/proc/sys/net/ipv4/" + name;
	std::ofstream file(path);

	if (!(file << value << std::flush))
		throw std::runtime_error("cannot write " + value + " to " + path);
}

} // namespace linux_tcp

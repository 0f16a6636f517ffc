// SPDX-License-Identifier: GPL-2.0-only
// librubato_preload.so: turns the TCP sockets of an unmodified program into rubato's, by
// answering socket(2) in libc's place. Never falls back to TCP: a socket that cannot be made is
// an error that is told once on stderr and handed to the program.
//
// RUBATO_PROTOCOL holds the IP protocol number if the module was loaded with another one.
// No C++ runtime, no allocation, no locks: this lives in other people's processes.
#include <linux/rubato.h>

#include <dlfcn.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace
{

using SocketCall = int (*)(int, int, int);

constexpr int type_mask = 0xf; // above it are SOCK_NONBLOCK and SOCK_CLOEXEC

std::atomic<SocketCall> next_socket;

int direct_socket(int family, int type, int protocol)
{
	return static_cast<int>(syscall(SYS_socket, family, type, protocol));
}

// Looked up at the first call, which may come before this library's own constructors.
SocketCall libc_socket()
{
	SocketCall call = next_socket.load(std::memory_order_acquire);
	if (call)
		return call;
	call = reinterpret_cast<SocketCall>(dlsym(RTLD_NEXT, "socket"));
	if (!call)
		call = direct_socket;
	next_socket.store(call, std::memory_order_release);
	return call;
}

// At most once per process and kind; errno stays as it was.
void complain(std::atomic_flag &said, const char *message)
{
	if (said.test_and_set(std::memory_order_relaxed))
		return;
	int saved = errno;
	ssize_t written = write(STDERR_FILENO, message, strlen(message));
	(void)written; // there is nobody else to tell
	errno = saved;
}

std::atomic_flag said_number, said_ipv4, said_ipv6;

// 0 if the environment's number is no good: TCP's own, least of all.
int protocol_number()
{
	const char *text = getenv("RUBATO_PROTOCOL");
	if (!text || !*text)
		return IPPROTO_RUBATO;
	char *end = nullptr;
	long number = strtol(text, &end, 10);
	return *end || number < 1 || number > 255 || number == IPPROTO_TCP
		       ? 0
		       : static_cast<int>(number);
}

bool is_tcp(int family, int type, int protocol)
{
	return (family == AF_INET || family == AF_INET6) && (type & type_mask) == SOCK_STREAM &&
	       (protocol == 0 || protocol == IPPROTO_TCP);
}

bool is_unsupported(int code)
{
	return code == EPROTONOSUPPORT || code == EAFNOSUPPORT || code == ESOCKTNOSUPPORT;
}

int rubato_socket(int family, int type)
{
	int protocol = protocol_number();
	if (!protocol) {
		complain(said_number, "rubato: RUBATO_PROTOCOL is not a usable IP protocol number "
				      "(1 to 255, not 6): no socket\n");
		errno = EPROTONOSUPPORT;
		return -1;
	}
	int fd = libc_socket()(family, type, protocol);
	if (fd >= 0 || !is_unsupported(errno))
		return fd;
	if (family == AF_INET6)
		complain(said_ipv6,
			 "rubato: no IPv6 in the loaded module: AF_INET6 stream sockets are "
			 "refused (never plain TCP instead)\n");
	else
		complain(said_ipv4, "rubato: the module is not loaded: stream sockets are refused "
				    "(never plain TCP instead)\n");
	return fd;
}

} // namespace

extern "C" __attribute__((visibility("default"))) int socket(int family, int type,
							     int protocol) noexcept
{
	if (is_tcp(family, type, protocol))
		return rubato_socket(family, type);
	return libc_socket()(family, type, protocol);
}

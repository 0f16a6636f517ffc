// SPDX-License-Identifier: GPL-2.0-only
// The preload library between a small program and a fake socket(2): no socket is made, and no
// kernel is asked.
#include "run_command.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace
{

constexpr int rubato = 253; // RFC 3692, IPPROTO_RUBATO
constexpr int mptcp = 262;

std::string probe(const std::string &environment, const std::string &arguments)
{
	test::Outcome outcome =
		test::run(fmt::format("env {} LD_PRELOAD={}:{} {} {} 2>&1", environment,
				      PRELOAD_LIBRARY, FAKE_SOCKET, PRELOAD_PROBE, arguments));
	EXPECT_EQ(outcome.code, 0) << outcome.output;
	return outcome.output;
}

std::string call(int family, int type, int protocol)
{
	return fmt::format("{} {} {} ", family, type, protocol);
}

// What the fake socket was asked for, and what the program got.
void expect_asked(int family, int type, int protocol, int asked)
{
	EXPECT_EQ(probe("-u RUBATO_PROTOCOL", call(family, type, protocol)),
		  fmt::format("{} {} {}\n= 42 0\n", family, type, asked));
}

} // namespace

TEST(Preload, TcpBecomesRubato)
{
	expect_asked(AF_INET, SOCK_STREAM, 0, rubato);
	expect_asked(AF_INET, SOCK_STREAM, IPPROTO_TCP, rubato);
	expect_asked(AF_INET6, SOCK_STREAM, 0, rubato);
}

TEST(Preload, TypeFlagsAreKept)
{
	expect_asked(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0, rubato);
	expect_asked(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP, rubato);
	expect_asked(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, rubato);
}

TEST(Preload, EverythingElseIsUntouched)
{
	expect_asked(AF_INET, SOCK_DGRAM, 0, 0);
	expect_asked(AF_INET, SOCK_DGRAM, IPPROTO_UDP, IPPROTO_UDP);
	expect_asked(AF_INET, SOCK_RAW, IPPROTO_TCP, IPPROTO_TCP);
	expect_asked(AF_INET, SOCK_STREAM, mptcp, mptcp);
	expect_asked(AF_UNIX, SOCK_STREAM, 0, 0);
	expect_asked(AF_NETLINK, SOCK_RAW, 16, 16);
}

TEST(Preload, AnotherProtocolNumber)
{
	EXPECT_EQ(probe("RUBATO_PROTOCOL=254", call(AF_INET, SOCK_STREAM, 0)),
		  fmt::format("{} {} 254\n= 42 0\n", AF_INET, int{SOCK_STREAM}));
}

TEST(Preload, NeverTcpByTheEnvironment)
{
	for (const char *bad : {"6", "0", "256", "-1", "tcp", "253x"}) {
		std::string output = probe(fmt::format("RUBATO_PROTOCOL={}", bad),
					   call(AF_INET, SOCK_STREAM, 0));
		EXPECT_THAT(output, AllOf(HasSubstr("RUBATO_PROTOCOL"),
					  HasSubstr(fmt::format("= -1 {}", EPROTONOSUPPORT))))
			<< bad;
	}
}

TEST(Preload, WithoutTheModuleItFailsLoudlyAndOnce)
{
	std::string tcp = call(AF_INET, SOCK_STREAM, 0);
	std::string output = probe(fmt::format("FAKE_ERRNO={}", EPROTONOSUPPORT), tcp + tcp);
	std::string asked = fmt::format("{} {} {}\n", AF_INET, int{SOCK_STREAM}, rubato);
	std::string got = fmt::format("= -1 {}\n", EPROTONOSUPPORT);
	EXPECT_EQ(output, asked +
				  "rubato: the module is not loaded: stream sockets are refused "
				  "(never plain TCP instead)\n" +
				  got + asked + got);
}

TEST(Preload, WithoutIPv6ItSaysSo)
{
	std::string tcp6 = call(AF_INET6, SOCK_STREAM, 0);
	std::string output = probe(fmt::format("FAKE_ERRNO={}", EAFNOSUPPORT), tcp6 + tcp6);
	EXPECT_THAT(output,
		    AllOf(HasSubstr("no IPv6"), HasSubstr(fmt::format("= -1 {}", EAFNOSUPPORT)),
			  Not(HasSubstr(fmt::format("{} {} 0\n", AF_INET6, int{SOCK_STREAM})))));
	EXPECT_EQ(output.find("no IPv6"), output.rfind("no IPv6"));
}

TEST(Preload, OtherErrorsAreTheProgramsOwn)
{
	std::string output =
		probe(fmt::format("FAKE_ERRNO={}", EMFILE), call(AF_INET, SOCK_STREAM, 0));
	EXPECT_THAT(output,
		    AllOf(HasSubstr(fmt::format("= -1 {}", EMFILE)), Not(HasSubstr("rubato:"))));
}

// SPDX-License-Identifier: GPL-2.0-only
// Addresses, and the address half of the socket filter.
#include <rubato/address.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

using rubato::parse_endpoint_filter;
using testing::HasSubstr;

namespace
{

void expect_filter(const char *text, const char *address, int port)
{
	auto parsed = parse_endpoint_filter(text);
	ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
	ASSERT_EQ(parsed->address.has_value(), address != nullptr) << text;
	EXPECT_EQ(parsed->address ? rubato::to_string(*parsed->address) : "",
		  address ? address : "")
		<< text;
	EXPECT_EQ(parsed->port.value_or(0), port) << text;
}

void expect_error(const char *text, const char *word)
{
	auto parsed = parse_endpoint_filter(text);
	ASSERT_FALSE(parsed) << text;
	EXPECT_THAT(parsed.error().message, HasSubstr(word)) << text;
}

} // namespace

TEST(Address, Filters)
{
	expect_filter("10.0.0.1:80", "10.0.0.1", 80);
	expect_filter("10.0.0.1", "10.0.0.1", 0);
	expect_filter(":80", nullptr, 80);
	expect_filter("*:80", nullptr, 80);
	expect_filter("10.0.0.1:*", "10.0.0.1", 0);
	expect_filter("[::1]:80", "::1", 80);
	expect_filter("[::1]", "::1", 0);
	expect_filter("2001:db8::7", "2001:db8::7", 0);
}

TEST(Address, BadFilters)
{
	expect_error("", "empty");
	expect_error("10.0.0:80", "'10.0.0'");
	expect_error("10.0.0.256", "'10.0.0.256'");
	expect_error("10.0.0.1:0", "'0'");
	expect_error("10.0.0.1:65536", "'65536'");
	expect_error("10.0.0.1:http", "'http'");
	expect_error("10.0.0.1:", "''");
	expect_error("[::1:80", "']'");
	expect_error("[::1]80", "[ADDRESS]:PORT");
	expect_error("localhost", "'localhost'");
}

TEST(Address, Text)
{
	EXPECT_EQ(rubato::to_string({*rubato::parse_address("10.0.0.1"), 80}), "10.0.0.1:80");
	EXPECT_EQ(rubato::to_string({*rubato::parse_address("0.0.0.0"), 0}), "0.0.0.0:*");
	EXPECT_EQ(rubato::to_string({*rubato::parse_address("::1"), 80}), "[::1]:80");
	EXPECT_EQ(rubato::to_string(rubato::Address()), "*");
}

TEST(Address, Bytes)
{
	rubato::Address address = *rubato::parse_address("10.1.2.3");
	EXPECT_EQ(address.family, AF_INET);
	ASSERT_EQ(address.data().size(), 4u);
	EXPECT_EQ(address.data()[0], 10);
	EXPECT_EQ(address.data()[3], 3);
	EXPECT_EQ(rubato::parse_address("::1")->data().size(), 16u);
}

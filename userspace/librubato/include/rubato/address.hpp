// SPDX-License-Identifier: GPL-2.0-only
// IP addresses and ports, and the half of a socket filter that is written with them.
#pragma once

#include <rubato/result.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rubato
{

struct Address {
	std::uint16_t family = 0; // AF_INET, AF_INET6, or 0 for none
	std::array<std::uint8_t, 16> bytes = {};

	std::span<const std::uint8_t> data() const;
	bool operator==(const Address &) const = default;
};

struct Endpoint {
	Address address;
	std::uint16_t port = 0;
};

// Either half may be absent: "10.0.0.1:80", "10.0.0.1", ":80", "*:80", "[::1]:80", "::1".
struct EndpointFilter {
	std::optional<Address> address;
	std::optional<std::uint16_t> port;
};

std::string to_string(const Address &address);
// "10.0.0.1:80", "[::1]:80"; port 0 is "*".
std::string to_string(const Endpoint &endpoint);

Result<Address> parse_address(std::string_view text);
Result<std::uint16_t> parse_port(std::string_view text);
Result<EndpointFilter> parse_endpoint_filter(std::string_view text);

} // namespace rubato

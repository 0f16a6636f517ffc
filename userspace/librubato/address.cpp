// SPDX-License-Identifier: GPL-2.0-only
// Addresses and ports to and from text.
#include <rubato/address.hpp>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <charconv>

namespace rubato
{

std::span<const std::uint8_t> Address::data() const
{
	return std::span(bytes).first(family == AF_INET6 ? 16 : family == AF_INET ? 4 : 0);
}

std::string to_string(const Address &address)
{
	char text[INET6_ADDRSTRLEN];
	if (!inet_ntop(address.family, address.bytes.data(), text, sizeof(text)))
		return "*";
	return text;
}

std::string to_string(const Endpoint &endpoint)
{
	std::string address = to_string(endpoint.address);
	std::string port = endpoint.port ? std::to_string(endpoint.port) : "*";
	if (endpoint.address.family == AF_INET6)
		return fmt::format("[{}]:{}", address, port);
	return fmt::format("{}:{}", address, port);
}

Result<Address> parse_address(std::string_view text)
{
	std::string copy(text);
	for (std::uint16_t family : {AF_INET, AF_INET6}) {
		Address address = {family, {}};
		if (inet_pton(family, copy.c_str(), address.bytes.data()) == 1 &&
		    copy.find('\0') == std::string::npos)
			return address;
	}
	return error("'{}' is not an IP address", text);
}

Result<std::uint16_t> parse_port(std::string_view text)
{
	std::uint16_t port = 0;
	auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
	if (failure != std::errc() || end != text.data() + text.size() || !port)
		return error("'{}' is not a port: expected 1 to 65535", text);
	return port;
}

Result<EndpointFilter> parse_endpoint_filter(std::string_view text)
{
	EndpointFilter filter;
	std::string_view address = text, port;
	std::size_t colon = text.rfind(':');
	if (text.starts_with('[')) {
		std::size_t bracket = text.find(']');
		if (bracket == std::string_view::npos)
			return error("'{}': the ']' is missing", text);
		address = text.substr(1, bracket - 1);
		port = text.substr(bracket + 1);
		if (!port.empty() && !port.starts_with(':'))
			return error("'{}': expected [ADDRESS]:PORT", text);
	} else if (colon != std::string_view::npos && text.find(':') == colon) {
		// Two colons without brackets are an IPv6 address.
		address = text.substr(0, colon);
		port = text.substr(colon);
	}
	if (text.empty())
		return error("empty filter: expected ADDRESS, ADDRESS:PORT or :PORT");

	if (!address.empty() && address != "*") {
		Result<Address> parsed = parse_address(address);
		if (!parsed)
			return parsed.error();
		filter.address = *parsed;
	}
	if (!port.empty() && port != ":*") {
		Result<std::uint16_t> parsed = parse_port(port.substr(1));
		if (!parsed)
			return parsed.error();
		filter.port = *parsed;
	}
	return filter;
}

} // namespace rubato

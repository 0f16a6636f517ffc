// SPDX-License-Identifier: GPL-2.0-only
// Netlink messages to and from the structs of model.hpp. No socket in here: everything works on
// bytes, so that tests can build messages by hand.
#pragma once

#include <rubato/model.hpp>

#include <linux/netlink.h>
#include <netlink/msg.h>

#include <cstddef>
#include <memory>
#include <span>

namespace rubato
{

using Bytes = std::span<const std::byte>;

struct MessageDeleter {
	void operator()(nl_msg *message) const { nlmsg_free(message); }
};
using Message = std::unique_ptr<nl_msg, MessageDeleter>;

// Requests. The sender fills in sequence number and port.
Result<Message> build_request(int family, std::uint8_t command, int flags = 0);
Result<Message> build_policy_set(int family, const PolicyChange &change);
Result<Message> build_socket_get(int family, const SocketFilter &filter);

// A whole message's bytes, header included.
Bytes message_bytes(const nlmsghdr *header);

// Behind the generic netlink header: the command and the attributes.
struct Payload {
	std::uint8_t command = 0;
	Bytes attributes;
};
Result<Payload> open_payload(const nlmsghdr *header);

// Replies and events, from their attributes. Truncated or mistyped ones are errors; attributes
// of a newer module are ignored.
Result<Info> parse_info(Bytes attributes);
Result<Policy> parse_policy(Bytes attributes);
Result<SocketEntry> parse_socket(Bytes attributes);
Result<Stats> parse_stats(Bytes attributes);
Result<Event> parse_event(const Payload &payload);

// Generic netlink's own notification that the family "rubato" is no more.
bool is_farewell(const Payload &payload);

// "policy syn give-up": the attribute of our own request that stands at `offset`; empty if none.
std::string attribute_path(Bytes request, std::uint32_t offset);

} // namespace rubato

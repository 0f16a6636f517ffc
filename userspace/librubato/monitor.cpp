// SPDX-License-Identifier: GPL-2.0-only
// Events from the multicast groups.
#include <rubato/monitor.hpp>

#include <linux/genetlink.h>
#include <linux/rubato_netlink.h>
#include <sys/socket.h>

#include <cerrno>

namespace rubato
{

Result<Monitor> Monitor::open()
{
	Result<Socket> socket = Socket::open();
	if (!socket)
		return socket.error();
	// So that an unloaded module is not taken for silence.
	if (Result<void> control = socket->join("nlctrl", "notify"); !control)
		return control.error();
	Result<void> joined = socket->join(RUBATO_GENL_NAME, RUBATO_MCGRP_EVENTS_FULL);
	bool full = static_cast<bool>(joined);
	if (!full) {
		if (joined.error().code != EPERM)
			return joined.error();
		if (Result<void> plain = socket->join(RUBATO_GENL_NAME, RUBATO_MCGRP_EVENTS);
		    !plain)
			return plain.error();
	}
	return Monitor(std::move(*socket), full);
}

Result<void> Monitor::read(std::vector<Item> &items)
{
	for (;;) {
		Result<Bytes> datagram = socket_.receive(MSG_DONTWAIT);
		if (!datagram) {
			if (datagram.error().code == EAGAIN)
				return {};
			if (datagram.error().code != ENOBUFS)
				return datagram.error();
			// The hole in the numbers will tell how many.
			items.push_back(Lost{});
			continue;
		}
		if (Result<void> taken = take(*datagram, items); !taken)
			return taken;
	}
}

Result<void> Monitor::take(Bytes datagram, std::vector<Item> &items)
{
	int rest = static_cast<int>(datagram.size());
	for (const auto *header = reinterpret_cast<const nlmsghdr *>(datagram.data());
	     nlmsg_ok(header, rest); header = nlmsg_next(const_cast<nlmsghdr *>(header), &rest)) {
		if (header->nlmsg_type != socket_.family() && header->nlmsg_type != GENL_ID_CTRL)
			continue;
		Result<Payload> payload = open_payload(header);
		if (!payload)
			return payload.error();
		if (header->nlmsg_type == GENL_ID_CTRL) {
			if (is_farewell(*payload))
				return error("the rubato module was unloaded");
			continue;
		}
		if (payload->command < RUBATO_CMD_STATE_EVENT ||
		    payload->command > RUBATO_CMD_POLICY_EVENT)
			continue; // a newer module's
		Result<Event> event = parse_event(*payload);
		if (!event)
			return event.error();
		if (std::uint64_t lost = watch_.feed(event->seq))
			items.push_back(Lost{lost});
		items.push_back(std::move(*event));
	}
	return {};
}

} // namespace rubato

// SPDX-License-Identifier: GPL-2.0-only
// One request, its whole answer, and the answer's meaning.
#include <rubato/client.hpp>

#include <linux/rubato_netlink.h>

namespace rubato
{
namespace
{

// How often a dump is read again because the table changed under it.
constexpr int dump_attempts = 3;

} // namespace

Result<Client> Client::open()
{
	Result<Socket> socket = Socket::open();
	if (!socket)
		return socket.error();
	return Client(std::move(*socket));
}

Result<bool> Client::exchange(nl_msg *request, const Reply::Sink &sink)
{
	if (Result<void> sent = socket_.send(request); !sent)
		return sent.error();
	Reply reply(message_bytes(nlmsg_hdr(request)));
	Reply::Sink own = [&](const nlmsghdr *header) -> Result<void> {
		if (header->nlmsg_type != socket_.family())
			return error("netlink: unexpected message type {}", header->nlmsg_type);
		return sink(header);
	};
	for (;;) {
		Result<Bytes> datagram = socket_.receive();
		if (!datagram)
			return datagram.error();
		Result<bool> done = reply.feed(*datagram, own);
		if (!done)
			return done.error();
		if (*done)
			return reply.interrupted();
	}
}

template <typename T>
Result<T> Client::get(std::uint8_t command, Result<T> (*parse)(Bytes))
{
	Result<Message> request = build_request(socket_.family(), command, NLM_F_ACK);
	if (!request)
		return request.error();
	std::optional<T> answer;
	auto take = [&](const nlmsghdr *header) -> Result<void> {
		Result<Payload> payload = open_payload(header);
		if (!payload)
			return payload.error();
		Result<T> parsed = parse(payload->attributes);
		if (!parsed)
			return parsed.error();
		answer = std::move(*parsed);
		return {};
	};
	Result<bool> done = exchange(request->get(), take);
	if (!done)
		return done.error();
	if (!answer)
		return error("netlink: the kernel sent an empty answer");
	return std::move(*answer);
}

Result<Info> Client::info()
{
	return get<Info>(RUBATO_CMD_INFO_GET, parse_info);
}

Result<Policy> Client::policy()
{
	return get<Policy>(RUBATO_CMD_POLICY_GET, parse_policy);
}

Result<Stats> Client::stats()
{
	return get<Stats>(RUBATO_CMD_STATS_GET, parse_stats);
}

Result<void> Client::set_policy(const PolicyChange &change)
{
	Result<Message> request = build_policy_set(socket_.family(), change);
	if (!request)
		return request.error();
	Result<bool> done =
		exchange(request->get(), [](const nlmsghdr *) { return Result<void>(); });
	if (!done)
		return done.error();
	return {};
}

Result<SocketList> Client::sockets_once(const SocketFilter &filter)
{
	Result<Message> request = build_socket_get(socket_.family(), filter);
	if (!request)
		return request.error();
	SocketList list;
	auto take = [&](const nlmsghdr *header) -> Result<void> {
		Result<Payload> payload = open_payload(header);
		if (!payload)
			return payload.error();
		Result<SocketEntry> entry = parse_socket(payload->attributes);
		if (!entry)
			return entry.error();
		if (!list.event_seq)
			list.event_seq = entry->event_seq;
		list.sockets.push_back(*entry);
		return {};
	};
	Result<bool> interrupted = exchange(request->get(), take);
	if (!interrupted)
		return interrupted.error();
	list.complete = !*interrupted;
	return list;
}

Result<SocketList> Client::sockets(const SocketFilter &filter)
{
	for (int attempt = 1;; attempt++) {
		Result<SocketList> list = sockets_once(filter);
		if (!list || list->complete || attempt == dump_attempts)
			return list;
	}
}

} // namespace rubato

// SPDX-License-Identifier: GPL-2.0-only
// Walks the datagrams of an answer, and turns refusals into a line that names the thing.
#include <rubato/reply.hpp>

#include <rubato/names.hpp>

#include <netlink/attr.h>

#include <cerrno>
#include <cstring>

namespace rubato
{
namespace
{

// Extended acknowledgements stand behind the error, and behind the echoed request unless the
// kernel was asked to leave that out.
void read_extack(const nlmsghdr *header, std::size_t at, Refusal &refusal)
{
	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || at >= header->nlmsg_len)
		return;
	auto *first = reinterpret_cast<nlattr *>(
		const_cast<std::byte *>(message_bytes(header).data() + at));
	int length = static_cast<int>(header->nlmsg_len - at), rest;
	nlattr *attribute;
	nla_for_each_attr(attribute, first, length, rest) {
		const char *data = static_cast<const char *>(nla_data(attribute));
		std::size_t size = static_cast<std::size_t>(nla_len(attribute));
		if (nla_type(attribute) == NLMSGERR_ATTR_MSG)
			refusal.text.assign(data, strnlen(data, size));
		else if (nla_type(attribute) == NLMSGERR_ATTR_OFFS && size >= sizeof(std::uint32_t))
			refusal.offset = nla_get_u32(attribute);
	}
}

Result<Refusal> read_error(const nlmsghdr *header)
{
	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(nlmsgerr)))
		return error("netlink: an error message of {} bytes is truncated",
			     header->nlmsg_len);
	const auto *failure = static_cast<const nlmsgerr *>(NLMSG_DATA(header));
	Refusal refusal;
	refusal.code = -failure->error;
	std::size_t at = NLMSG_LENGTH(sizeof(nlmsgerr));
	if (!(header->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(failure->msg.nlmsg_len) - NLMSG_HDRLEN;
	read_extack(header, at, refusal);
	return refusal;
}

// The end of a dump may carry an error, too.
Refusal read_done(const nlmsghdr *header)
{
	Refusal refusal;
	int code = 0;
	if (header->nlmsg_len >= NLMSG_LENGTH(sizeof(code)))
		std::memcpy(&code, NLMSG_DATA(header), sizeof(code));
	if (code < 0) {
		refusal.code = -code;
		read_extack(header, NLMSG_LENGTH(sizeof(code)), refusal);
	}
	return refusal;
}

std::string fallback_text(int code)
{
	switch (code) {
	case EOPNOTSUPP:
		return "the loaded module cannot do this yet";
	case ERANGE:
		return "out of range";
	case EINVAL:
		return "not valid";
	}
	return strerror(code);
}

} // namespace

Error explain_refusal(const Refusal &refusal, Bytes request)
{
	if (refusal.code == EPERM || refusal.code == EACCES)
		return {"not permitted: this needs CAP_NET_ADMIN in the network namespace (try "
			"sudo)",
			refusal.code};
	std::string path = refusal.offset ? attribute_path(request, *refusal.offset) : "";
	std::string text = refusal.text.empty() ? fallback_text(refusal.code) : refusal.text;
	// The kernel's words may name the clock already.
	std::string clock = path.substr(0, path.find(' '));
	if (!path.empty() && !text.starts_with(clock + ":"))
		text = path + ": " + text;
	return {fmt::format("{} ({})", text, errno_name(refusal.code)), refusal.code};
}

Reply::Reply(Bytes request)
	: request_(request),
	  sequence_(reinterpret_cast<const nlmsghdr *>(request.data())->nlmsg_seq)
{
}

Result<bool> Reply::feed(Bytes datagram, const Sink &sink)
{
	while (datagram.size() >= sizeof(nlmsghdr)) {
		const auto *header = reinterpret_cast<const nlmsghdr *>(datagram.data());
		if (header->nlmsg_len < sizeof(nlmsghdr) || header->nlmsg_len > datagram.size())
			break;
		Result<bool> done = take(header, sink);
		if (!done || *done)
			return done;
		datagram = datagram.subspan(
			std::min<std::size_t>(NLMSG_ALIGN(header->nlmsg_len), datagram.size()));
	}
	if (!datagram.empty())
		return error("netlink: a message is truncated");
	return false;
}

Result<bool> Reply::take(const nlmsghdr *header, const Sink &sink)
{
	if (header->nlmsg_seq != sequence_)
		return false; // a late answer to an earlier request
	if (header->nlmsg_flags & NLM_F_DUMP_INTR)
		interrupted_ = true;

	Refusal refusal;
	switch (header->nlmsg_type) {
	case NLMSG_NOOP:
		return false;
	case NLMSG_OVERRUN:
		return error("netlink: the kernel lost messages");
	case NLMSG_ERROR: {
		Result<Refusal> read = read_error(header);
		if (!read)
			return read.error();
		refusal = *read;
		break;
	}
	case NLMSG_DONE:
		refusal = read_done(header);
		break;
	default:
		if (Result<void> taken = sink(header); !taken)
			return taken.error();
		return false;
	}
	if (refusal.code)
		return explain_refusal(refusal, request_);
	return true;
}

} // namespace rubato

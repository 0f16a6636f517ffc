// SPDX-License-Identifier: GPL-2.0-only
// Builds the kernel's side of the conversation by hand.
#pragma once

#include <rubato/message.hpp>

#include <linux/genetlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace test
{

constexpr int family = 30;

// Bytes with an alignment that netlink headers need.
class Buffer
{
public:
	void append(const void *data, std::size_t size)
	{
		std::size_t at = size_;
		size_ += NLMSG_ALIGN(size);
		words_.resize((size_ + 7) / 8);
		std::memcpy(reinterpret_cast<std::byte *>(words_.data()) + at, data, size);
	}
	void append(const nl_msg *message)
	{
		const nlmsghdr *header = nlmsg_hdr(const_cast<nl_msg *>(message));
		append(header, header->nlmsg_len);
	}

	rubato::Bytes bytes() const
	{
		return {reinterpret_cast<const std::byte *>(words_.data()), size_};
	}
	rubato::Bytes first(std::size_t size) const { return bytes().first(size); }

private:
	std::vector<std::uint64_t> words_;
	std::size_t size_ = 0;
};

struct Kernel {
	std::uint32_t seq = 1;
	int flags = 0;
};

using Fill = std::function<void(nl_msg *)>;

// A generic netlink message of our family.
inline rubato::Message message(std::uint8_t command, const Fill &fill, Kernel kernel = {})
{
	rubato::Message result(nlmsg_alloc_size(16384));
	genlmsg_put(result.get(), 0, kernel.seq, family, 0, kernel.flags, command, 1);
	fill(result.get());
	return result;
}

inline void nest(nl_msg *message, int type, const Fill &fill)
{
	nlattr *start = nla_nest_start(message, type | NLA_F_NESTED);
	fill(message);
	nla_nest_end(message, start);
}

inline rubato::Payload payload(const rubato::Message &message)
{
	return *rubato::open_payload(nlmsg_hdr(message.get()));
}

} // namespace test

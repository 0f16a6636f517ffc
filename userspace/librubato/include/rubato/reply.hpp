// SPDX-License-Identifier: GPL-2.0-only
// The answer to one request: finds its messages among what arrives, notices the end, a refusal
// with its extended acknowledgement, and a dump that was interrupted.
#pragma once

#include <rubato/message.hpp>

#include <functional>
#include <optional>
#include <string>

namespace rubato
{

struct Refusal {
	int code = 0;			     // errno
	std::string text;		     // the kernel's own words, may be empty
	std::optional<std::uint32_t> offset; // of the attribute it is about, in the request
};

// One line that names the attribute and says what to do.
Error explain_refusal(const Refusal &refusal, Bytes request);

class Reply
{
public:
	using Sink = std::function<Result<void>(const nlmsghdr *)>;

	// `request` must outlive the reply: errors are explained with it.
	explicit Reply(Bytes request);

	// One datagram. True when the answer is complete.
	Result<bool> feed(Bytes datagram, const Sink &sink);

	bool interrupted() const { return interrupted_; }

private:
	Result<bool> take(const nlmsghdr *header, const Sink &sink);

	Bytes request_;
	std::uint32_t sequence_;
	bool interrupted_ = false;
};

} // namespace rubato

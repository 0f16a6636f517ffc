// SPDX-License-Identifier: GPL-2.0-only
// Answers as the kernel gives them: sequence numbers, refusals with extended acknowledgement,
// interrupted dumps, and what is cut off.
#include "messages.hpp"

#include <rubato/reply.hpp>

#include <linux/rubato_netlink.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

namespace
{

constexpr std::uint32_t seq = 77;

// A request as if it had been sent, and what comes back.
class ReplyTest : public testing::Test
{
protected:
	void SetUp() override
	{
		rubato::PolicyChange change;
		change.assignments = {*rubato::parse_assignment("msl=1s"),
				      *rubato::parse_assignment("syn=6s x2 tries=5")};
		request_ = std::move(*rubato::build_policy_set(test::family, change));
		nlmsg_hdr(request_.get())->nlmsg_seq = seq;
	}

	rubato::Bytes request() { return rubato::message_bytes(nlmsg_hdr(request_.get())); }

	// Where the clock's attribute stands in the request.
	std::uint32_t offset(int clock)
	{
		auto payload = test::payload(request_);
		nlattr *policy =
			nla_find(reinterpret_cast<const nlattr *>(payload.attributes.data()),
				 static_cast<int>(payload.attributes.size()), RUBATO_A_POLICY);
		nlattr *found =
			nla_find(static_cast<nlattr *>(nla_data(policy)), nla_len(policy), clock);
		return static_cast<std::uint32_t>(reinterpret_cast<std::byte *>(found) -
						  request().data());
	}

	// NLMSG_ERROR, with the request echoed or not.
	rubato::Message refusal(int code, const char *text, std::optional<std::uint32_t> at,
				bool capped = true, std::uint32_t number = seq)
	{
		int flags = (text || at ? NLM_F_ACK_TLVS : 0) | (capped ? NLM_F_CAPPED : 0);
		rubato::Message message(nlmsg_alloc_size(4096));
		nlmsg_put(message.get(), 0, number, NLMSG_ERROR, 0, flags);
		nlmsgerr body = {};
		body.error = -code;
		body.msg = *nlmsg_hdr(request_.get());
		nlmsg_append(message.get(), &body, sizeof(body), NLMSG_ALIGNTO);
		if (!capped) {
			rubato::Bytes rest = request().subspan(NLMSG_HDRLEN);
			nlmsg_append(message.get(), const_cast<std::byte *>(rest.data()),
				     rest.size(), NLMSG_ALIGNTO);
		}
		if (text)
			nla_put_string(message.get(), NLMSGERR_ATTR_MSG, text);
		if (at)
			nla_put_u32(message.get(), NLMSGERR_ATTR_OFFS, *at);
		return message;
	}

	rubato::Message done(int flags = NLM_F_MULTI, int code = 0)
	{
		rubato::Message message(nlmsg_alloc_size(256));
		nlmsg_put(message.get(), 0, seq, NLMSG_DONE, 0, flags);
		nlmsg_append(message.get(), &code, sizeof(code), NLMSG_ALIGNTO);
		return message;
	}

	rubato::Message data(int flags = NLM_F_MULTI, std::uint32_t number = seq)
	{
		return test::message(RUBATO_CMD_SOCKET_GET,
				     [](nl_msg *m) { nla_put_u64(m, RUBATO_SOCKET_COOKIE, 1); },
				     {number, flags});
	}

	rubato::Result<bool> feed(rubato::Reply &reply, const rubato::Message &message)
	{
		test::Buffer buffer;
		buffer.append(message.get());
		return feed(reply, buffer.bytes());
	}

	rubato::Result<bool> feed(rubato::Reply &reply, rubato::Bytes bytes)
	{
		return reply.feed(bytes, [this](const nlmsghdr *) {
			taken_++;
			return rubato::Result<void>();
		});
	}

	rubato::Message request_;
	int taken_ = 0;
};

} // namespace

TEST_F(ReplyTest, Acknowledgement)
{
	rubato::Reply reply(request());
	auto result = feed(reply, refusal(0, nullptr, std::nullopt));
	ASSERT_TRUE(result) << result.error().message;
	EXPECT_TRUE(*result);
	EXPECT_EQ(taken_, 0);
}

TEST_F(ReplyTest, RefusalNamesTheClock)
{
	rubato::Reply reply(request());
	auto result = feed(reply, refusal(ERANGE, "out of bounds", offset(RUBATO_POLICY_SYN)));
	ASSERT_FALSE(result);
	EXPECT_EQ(result.error().code, ERANGE);
	EXPECT_EQ(result.error().message, "syn: out of bounds (ERANGE)");
}

TEST_F(ReplyTest, RefusalBehindTheEchoedRequest)
{
	rubato::Reply reply(request());
	auto result = feed(reply, refusal(EINVAL, "no", offset(RUBATO_POLICY_MSL), false));
	ASSERT_FALSE(result);
	EXPECT_EQ(result.error().message, "msl: no (EINVAL)");
}

TEST_F(ReplyTest, RefusalWithoutWords)
{
	rubato::Reply reply(request());
	auto result = feed(reply, refusal(EOPNOTSUPP, nullptr, offset(RUBATO_POLICY_SYN)));
	ASSERT_FALSE(result);
	EXPECT_THAT(result.error().message,
		    AllOf(HasSubstr("syn: "), HasSubstr("cannot do this yet"),
			  HasSubstr("EOPNOTSUPP")));
}

TEST_F(ReplyTest, RefusalWithoutExtendedAcknowledgement)
{
	rubato::Reply reply(request());
	auto result = feed(reply, refusal(ENOMEM, nullptr, std::nullopt));
	ASSERT_FALSE(result);
	EXPECT_EQ(result.error().code, ENOMEM);
	EXPECT_THAT(result.error().message, HasSubstr("ENOMEM"));
}

TEST_F(ReplyTest, KernelNamedTheClockAlready)
{
	rubato::Reply reply(request());
	auto result = feed(reply, refusal(ERANGE, "msl: at most 10m", offset(RUBATO_POLICY_MSL)));
	ASSERT_FALSE(result);
	EXPECT_EQ(result.error().message, "msl: at most 10m (ERANGE)");

	// Also when the offset is that of a field in the clock's nest.
	rubato::Reply again(request());
	result = feed(again, refusal(ERANGE, "syn: gap outside 1 ms .. 24 h",
				     offset(RUBATO_POLICY_SYN) + NLA_HDRLEN));
	ASSERT_FALSE(result);
	EXPECT_EQ(result.error().message, "syn: gap outside 1 ms .. 24 h (ERANGE)");
}

TEST_F(ReplyTest, NotPermittedSaysWhatToDo)
{
	rubato::Reply reply(request());
	auto result = feed(reply, refusal(EPERM, nullptr, std::nullopt));
	ASSERT_FALSE(result);
	EXPECT_THAT(result.error().message, AllOf(HasSubstr("CAP_NET_ADMIN"), HasSubstr("sudo")));
}

TEST_F(ReplyTest, OtherSequenceNumbersAreSkipped)
{
	rubato::Reply reply(request());
	auto late = feed(reply, refusal(EINVAL, "late", std::nullopt, true, seq - 1));
	ASSERT_TRUE(late) << late.error().message;
	EXPECT_FALSE(*late);
	EXPECT_FALSE(*feed(reply, data(0, seq + 1)));
	EXPECT_EQ(taken_, 0);
}

TEST_F(ReplyTest, DumpOverSeveralDatagrams)
{
	rubato::Reply reply(request());
	test::Buffer first;
	first.append(data().get());
	first.append(data().get());
	EXPECT_FALSE(*feed(reply, first.bytes()));
	test::Buffer second;
	second.append(data().get());
	second.append(done().get());
	EXPECT_TRUE(*feed(reply, second.bytes()));
	EXPECT_EQ(taken_, 3);
	EXPECT_FALSE(reply.interrupted());
}

TEST_F(ReplyTest, InterruptedDump)
{
	rubato::Reply reply(request());
	EXPECT_FALSE(*feed(reply, data(NLM_F_MULTI | NLM_F_DUMP_INTR)));
	EXPECT_TRUE(*feed(reply, done()));
	EXPECT_TRUE(reply.interrupted());

	rubato::Reply last(request());
	EXPECT_TRUE(*feed(last, done(NLM_F_MULTI | NLM_F_DUMP_INTR)));
	EXPECT_TRUE(last.interrupted());
}

TEST_F(ReplyTest, DumpThatEndsInAnError)
{
	rubato::Reply reply(request());
	auto result = feed(reply, done(NLM_F_MULTI, -ENOBUFS));
	ASSERT_FALSE(result);
	EXPECT_EQ(result.error().code, ENOBUFS);
}

TEST_F(ReplyTest, TheSinkCanRefuse)
{
	rubato::Reply reply(request());
	test::Buffer buffer;
	buffer.append(data().get());
	auto result = reply.feed(buffer.bytes(), [](const nlmsghdr *) {
		return rubato::Result<void>(rubato::error("bad entry"));
	});
	ASSERT_FALSE(result);
	EXPECT_EQ(result.error().message, "bad entry");
}

TEST_F(ReplyTest, TruncatedAnywhere)
{
	for (const rubato::Message &whole :
	     {refusal(ERANGE, "out of bounds", offset(RUBATO_POLICY_SYN)), data(), done()}) {
		test::Buffer buffer;
		buffer.append(whole.get());
		for (std::size_t size = 1; size < nlmsg_hdr(whole.get())->nlmsg_len; size++) {
			std::vector<std::byte> copy(buffer.bytes().begin(),
						    buffer.bytes().begin() +
							    static_cast<std::ptrdiff_t>(size));
			rubato::Reply reply(request());
			auto result = feed(reply, copy);
			ASSERT_FALSE(result) << size;
			EXPECT_THAT(result.error().message, HasSubstr("truncated"));
		}
	}
}

TEST_F(ReplyTest, ErrorWithoutItsBody)
{
	rubato::Message message(nlmsg_alloc_size(256));
	nlmsg_put(message.get(), 0, seq, NLMSG_ERROR, 4, 0);
	rubato::Reply reply(request());
	auto result = feed(reply, message);
	ASSERT_FALSE(result);
	EXPECT_THAT(result.error().message, HasSubstr("truncated"));
}

// An offset that points at nothing of ours must not be followed.
TEST_F(ReplyTest, OffsetBeyondTheRequest)
{
	rubato::Reply reply(request());
	auto result = feed(reply, refusal(EINVAL, "no", 1u << 30));
	ASSERT_FALSE(result);
	EXPECT_EQ(result.error().message, "no (EINVAL)");
}

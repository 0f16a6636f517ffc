// SPDX-License-Identifier: GPL-2.0-only
// Netlink messages, as Documentation/netlink/specs/rubato.yaml describes them: replies built by
// hand are read, requests are taken apart again.
#include "messages.hpp"

#include <rubato/message.hpp>
#include <rubato/schedule.hpp>

#include <linux/rubato_netlink.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <cerrno>
#include <random>

using testing::HasSubstr;

namespace
{

constexpr std::uint64_t ms = 1'000'000, s = 1'000 * ms;
constexpr std::uint8_t address_a[] = {10, 0, 0, 1}, address_b[] = {10, 0, 0, 2};

rubato::Assignment assign(const char *text)
{
	auto parsed = rubato::parse_assignment(text);
	EXPECT_TRUE(parsed) << parsed.error().message;
	return *parsed;
}

rubato::Message policy_reply()
{
	return test::message(RUBATO_CMD_POLICY_GET, [](nl_msg *reply) {
		nla_put_u32(reply, RUBATO_A_GENERATION, 5);
		nla_put_u32(reply, RUBATO_A_TEMPO, 100'000);
		test::nest(reply, RUBATO_A_POLICY, [](nl_msg *policy) {
			nla_put_u64(policy, RUBATO_POLICY_MSL, 30 * s);
			test::nest(policy, RUBATO_POLICY_SYN, [](nl_msg *syn) {
				nla_put_flag(syn, RUBATO_SCHEDULE_RTO);
				nla_put_u32(syn, RUBATO_SCHEDULE_FACTOR, 2000);
				nla_put_u64(syn, RUBATO_SCHEDULE_GIVE_UP, 180 * s);
			});
			test::nest(policy, RUBATO_POLICY_SYNACK, [](nl_msg *synack) {
				nla_put_u32(synack, RUBATO_SCHEDULE_AS, RUBATO_CLOCK_SYN);
			});
		});
		test::nest(reply, RUBATO_A_SOURCE, [](nl_msg *source) {
			nla_put_u32(source, RUBATO_POLICY_SOURCE_MSL, RUBATO_SOURCE_DEFAULT);
		});
		test::nest(reply, RUBATO_A_EFFECTIVE, [](nl_msg *policy) {
			nla_put_u64(policy, RUBATO_POLICY_MSL, 300 * ms);
		});
	});
}

rubato::Message socket_reply()
{
	return test::message(RUBATO_CMD_SOCKET_GET, [](nl_msg *reply) {
		nla_put_u64(reply, RUBATO_SOCKET_COOKIE, 7);
		nla_put_u32(reply, RUBATO_SOCKET_STATE, RUBATO_SYN_SENT);
		nla_put_u16(reply, RUBATO_SOCKET_FAMILY, AF_INET);
		nla_put(reply, RUBATO_SOCKET_LOCAL_ADDRESS, 4, address_a);
		nla_put(reply, RUBATO_SOCKET_PEER_ADDRESS, 4, address_b);
		nla_put_u16(reply, RUBATO_SOCKET_LOCAL_PORT, 40112);
		nla_put_u16(reply, RUBATO_SOCKET_PEER_PORT, 80);
		nla_put_u32(reply, RUBATO_SOCKET_CLOCK, RUBATO_CLOCK_SYN);
		nla_put_u32(reply, RUBATO_SOCKET_TRIES, 2);
		nla_put_u64(reply, RUBATO_SOCKET_REMAINING, 4200 * ms);
		nla_put_u64(reply, RUBATO_SOCKET_EVENT_SEQ, 99);
	});
}

rubato::Message state_event()
{
	return test::message(RUBATO_CMD_STATE_EVENT, [](nl_msg *event) {
		nla_put_u64(event, RUBATO_EVENT_SEQ, 12);
		nla_put_u64(event, RUBATO_EVENT_TIME, 5 * s);
		nla_put_u64(event, RUBATO_EVENT_COOKIE, 7);
		nla_put_u16(event, RUBATO_EVENT_FAMILY, AF_INET);
		nla_put(event, RUBATO_EVENT_LOCAL_ADDRESS, 4, address_a);
		nla_put(event, RUBATO_EVENT_PEER_ADDRESS, 4, address_b);
		nla_put_u16(event, RUBATO_EVENT_LOCAL_PORT, 40112);
		nla_put_u16(event, RUBATO_EVENT_PEER_PORT, 80);
		nla_put_u32(event, RUBATO_EVENT_OLD_STATE, RUBATO_CLOSED);
		nla_put_u32(event, RUBATO_EVENT_NEW_STATE, RUBATO_SYN_SENT);
		nla_put_u32(event, RUBATO_EVENT_CAUSE, RUBATO_CAUSE_SENT);
		nla_put_u32(event, RUBATO_EVENT_SEG_FLAGS, 0x02);
		nla_put_u32(event, RUBATO_EVENT_SEG_LEN, 0);
		nla_put_u32(event, RUBATO_EVENT_SEG_WINDOW, 65535);
		nla_put_u32(event, RUBATO_EVENT_SEG_SEQ, 1000);
	});
}

// Where in the request the attribute stands that was made by the n-th call of `put`.
std::uint32_t offset_of(const nl_msg *message, const nlattr *attribute)
{
	const nlmsghdr *header = nlmsg_hdr(const_cast<nl_msg *>(message));
	return static_cast<std::uint32_t>(reinterpret_cast<const std::byte *>(attribute) -
					  reinterpret_cast<const std::byte *>(header));
}

nlattr *find(rubato::Bytes attributes, int type)
{
	return nla_find(reinterpret_cast<const nlattr *>(attributes.data()),
			static_cast<int>(attributes.size()), type);
}

nlattr *inside(nlattr *outer, int type)
{
	return nla_find(static_cast<nlattr *>(nla_data(outer)), nla_len(outer), type);
}

} // namespace

TEST(Message, Info)
{
	auto reply = test::message(RUBATO_CMD_INFO_GET, [](nl_msg *reply) {
		nla_put_string(reply, RUBATO_A_VERSION, "0.1");
		nla_put_u32(reply, RUBATO_A_ABI, 1);
		nla_put_u32(reply, RUBATO_A_FAMILY, 18);
		nla_put_u32(reply, RUBATO_A_PROTOCOL, 253);
	});
	auto info = rubato::parse_info(test::payload(reply).attributes);
	ASSERT_TRUE(info) << info.error().message;
	EXPECT_EQ(info->version, "0.1");
	EXPECT_EQ(info->family, 18u);
	EXPECT_EQ(info->protocol, 253u);
}

TEST(Message, VersionWithoutItsZeroByte)
{
	auto reply = test::message(RUBATO_CMD_INFO_GET, [](nl_msg *reply) {
		nla_put(reply, RUBATO_A_VERSION, 3, "0.1");
	});
	auto info = rubato::parse_info(test::payload(reply).attributes);
	EXPECT_TRUE(!info || info->version == "0.1");
}

TEST(Message, Policy)
{
	auto policy = rubato::parse_policy(test::payload(policy_reply()).attributes);
	ASSERT_TRUE(policy) << policy.error().message;
	EXPECT_EQ(policy->generation, 5u);
	EXPECT_EQ(policy->tempo, 100'000u);
	ASSERT_EQ(policy->settings.size(), 3u);

	const rubato::Setting &msl = policy->settings.at(RUBATO_CLOCK_MSL);
	EXPECT_EQ(std::get<std::uint64_t>(msl.value), 30 * s);
	EXPECT_EQ(msl.source, std::uint32_t{RUBATO_SOURCE_DEFAULT});
	ASSERT_TRUE(msl.effective);
	EXPECT_EQ(std::get<std::uint64_t>(*msl.effective), 300 * ms);

	const rubato::Setting &syn = policy->settings.at(RUBATO_CLOCK_SYN);
	EXPECT_EQ(rubato::format_schedule(std::get<rubato_schedule>(syn.value)),
		  "rto x2 give-up=3m");
	EXPECT_EQ(syn.source, std::uint32_t{RUBATO_SOURCE_BUILTIN});
	EXPECT_FALSE(syn.effective);
	const rubato::Setting &synack = policy->settings.at(RUBATO_CLOCK_SYNACK);
	EXPECT_EQ(rubato::format_schedule(std::get<rubato_schedule>(synack.value)), "as syn");
}

TEST(Message, TooManyGaps)
{
	auto reply = test::message(RUBATO_CMD_POLICY_GET, [](nl_msg *reply) {
		test::nest(reply, RUBATO_A_POLICY, [](nl_msg *policy) {
			test::nest(policy, RUBATO_POLICY_DATA, [](nl_msg *data) {
				for (int i = 0; i < RUBATO_GAPS_MAX + 1; i++)
					nla_put_u64(data, RUBATO_SCHEDULE_GAP, s);
			});
		});
	});
	auto policy = rubato::parse_policy(test::payload(reply).attributes);
	ASSERT_FALSE(policy);
	EXPECT_THAT(policy.error().message, HasSubstr("data has more than 16 gaps"));
}

TEST(Message, AttributeOfTheWrongSize)
{
	auto reply = test::message(RUBATO_CMD_POLICY_GET, [](nl_msg *reply) {
		test::nest(reply, RUBATO_A_POLICY,
			   [](nl_msg *policy) { nla_put_u32(policy, RUBATO_POLICY_MSL, 1); });
	});
	auto policy = rubato::parse_policy(test::payload(reply).attributes);
	ASSERT_FALSE(policy);
	EXPECT_THAT(policy.error().message, HasSubstr("wrong size"));
}

TEST(Message, NewerAttributesAreIgnored)
{
	auto reply = test::message(RUBATO_CMD_POLICY_GET, [](nl_msg *reply) {
		nla_put_u32(reply, RUBATO_A_TEMPO, 2000);
		nla_put_u64(reply, RUBATO_A_MAX + 7, 1);
	});
	auto policy = rubato::parse_policy(test::payload(reply).attributes);
	ASSERT_TRUE(policy) << policy.error().message;
	EXPECT_EQ(policy->tempo, 2000u);
}

TEST(Message, Socket)
{
	auto entry = rubato::parse_socket(test::payload(socket_reply()).attributes);
	ASSERT_TRUE(entry) << entry.error().message;
	EXPECT_EQ(entry->cookie, 7u);
	EXPECT_EQ(entry->state, std::uint32_t{RUBATO_SYN_SENT});
	EXPECT_EQ(rubato::to_string(entry->local), "10.0.0.1:40112");
	EXPECT_EQ(rubato::to_string(entry->peer), "10.0.0.2:80");
	EXPECT_EQ(entry->clock, std::uint32_t{RUBATO_CLOCK_SYN});
	EXPECT_EQ(entry->tries, 2u);
	EXPECT_EQ(entry->remaining, 4200 * ms);
	EXPECT_EQ(entry->event_seq, 99u);
	EXPECT_FALSE(entry->srtt);
	EXPECT_FALSE(entry->snd_nxt);
}

TEST(Message, AddressOfTheWrongSize)
{
	auto reply = test::message(RUBATO_CMD_SOCKET_GET, [](nl_msg *reply) {
		nla_put_u16(reply, RUBATO_SOCKET_FAMILY, AF_INET6);
		nla_put(reply, RUBATO_SOCKET_LOCAL_ADDRESS, 4, address_a);
	});
	auto entry = rubato::parse_socket(test::payload(reply).attributes);
	ASSERT_FALSE(entry);
	EXPECT_THAT(entry.error().message, HasSubstr("address of 4 bytes"));
}

TEST(Message, AddressOfAnUnknownFamily)
{
	auto reply = test::message(RUBATO_CMD_SOCKET_GET, [](nl_msg *reply) {
		nla_put_u16(reply, RUBATO_SOCKET_FAMILY, 77);
		nla_put(reply, RUBATO_SOCKET_LOCAL_ADDRESS, 4, address_a);
	});
	EXPECT_FALSE(rubato::parse_socket(test::payload(reply).attributes));
}

TEST(Message, Stats)
{
	auto reply = test::message(RUBATO_CMD_STATS_GET, [](nl_msg *reply) {
		nla_put_u64(reply, RUBATO_STATS_ACTIVE_OPENS, 3);
		nla_put_u64(reply, RUBATO_STATS_ORPHANS, 1);
		for (std::uint32_t reason : {RUBATO_REASON_BAD_SEQ, RUBATO_REASON_TW_RST})
			test::nest(reply, RUBATO_STATS_DROP, [&](nl_msg *drop) {
				nla_put_u32(drop, RUBATO_DROP_REASON, reason);
				nla_put_u64(drop, RUBATO_DROP_COUNT, reason * 10);
			});
	});
	auto stats = rubato::parse_stats(test::payload(reply).attributes);
	ASSERT_TRUE(stats) << stats.error().message;
	ASSERT_EQ(stats->counters.size(), 2u);
	EXPECT_EQ(stats->counters[0].name, "active-opens");
	EXPECT_EQ(stats->counters[0].value, 3u);
	EXPECT_EQ(stats->counters[1].name, "orphans");
	ASSERT_EQ(stats->drops.size(), 2u);
	EXPECT_EQ(stats->drops[1].reason, std::uint32_t{RUBATO_REASON_TW_RST});
	EXPECT_EQ(stats->drops[1].count, RUBATO_REASON_TW_RST * 10u);
}

TEST(Message, StateEvent)
{
	auto event = rubato::parse_event(test::payload(state_event()));
	ASSERT_TRUE(event) << event.error().message;
	EXPECT_EQ(event->kind, rubato::Event::Kind::state);
	EXPECT_EQ(event->seq, 12u);
	EXPECT_EQ(event->time, 5 * s);
	EXPECT_EQ(event->old_state, std::uint32_t{RUBATO_CLOSED});
	EXPECT_EQ(event->new_state, std::uint32_t{RUBATO_SYN_SENT});
	ASSERT_TRUE(event->segment);
	EXPECT_EQ(event->segment->flags, 0x02u);
	EXPECT_EQ(event->segment->seq, 1000u);
	EXPECT_FALSE(event->segment->ack);
}

TEST(Message, GiveUpEvent)
{
	auto event = rubato::parse_event(
		test::payload(test::message(RUBATO_CMD_GIVE_UP_EVENT, [](nl_msg *m) {
			nla_put_u32(m, RUBATO_EVENT_CLOCK, RUBATO_CLOCK_SYN);
			nla_put_u32(m, RUBATO_EVENT_TRIES, 2);
			nla_put_u32(m, RUBATO_EVENT_ERRNO, ETIMEDOUT);
			nla_put_u64(m, RUBATO_EVENT_ELAPSED, 75 * s);
		})));
	ASSERT_TRUE(event);
	EXPECT_EQ(event->kind, rubato::Event::Kind::give_up);
	EXPECT_EQ(event->error, std::uint32_t{ETIMEDOUT});
	EXPECT_EQ(event->elapsed, 75 * s);
	EXPECT_FALSE(event->segment);
}

TEST(Message, Farewell)
{
	auto notify = [](std::uint8_t command, const char *name) {
		return test::message(command, [name](nl_msg *message) {
			nla_put_u16(message, CTRL_ATTR_FAMILY_ID, test::family);
			nla_put_string(message, CTRL_ATTR_FAMILY_NAME, name);
		});
	};
	EXPECT_TRUE(rubato::is_farewell(test::payload(notify(CTRL_CMD_DELFAMILY, "rubato"))));
	EXPECT_FALSE(rubato::is_farewell(test::payload(notify(CTRL_CMD_NEWFAMILY, "rubato"))));
	EXPECT_FALSE(rubato::is_farewell(test::payload(notify(CTRL_CMD_DELFAMILY, "taskstats"))));
	EXPECT_FALSE(rubato::is_farewell({CTRL_CMD_DELFAMILY, {}}));
}

TEST(Message, NoEvent)
{
	auto event = rubato::parse_event({RUBATO_CMD_POLICY_GET, {}});
	ASSERT_FALSE(event);
	EXPECT_THAT(event.error().message, HasSubstr("not an event"));
}

TEST(Message, TruncatedHeader)
{
	nlmsghdr header = {};
	header.nlmsg_len = NLMSG_HDRLEN + 2;
	auto payload = rubato::open_payload(&header);
	ASSERT_FALSE(payload);
	EXPECT_THAT(payload.error().message, HasSubstr("truncated"));
}

namespace
{

bool parses(std::uint8_t command, rubato::Bytes attributes)
{
	switch (command) {
	case RUBATO_CMD_POLICY_GET:
		return static_cast<bool>(rubato::parse_policy(attributes));
	case RUBATO_CMD_SOCKET_GET:
		return static_cast<bool>(rubato::parse_socket(attributes));
	}
	return static_cast<bool>(rubato::parse_event({command, attributes}));
}

// True if the bytes end right behind an attribute, with or without its padding.
bool is_whole(rubato::Bytes attributes, std::size_t size)
{
	std::size_t at = 0;
	while (at < size) {
		std::uint16_t length;
		std::memcpy(&length, attributes.data() + at, sizeof(length));
		if (size < at + length)
			return false;
		at += NLA_ALIGN(length);
	}
	return true;
}

} // namespace

// Cut anywhere but between two attributes, a message is an error, and never read beyond its end.
TEST(Message, TruncatedAnywhere)
{
	for (const rubato::Message &whole : {policy_reply(), socket_reply(), state_event()}) {
		rubato::Payload payload = test::payload(whole);
		for (std::size_t size = 0; size <= payload.attributes.size(); size++) {
			// A copy of its own, so that a sanitizer sees every byte too far.
			rubato::Bytes cut = payload.attributes.first(size);
			std::vector<std::byte> copy(cut.begin(), cut.end());
			EXPECT_EQ(parses(payload.command, copy), is_whole(payload.attributes, size))
				<< "command " << int{payload.command} << ", " << size << " bytes";
		}
	}
}

TEST(Message, RandomBytesNeverCrash)
{
	std::mt19937_64 random(3);
	for (int i = 0; i < 20000; i++) {
		std::vector<std::byte> bytes(random() % 64);
		for (std::byte &byte : bytes)
			byte = static_cast<std::byte>(random() % (random() % 2 ? 256 : 24));
		(void)rubato::parse_policy(bytes);
		(void)rubato::parse_socket(bytes);
		(void)rubato::parse_stats(bytes);
		(void)rubato::parse_info(bytes);
		(void)rubato::parse_event({RUBATO_CMD_STATE_EVENT, bytes});
	}
}

TEST(Message, PolicySetIsReadBackAsItWas)
{
	rubato::PolicyChange change;
	change.assignments = {assign("msl=1s"), assign("syn=6s 24s 45s"),
			      assign("data=rto x2 max=64s tries=5 give-up=10m"),
			      assign("fin=as data"), assign("ecn=on")};
	change.tempo = 100'000;
	auto request = rubato::build_policy_set(test::family, change);
	ASSERT_TRUE(request) << request.error().message;
	nlmsghdr *header = nlmsg_hdr(request->get());
	EXPECT_EQ(header->nlmsg_type, test::family);
	EXPECT_EQ(header->nlmsg_flags & (NLM_F_REQUEST | NLM_F_ACK), NLM_F_REQUEST | NLM_F_ACK);
	EXPECT_EQ(test::payload(*request).command, RUBATO_CMD_POLICY_SET);

	auto policy = rubato::parse_policy(test::payload(*request).attributes);
	ASSERT_TRUE(policy) << policy.error().message;
	EXPECT_EQ(policy->tempo, 100'000u);
	ASSERT_EQ(policy->settings.size(), change.assignments.size());
	for (const rubato::Assignment &wanted : change.assignments)
		EXPECT_TRUE(rubato::same_value(policy->settings.at(wanted.clock->id).value,
					       wanted.value))
			<< wanted.clock->name;
}

// The kernel's validation is strict: nests say that they are nests.
TEST(Message, NestsAreMarked)
{
	auto request = rubato::build_policy_set(test::family, {{assign("syn=6s")}, std::nullopt});
	ASSERT_TRUE(request);
	nlattr *policy = find(test::payload(*request).attributes, RUBATO_A_POLICY);
	ASSERT_NE(policy, nullptr);
	EXPECT_TRUE(policy->nla_type & NLA_F_NESTED);
	nlattr *syn = inside(policy, RUBATO_POLICY_SYN);
	ASSERT_NE(syn, nullptr);
	EXPECT_TRUE(syn->nla_type & NLA_F_NESTED);
}

TEST(Message, TempoAloneHasNoPolicy)
{
	auto request = rubato::build_policy_set(test::family, {{}, 2000});
	ASSERT_TRUE(request);
	EXPECT_EQ(find(test::payload(*request).attributes, RUBATO_A_POLICY), nullptr);
	nlattr *tempo = find(test::payload(*request).attributes, RUBATO_A_TEMPO);
	ASSERT_NE(tempo, nullptr);
	EXPECT_EQ(nla_get_u32(tempo), 2000u);
}

TEST(Message, LargestPolicyFits)
{
	rubato::PolicyChange change;
	std::string gaps = "23.999999999h";
	for (int i = 1; i < RUBATO_GAPS_MAX; i++)
		gaps += " 23.999999999h";
	for (const rubato::ClockInfo &clock : rubato::clocks())
		if (clock.kind == rubato::Kind::schedule)
			change.assignments.push_back(assign((std::string(clock.name) + "=" + gaps +
							     " x2 max=24h tries=1000 give-up=24h")
								    .c_str()));
	EXPECT_TRUE(rubato::build_policy_set(test::family, change));
}

TEST(Message, SocketFilter)
{
	rubato::SocketFilter filter;
	filter.states = 1u << RUBATO_TIME_WAIT;
	filter.local = *rubato::parse_endpoint_filter(":80");
	filter.peer = *rubato::parse_endpoint_filter("10.0.0.2:99");
	auto request = rubato::build_socket_get(test::family, filter);
	ASSERT_TRUE(request);
	EXPECT_EQ(nlmsg_hdr(request->get())->nlmsg_flags & NLM_F_DUMP, NLM_F_DUMP);
	rubato::Bytes attributes = test::payload(*request).attributes;
	EXPECT_EQ(nla_get_u32(find(attributes, RUBATO_SOCKET_STATES)), 1u << RUBATO_TIME_WAIT);
	EXPECT_EQ(nla_get_u16(find(attributes, RUBATO_SOCKET_FAMILY)), AF_INET);
	EXPECT_EQ(nla_get_u16(find(attributes, RUBATO_SOCKET_LOCAL_PORT)), 80);
	EXPECT_EQ(nla_get_u16(find(attributes, RUBATO_SOCKET_PEER_PORT)), 99);
	EXPECT_EQ(find(attributes, RUBATO_SOCKET_LOCAL_ADDRESS), nullptr);
	nlattr *peer = find(attributes, RUBATO_SOCKET_PEER_ADDRESS);
	ASSERT_NE(peer, nullptr);
	ASSERT_EQ(nla_len(peer), 4);
	EXPECT_EQ(std::memcmp(nla_data(peer), address_b, 4), 0);
}

TEST(Message, EmptyFilterHasNoAttributes)
{
	auto request = rubato::build_socket_get(test::family, {});
	ASSERT_TRUE(request);
	EXPECT_TRUE(test::payload(*request).attributes.empty());
}

TEST(Message, PathsNameTheAttribute)
{
	rubato::PolicyChange change;
	change.assignments = {assign("msl=1s"), assign("syn=6s x2 tries=5"), assign("ecn=on")};
	change.tempo = 2000;
	auto request = rubato::build_policy_set(test::family, change);
	ASSERT_TRUE(request);
	rubato::Bytes bytes = rubato::message_bytes(nlmsg_hdr(request->get()));
	rubato::Bytes attributes = test::payload(*request).attributes;
	nlattr *policy = find(attributes, RUBATO_A_POLICY);
	nlattr *syn = inside(policy, RUBATO_POLICY_SYN);
	auto path = [&](const nlattr *attribute) {
		return rubato::attribute_path(bytes, offset_of(request->get(), attribute));
	};
	EXPECT_EQ(path(find(attributes, RUBATO_A_TEMPO)), "tempo");
	EXPECT_EQ(path(policy), "policy");
	EXPECT_EQ(path(inside(policy, RUBATO_POLICY_MSL)), "msl");
	EXPECT_EQ(path(inside(policy, RUBATO_POLICY_ECN)), "ecn");
	EXPECT_EQ(path(syn), "syn");
	EXPECT_EQ(path(inside(syn, RUBATO_SCHEDULE_GAP)), "syn gap");
	EXPECT_EQ(path(inside(syn, RUBATO_SCHEDULE_TRIES)), "syn tries");
}

TEST(Message, PathsOfNonsense)
{
	auto request = rubato::build_policy_set(test::family, {{assign("msl=1s")}, std::nullopt});
	rubato::Bytes bytes = rubato::message_bytes(nlmsg_hdr(request->get()));
	EXPECT_EQ(rubato::attribute_path(bytes, 0), "");
	EXPECT_EQ(rubato::attribute_path(bytes, 16), "");
	EXPECT_EQ(rubato::attribute_path(bytes, 100000), "");
	EXPECT_EQ(rubato::attribute_path({}, 20), "");
}

TEST(Message, PathsOfAFilter)
{
	rubato::SocketFilter filter;
	filter.states = 0x7f;
	filter.peer = *rubato::parse_endpoint_filter(":99");
	auto request = rubato::build_socket_get(test::family, filter);
	rubato::Bytes bytes = rubato::message_bytes(nlmsg_hdr(request->get()));
	rubato::Bytes attributes = test::payload(*request).attributes;
	auto path = [&](int type) {
		return rubato::attribute_path(bytes,
					      offset_of(request->get(), find(attributes, type)));
	};
	EXPECT_EQ(path(RUBATO_SOCKET_STATES), "state filter");
	EXPECT_EQ(path(RUBATO_SOCKET_PEER_PORT), "peer filter");
}

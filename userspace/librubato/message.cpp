// SPDX-License-Identifier: GPL-2.0-only
// Builds requests and reads replies and events, attribute by attribute, as
// Documentation/netlink/specs/rubato.yaml describes them.
#include <rubato/message.hpp>

#include <linux/genetlink.h>
#include <linux/rubato_netlink.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace rubato
{
namespace
{

using Rules = std::span<const nla_policy>;

constexpr nla_policy rule(int type)
{
	return {static_cast<std::uint16_t>(type), 0, 0};
}

nlattr *first_attribute(Bytes data)
{
	// libnl takes attributes without const, but only reads them.
	return const_cast<nlattr *>(reinterpret_cast<const nlattr *>(data.data()));
}

Bytes attribute_data(const nlattr *attribute)
{
	return {static_cast<const std::byte *>(nla_data(attribute)),
		static_cast<std::size_t>(nla_len(attribute))};
}

// Calls `each` with every attribute. False if the bytes end in the middle of one.
template <typename Each>
bool walk(Bytes data, Each each)
{
	nlattr *attribute;
	int rest;
	nla_for_each_attr(attribute, first_attribute(data), static_cast<int>(data.size()), rest)
		each(attribute);
	return rest <= 0;
}

// One level of attributes, checked: the last of each type, as netlink has it.
class Table
{
public:
	static Result<Table> parse(Bytes data, Rules rules, std::string_view what)
	{
		Table table;
		if (!walk(data, [](const nlattr *) {}))
			return error("netlink: {} is truncated", what);
		table.attributes_.resize(rules.size());
		int max = static_cast<int>(rules.size()) - 1;
		if (nla_parse(table.attributes_.data(), max, first_attribute(data),
			      static_cast<int>(data.size()), rules.data()) < 0)
			return error("netlink: {} has an attribute of the wrong size", what);
		return table;
	}

	bool has(int type) const { return attributes_[type]; }
	const nlattr *get(int type) const { return attributes_[type]; }
	Bytes data(int type) const { return has(type) ? attribute_data(get(type)) : Bytes(); }

	std::optional<std::uint16_t> u16(int type) const { return number(type, nla_get_u16); }
	std::optional<std::uint32_t> u32(int type) const { return number(type, nla_get_u32); }
	std::optional<std::uint64_t> u64(int type) const { return number(type, nla_get_u64); }

	std::string string(int type) const
	{
		Bytes bytes = data(type);
		const char *text = reinterpret_cast<const char *>(bytes.data());
		return bytes.empty() ? std::string()
				     : std::string(text, strnlen(text, bytes.size()));
	}

private:
	template <typename T>
	std::optional<T> number(int type, T (*read)(const nlattr *)) const
	{
		return has(type) ? std::optional<T>(read(get(type))) : std::nullopt;
	}

	std::vector<nlattr *> attributes_;
};

// --- policies and schedules

constexpr auto schedule_rules = [] {
	std::array<nla_policy, RUBATO_SCHEDULE_MAX + 1> rules = {};
	rules[RUBATO_SCHEDULE_GAP] = rule(NLA_U64);
	rules[RUBATO_SCHEDULE_RTO] = rule(NLA_FLAG);
	rules[RUBATO_SCHEDULE_FACTOR] = rule(NLA_U32);
	rules[RUBATO_SCHEDULE_MAX_GAP] = rule(NLA_U64);
	rules[RUBATO_SCHEDULE_TRIES] = rule(NLA_U32);
	rules[RUBATO_SCHEDULE_GIVE_UP] = rule(NLA_U64);
	rules[RUBATO_SCHEDULE_AS] = rule(NLA_U32);
	return rules;
}();

int attribute_type(Kind kind)
{
	switch (kind) {
	case Kind::schedule:
		return NLA_NESTED;
	case Kind::choice:
		return NLA_U32;
	case Kind::duration:
	case Kind::isn:
		break;
	}
	return NLA_U64;
}

std::array<nla_policy, RUBATO_POLICY_MAX + 1> policy_rules()
{
	std::array<nla_policy, RUBATO_POLICY_MAX + 1> rules = {};
	for (const ClockInfo &clock : clocks())
		rules[clock.id] = rule(attribute_type(clock.kind));
	return rules;
}

Result<rubato_schedule> parse_schedule_nest(Bytes data, std::string_view name)
{
	Result<Table> table = Table::parse(data, schedule_rules, name);
	if (!table)
		return table.error();

	rubato_schedule schedule = {};
	bool too_many = false;
	walk(data, [&](const nlattr *attribute) {
		if (nla_type(attribute) != RUBATO_SCHEDULE_GAP)
			return;
		if (schedule.n_gaps == RUBATO_GAPS_MAX)
			too_many = true;
		else
			schedule.gap[schedule.n_gaps++] = nla_get_u64(attribute);
	});
	if (too_many)
		return error("netlink: {} has more than {} gaps", name, RUBATO_GAPS_MAX);

	auto field = [&](auto &to, auto value, std::uint8_t flag) {
		if (!value)
			return;
		to = static_cast<std::remove_reference_t<decltype(to)>>(*value);
		schedule.flags |= flag;
	};
	if (table->has(RUBATO_SCHEDULE_RTO))
		schedule.flags |= RUBATO_SCHED_RTO;
	field(schedule.factor, table->u32(RUBATO_SCHEDULE_FACTOR), RUBATO_SCHED_FACTOR);
	field(schedule.max, table->u64(RUBATO_SCHEDULE_MAX_GAP), RUBATO_SCHED_MAX);
	field(schedule.tries, table->u32(RUBATO_SCHEDULE_TRIES), RUBATO_SCHED_TRIES);
	field(schedule.give_up, table->u64(RUBATO_SCHEDULE_GIVE_UP), RUBATO_SCHED_GIVE_UP);
	field(schedule.as, table->u32(RUBATO_SCHEDULE_AS), RUBATO_SCHED_AS);
	return schedule;
}

Result<std::optional<Value>> parse_clock(const Table &table, const ClockInfo &clock)
{
	int type = static_cast<int>(clock.id);
	if (!table.has(type))
		return std::optional<Value>();
	switch (clock.kind) {
	case Kind::schedule: {
		Result<rubato_schedule> schedule =
			parse_schedule_nest(table.data(type), clock.name);
		if (!schedule)
			return schedule.error();
		return std::optional<Value>(*schedule);
	}
	case Kind::choice:
		return std::optional<Value>(*table.u32(type));
	case Kind::duration:
	case Kind::isn:
		break;
	}
	return std::optional<Value>(*table.u64(type));
}

bool put_schedule(nl_msg *message, int type, const rubato_schedule &schedule)
{
	nlattr *nest = nla_nest_start(message, type | NLA_F_NESTED);
	if (!nest)
		return false;
	bool ok = true;
	for (std::size_t i = 0; i < schedule.n_gaps; i++)
		ok = ok && nla_put_u64(message, RUBATO_SCHEDULE_GAP, schedule.gap[i]) == 0;
	if (schedule.flags & RUBATO_SCHED_RTO)
		ok = ok && nla_put_flag(message, RUBATO_SCHEDULE_RTO) == 0;
	if (schedule.flags & RUBATO_SCHED_FACTOR)
		ok = ok && nla_put_u32(message, RUBATO_SCHEDULE_FACTOR, schedule.factor) == 0;
	if (schedule.flags & RUBATO_SCHED_MAX)
		ok = ok && nla_put_u64(message, RUBATO_SCHEDULE_MAX_GAP, schedule.max) == 0;
	if (schedule.flags & RUBATO_SCHED_TRIES)
		ok = ok && nla_put_u32(message, RUBATO_SCHEDULE_TRIES, schedule.tries) == 0;
	if (schedule.flags & RUBATO_SCHED_GIVE_UP)
		ok = ok && nla_put_u64(message, RUBATO_SCHEDULE_GIVE_UP, schedule.give_up) == 0;
	if (schedule.flags & RUBATO_SCHED_AS)
		ok = ok && nla_put_u32(message, RUBATO_SCHEDULE_AS, schedule.as) == 0;
	return ok && nla_nest_end(message, nest) == 0;
}

bool put_value(nl_msg *message, const Assignment &assignment)
{
	int type = static_cast<int>(assignment.clock->id);
	if (const auto *schedule = std::get_if<rubato_schedule>(&assignment.value))
		return put_schedule(message, type, *schedule);
	if (const auto *choice = std::get_if<std::uint32_t>(&assignment.value))
		return nla_put_u32(message, type, *choice) == 0;
	return nla_put_u64(message, type, std::get<std::uint64_t>(assignment.value)) == 0;
}

bool put_policy(nl_msg *message, const std::vector<Assignment> &assignments)
{
	if (assignments.empty())
		return true;
	nlattr *nest = nla_nest_start(message, RUBATO_A_POLICY | NLA_F_NESTED);
	return nest &&
	       std::all_of(assignments.begin(), assignments.end(),
			   [&](const Assignment &a) { return put_value(message, a); }) &&
	       nla_nest_end(message, nest) == 0;
}

// --- sockets and events

constexpr auto socket_rules = [] {
	std::array<nla_policy, RUBATO_SOCKET_MAX + 1> rules = {};
	for (int type : {RUBATO_SOCKET_FAMILY, RUBATO_SOCKET_LOCAL_PORT, RUBATO_SOCKET_PEER_PORT})
		rules[type] = rule(NLA_U16);
	for (int type : {RUBATO_SOCKET_STATE, RUBATO_SOCKET_UID, RUBATO_SOCKET_CLOCK,
			 RUBATO_SOCKET_TRIES, RUBATO_SOCKET_RECV_QUEUE, RUBATO_SOCKET_SEND_QUEUE,
			 RUBATO_SOCKET_CWND, RUBATO_SOCKET_SND_UNA, RUBATO_SOCKET_SND_NXT,
			 RUBATO_SOCKET_RCV_NXT, RUBATO_SOCKET_STATES})
		rules[type] = rule(NLA_U32);
	for (int type : {RUBATO_SOCKET_COOKIE, RUBATO_SOCKET_INODE, RUBATO_SOCKET_REMAINING,
			 RUBATO_SOCKET_RTO, RUBATO_SOCKET_SRTT, RUBATO_SOCKET_EVENT_SEQ})
		rules[type] = rule(NLA_U64);
	return rules;
}();

constexpr auto event_rules = [] {
	std::array<nla_policy, RUBATO_EVENT_MAX + 1> rules = {};
	for (int type : {RUBATO_EVENT_FAMILY, RUBATO_EVENT_LOCAL_PORT, RUBATO_EVENT_PEER_PORT})
		rules[type] = rule(NLA_U16);
	for (int type :
	     {RUBATO_EVENT_OLD_STATE, RUBATO_EVENT_NEW_STATE, RUBATO_EVENT_CAUSE,
	      RUBATO_EVENT_CLOCK, RUBATO_EVENT_TRIES, RUBATO_EVENT_ERRNO, RUBATO_EVENT_SEG_FLAGS,
	      RUBATO_EVENT_SEG_LEN, RUBATO_EVENT_SEG_WINDOW, RUBATO_EVENT_SEG_SEQ,
	      RUBATO_EVENT_SEG_ACK, RUBATO_EVENT_GENERATION, RUBATO_EVENT_TEMPO})
		rules[type] = rule(NLA_U32);
	for (int type : {RUBATO_EVENT_SEQ, RUBATO_EVENT_TIME, RUBATO_EVENT_COOKIE,
			 RUBATO_EVENT_ELAPSED, RUBATO_EVENT_NEXT})
		rules[type] = rule(NLA_U64);
	return rules;
}();

// An absent address is the wildcard of its family.
Result<Address> parse_address_bytes(std::optional<std::uint16_t> family, Bytes bytes)
{
	Address address = {family.value_or(AF_INET), {}};
	std::size_t size = address.data().size();
	if (bytes.empty())
		return address;
	if (!size || bytes.size() != size)
		return error("netlink: an address of {} bytes for family {}", bytes.size(),
			     address.family);
	std::memcpy(address.bytes.data(), bytes.data(), size);
	return address;
}

Result<void> parse_endpoint(const Table &table, int family, int address, int port, Endpoint &to)
{
	Result<Address> parsed = parse_address_bytes(table.u16(family), table.data(address));
	if (!parsed)
		return parsed.error();
	to = {*parsed, table.u16(port).value_or(0)};
	return {};
}

std::optional<Event::Kind> event_kind(std::uint8_t command)
{
	switch (command) {
	case RUBATO_CMD_STATE_EVENT:
		return Event::Kind::state;
	case RUBATO_CMD_RETRANSMIT_EVENT:
		return Event::Kind::retransmit;
	case RUBATO_CMD_GIVE_UP_EVENT:
		return Event::Kind::give_up;
	case RUBATO_CMD_POLICY_EVENT:
		return Event::Kind::policy;
	}
	return std::nullopt;
}

bool put_endpoint(nl_msg *message, const EndpointFilter &filter, int address, int port)
{
	if (filter.address) {
		std::span<const std::uint8_t> bytes = filter.address->data();
		if (nla_put(message, address, static_cast<int>(bytes.size()), bytes.data()) < 0)
			return false;
	}
	return !filter.port || nla_put_u16(message, port, *filter.port) == 0;
}

// --- counters

struct CounterName {
	int type;
	std::string_view name;
};

constexpr std::array<CounterName, 15> counter_names = {{
	{RUBATO_STATS_ACTIVE_OPENS, "active-opens"},
	{RUBATO_STATS_PASSIVE_OPENS, "passive-opens"},
	{RUBATO_STATS_SEGMENTS_IN, "segments-in"},
	{RUBATO_STATS_SEGMENTS_OUT, "segments-out"},
	{RUBATO_STATS_RESETS_IN, "resets-in"},
	{RUBATO_STATS_RESETS_OUT, "resets-out"},
	{RUBATO_STATS_RETRANSMISSIONS, "retransmissions"},
	{RUBATO_STATS_GIVE_UPS, "give-ups"},
	{RUBATO_STATS_LOCAL_DROPS, "local-drops"},
	{RUBATO_STATS_SYNCOOKIES_SENT, "syncookies-sent"},
	{RUBATO_STATS_SYNCOOKIES_RECEIVED, "syncookies-received"},
	{RUBATO_STATS_SOCKETS, "sockets"},
	{RUBATO_STATS_HALF_OPEN, "half-open"},
	{RUBATO_STATS_TIME_WAIT, "time-wait"},
	{RUBATO_STATS_ORPHANS, "orphans"},
}};

constexpr auto stats_rules = [] {
	std::array<nla_policy, RUBATO_STATS_MAX + 1> rules = {};
	for (const CounterName &counter : counter_names)
		rules[counter.type] = rule(NLA_U64);
	rules[RUBATO_STATS_DROP] = rule(NLA_NESTED);
	return rules;
}();

constexpr auto drop_rules = [] {
	std::array<nla_policy, RUBATO_DROP_MAX + 1> rules = {};
	rules[RUBATO_DROP_REASON] = rule(NLA_U32);
	rules[RUBATO_DROP_COUNT] = rule(NLA_U64);
	return rules;
}();

Result<Drop> parse_drop(Bytes data)
{
	Result<Table> table = Table::parse(data, drop_rules, "drop");
	if (!table)
		return table.error();
	return Drop{table->u32(RUBATO_DROP_REASON).value_or(0),
		    table->u64(RUBATO_DROP_COUNT).value_or(0)};
}

// --- paths into a request

constexpr std::array<std::string_view, RUBATO_SCHEDULE_MAX + 1> schedule_fields = {
	"", "", "gap", "rto", "xN", "max", "tries", "give-up", "as",
};

std::string main_attribute(int type)
{
	return type == RUBATO_A_TEMPO	 ? "tempo"
	       : type == RUBATO_A_POLICY ? "policy"
					 : fmt::format("attribute {}", type);
}

std::string socket_attribute(int type)
{
	switch (type) {
	case RUBATO_SOCKET_STATES:
		return "state filter";
	case RUBATO_SOCKET_FAMILY:
		return "address family";
	case RUBATO_SOCKET_LOCAL_ADDRESS:
	case RUBATO_SOCKET_LOCAL_PORT:
		return "local filter";
	case RUBATO_SOCKET_PEER_ADDRESS:
	case RUBATO_SOCKET_PEER_PORT:
		return "peer filter";
	}
	return fmt::format("attribute {}", type);
}

// The attribute whose bytes hold `offset`, counted from the start of `data`.
const nlattr *attribute_at(Bytes data, std::size_t offset)
{
	const nlattr *found = nullptr;
	walk(data, [&](const nlattr *attribute) {
		std::size_t start = reinterpret_cast<const std::byte *>(attribute) - data.data();
		if (offset >= start && offset < start + attribute->nla_len)
			found = attribute;
	});
	return found;
}

// The same for what is nested in `outer`; nothing if the offset is its own header.
const nlattr *nested_at(const nlattr *outer, const std::byte *target)
{
	Bytes inner = attribute_data(outer);
	return target < inner.data() ? nullptr : attribute_at(inner, target - inner.data());
}

std::string policy_path(const nlattr *policy, const std::byte *target)
{
	const nlattr *clock = nested_at(policy, target);
	if (!clock)
		return main_attribute(RUBATO_A_POLICY);
	std::string path = clock_name(nla_type(clock));
	const ClockInfo *info = find_clock(nla_type(clock));
	if (!info || info->kind != Kind::schedule)
		return path;
	const nlattr *field = nested_at(clock, target);
	if (field && static_cast<std::size_t>(nla_type(field)) < schedule_fields.size())
		path += fmt::format(" {}", schedule_fields[nla_type(field)]);
	return path;
}

} // namespace

Result<Message> build_request(int family, std::uint8_t command, int flags)
{
	// Room for every schedule with all its gaps.
	Message message(nlmsg_alloc_size(16384));
	if (!message || !genlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family, 0,
				     NLM_F_REQUEST | flags, command, RUBATO_GENL_VERSION))
		return error("out of memory");
	return message;
}

Result<Message> build_policy_set(int family, const PolicyChange &change)
{
	Result<Message> message = build_request(family, RUBATO_CMD_POLICY_SET, NLM_F_ACK);
	if (!message)
		return message;
	if (!put_policy(message->get(), change.assignments) ||
	    (change.tempo && nla_put_u32(message->get(), RUBATO_A_TEMPO, *change.tempo) < 0))
		return error("the request is too long");
	return message;
}

Result<Message> build_socket_get(int family, const SocketFilter &filter)
{
	Result<Message> message = build_request(family, RUBATO_CMD_SOCKET_GET, NLM_F_DUMP);
	if (!message)
		return message;
	nl_msg *raw = message->get();
	std::optional<Address> address =
		filter.local.address ? filter.local.address : filter.peer.address;
	bool ok = !filter.states || nla_put_u32(raw, RUBATO_SOCKET_STATES, *filter.states) == 0;
	ok = ok && (!address || nla_put_u16(raw, RUBATO_SOCKET_FAMILY, address->family) == 0);
	ok = ok &&
	     put_endpoint(raw, filter.local, RUBATO_SOCKET_LOCAL_ADDRESS, RUBATO_SOCKET_LOCAL_PORT);
	ok = ok &&
	     put_endpoint(raw, filter.peer, RUBATO_SOCKET_PEER_ADDRESS, RUBATO_SOCKET_PEER_PORT);
	if (!ok)
		return error("the request is too long");
	return message;
}

Bytes message_bytes(const nlmsghdr *header)
{
	return {reinterpret_cast<const std::byte *>(header), header->nlmsg_len};
}

Result<Payload> open_payload(const nlmsghdr *header)
{
	if (header->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN)
		return error("netlink: a message of {} bytes is truncated", header->nlmsg_len);
	const auto *genl = static_cast<const genlmsghdr *>(NLMSG_DATA(header));
	return Payload{genl->cmd, message_bytes(header).subspan(NLMSG_HDRLEN + GENL_HDRLEN)};
}

Result<Info> parse_info(Bytes attributes)
{
	std::array<nla_policy, RUBATO_A_MAX + 1> rules = {};
	rules[RUBATO_A_VERSION] = rule(NLA_STRING);
	for (int type : {RUBATO_A_ABI, RUBATO_A_FAMILY, RUBATO_A_PROTOCOL})
		rules[type] = rule(NLA_U32);
	Result<Table> table = Table::parse(attributes, rules, "info");
	if (!table)
		return table.error();
	return Info{table->string(RUBATO_A_VERSION), table->u32(RUBATO_A_ABI).value_or(0),
		    table->u32(RUBATO_A_FAMILY).value_or(0),
		    table->u32(RUBATO_A_PROTOCOL).value_or(0)};
}

Result<Policy> parse_policy(Bytes attributes)
{
	std::array<nla_policy, RUBATO_A_MAX + 1> rules = {};
	rules[RUBATO_A_GENERATION] = rules[RUBATO_A_TEMPO] = rule(NLA_U32);
	rules[RUBATO_A_POLICY] = rules[RUBATO_A_SOURCE] = rules[RUBATO_A_EFFECTIVE] =
		rule(NLA_NESTED);
	std::array<nla_policy, RUBATO_POLICY_SOURCE_MAX + 1> source_rules;
	source_rules.fill(rule(NLA_U32));

	Result<Table> table = Table::parse(attributes, rules, "policy reply");
	if (!table)
		return table.error();
	Result<Table> values = Table::parse(table->data(RUBATO_A_POLICY), policy_rules(), "policy");
	if (!values)
		return values.error();
	Result<Table> sources = Table::parse(table->data(RUBATO_A_SOURCE), source_rules, "source");
	if (!sources)
		return sources.error();
	Result<Table> effective =
		Table::parse(table->data(RUBATO_A_EFFECTIVE), policy_rules(), "effective policy");
	if (!effective)
		return effective.error();

	Policy policy;
	policy.generation = table->u32(RUBATO_A_GENERATION).value_or(0);
	policy.tempo = table->u32(RUBATO_A_TEMPO).value_or(RUBATO_TEMPO_ONE);
	for (const ClockInfo &clock : clocks()) {
		Result<std::optional<Value>> value = parse_clock(*values, clock);
		if (!value)
			return value.error();
		Result<std::optional<Value>> now = parse_clock(*effective, clock);
		if (!now)
			return now.error();
		std::uint32_t source =
			sources->u32(static_cast<int>(clock.id)).value_or(RUBATO_SOURCE_BUILTIN);
		if (*value)
			policy.settings[clock.id] = {**value, source, *now};
	}
	return policy;
}

Result<SocketEntry> parse_socket(Bytes attributes)
{
	Result<Table> table = Table::parse(attributes, socket_rules, "socket");
	if (!table)
		return table.error();
	SocketEntry entry;
	if (Result<void> local =
		    parse_endpoint(*table, RUBATO_SOCKET_FAMILY, RUBATO_SOCKET_LOCAL_ADDRESS,
				   RUBATO_SOCKET_LOCAL_PORT, entry.local);
	    !local)
		return local.error();
	if (Result<void> peer =
		    parse_endpoint(*table, RUBATO_SOCKET_FAMILY, RUBATO_SOCKET_PEER_ADDRESS,
				   RUBATO_SOCKET_PEER_PORT, entry.peer);
	    !peer)
		return peer.error();
	entry.cookie = table->u64(RUBATO_SOCKET_COOKIE).value_or(0);
	entry.state = table->u32(RUBATO_SOCKET_STATE).value_or(0);
	entry.uid = table->u32(RUBATO_SOCKET_UID).value_or(0);
	entry.inode = table->u64(RUBATO_SOCKET_INODE).value_or(0);
	entry.clock = table->u32(RUBATO_SOCKET_CLOCK).value_or(RUBATO_CLOCK_NONE);
	entry.tries = table->u32(RUBATO_SOCKET_TRIES).value_or(0);
	entry.remaining = table->u64(RUBATO_SOCKET_REMAINING);
	entry.recv_queue = table->u32(RUBATO_SOCKET_RECV_QUEUE).value_or(0);
	entry.send_queue = table->u32(RUBATO_SOCKET_SEND_QUEUE).value_or(0);
	entry.rto = table->u64(RUBATO_SOCKET_RTO);
	entry.srtt = table->u64(RUBATO_SOCKET_SRTT);
	entry.cwnd = table->u32(RUBATO_SOCKET_CWND);
	entry.snd_una = table->u32(RUBATO_SOCKET_SND_UNA);
	entry.snd_nxt = table->u32(RUBATO_SOCKET_SND_NXT);
	entry.rcv_nxt = table->u32(RUBATO_SOCKET_RCV_NXT);
	entry.event_seq = table->u64(RUBATO_SOCKET_EVENT_SEQ);
	return entry;
}

Result<Stats> parse_stats(Bytes attributes)
{
	Result<Table> table = Table::parse(attributes, stats_rules, "statistics");
	if (!table)
		return table.error();
	Stats stats;
	for (const CounterName &counter : counter_names)
		if (std::optional<std::uint64_t> value = table->u64(counter.type))
			stats.counters.push_back({counter.name, *value});
	Result<void> failure;
	walk(attributes, [&](const nlattr *attribute) {
		if (nla_type(attribute) != RUBATO_STATS_DROP)
			return;
		Result<Drop> drop = parse_drop(attribute_data(attribute));
		if (drop)
			stats.drops.push_back(*drop);
		else
			failure = drop.error();
	});
	if (!failure)
		return failure.error();
	return stats;
}

Result<Event> parse_event(const Payload &payload)
{
	std::optional<Event::Kind> kind = event_kind(payload.command);
	if (!kind)
		return error("netlink: command {} is not an event", payload.command);
	Result<Table> table = Table::parse(payload.attributes, event_rules, "event");
	if (!table)
		return table.error();
	Event event;
	event.kind = *kind;
	if (Result<void> local =
		    parse_endpoint(*table, RUBATO_EVENT_FAMILY, RUBATO_EVENT_LOCAL_ADDRESS,
				   RUBATO_EVENT_LOCAL_PORT, event.local);
	    !local)
		return local.error();
	if (Result<void> peer =
		    parse_endpoint(*table, RUBATO_EVENT_FAMILY, RUBATO_EVENT_PEER_ADDRESS,
				   RUBATO_EVENT_PEER_PORT, event.peer);
	    !peer)
		return peer.error();
	event.seq = table->u64(RUBATO_EVENT_SEQ).value_or(0);
	event.time = table->u64(RUBATO_EVENT_TIME).value_or(0);
	event.cookie = table->u64(RUBATO_EVENT_COOKIE).value_or(0);
	event.old_state = table->u32(RUBATO_EVENT_OLD_STATE);
	event.new_state = table->u32(RUBATO_EVENT_NEW_STATE);
	event.cause = table->u32(RUBATO_EVENT_CAUSE).value_or(0);
	event.clock = table->u32(RUBATO_EVENT_CLOCK).value_or(RUBATO_CLOCK_NONE);
	event.tries = table->u32(RUBATO_EVENT_TRIES).value_or(0);
	event.error = table->u32(RUBATO_EVENT_ERRNO).value_or(0);
	event.elapsed = table->u64(RUBATO_EVENT_ELAPSED);
	event.next = table->u64(RUBATO_EVENT_NEXT);
	event.generation = table->u32(RUBATO_EVENT_GENERATION);
	event.tempo = table->u32(RUBATO_EVENT_TEMPO);
	if (std::optional<std::uint32_t> flags = table->u32(RUBATO_EVENT_SEG_FLAGS))
		event.segment =
			Segment{*flags, table->u32(RUBATO_EVENT_SEG_LEN).value_or(0),
				table->u32(RUBATO_EVENT_SEG_WINDOW),
				table->u32(RUBATO_EVENT_SEG_SEQ), table->u32(RUBATO_EVENT_SEG_ACK)};
	return event;
}

bool is_farewell(const Payload &payload)
{
	std::array<nla_policy, CTRL_ATTR_FAMILY_NAME + 1> rules = {};
	rules[CTRL_ATTR_FAMILY_NAME] = rule(NLA_STRING);
	if (payload.command != CTRL_CMD_DELFAMILY)
		return false;
	Result<Table> table = Table::parse(payload.attributes, rules, "notification");
	return table && table->string(CTRL_ATTR_FAMILY_NAME) == RUBATO_GENL_NAME;
}

std::string attribute_path(Bytes request, std::uint32_t offset)
{
	constexpr std::size_t headers = NLMSG_HDRLEN + GENL_HDRLEN;
	if (request.size() < headers || offset < headers || offset >= request.size())
		return {};
	const auto *genl = reinterpret_cast<const genlmsghdr *>(request.data() + NLMSG_HDRLEN);
	const nlattr *attribute = attribute_at(request.subspan(headers), offset - headers);
	if (!attribute)
		return {};
	if (genl->cmd == RUBATO_CMD_SOCKET_GET)
		return socket_attribute(nla_type(attribute));
	if (nla_type(attribute) == RUBATO_A_POLICY)
		return policy_path(attribute, request.data() + offset);
	return main_attribute(nla_type(attribute));
}

} // namespace rubato

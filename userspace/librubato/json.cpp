// SPDX-License-Identifier: GPL-2.0-only
// One function per struct. Keys are only ever added.
#include <rubato/duration.hpp>
#include <rubato/json.hpp>
#include <rubato/names.hpp>
#include <rubato/schedule.hpp>

#include <nlohmann/json.hpp>

namespace rubato
{
namespace
{

using Json = nlohmann::ordered_json;

constexpr std::uint32_t flag_ack = 0x10;

template <typename T>
void put(Json &json, const char *key, const std::optional<T> &value)
{
	if (value)
		json[key] = *value;
}

Json endpoint(const Endpoint &endpoint)
{
	return {{"address", to_string(endpoint.address)}, {"port", endpoint.port}};
}

// Thousandths as a JSON number.
double thousandths(std::uint32_t value)
{
	return static_cast<double>(value) / 1000;
}

Json value_details(const ClockInfo &clock, const Value &value)
{
	Json json = {{"text", format_value(clock, value)}};
	if (const auto *schedule = std::get_if<rubato_schedule>(&value))
		json["schedule"] = to_json(*schedule);
	else if (clock.kind == Kind::duration)
		json["ns"] = std::get<std::uint64_t>(value);
	return json;
}

Json segment(const Segment &segment)
{
	Json flags = Json::array();
	for (std::uint32_t bit = 1; bit <= 0x80; bit <<= 1)
		if (segment.flags & bit)
			flags.push_back(flag_names(bit));
	Json json = {{"flags", flags}, {"length", segment.length}};
	put(json, "window", segment.window);
	put(json, "seq", segment.seq);
	if (segment.flags & flag_ack)
		put(json, "ack", segment.ack);
	return json;
}

const char *kind_name(Event::Kind kind)
{
	switch (kind) {
	case Event::Kind::state:
		return "state";
	case Event::Kind::retransmit:
		return "retransmit";
	case Event::Kind::give_up:
		return "give-up";
	case Event::Kind::policy:
		break;
	}
	return "policy";
}

void put_clock(Json &json, std::uint32_t clock)
{
	if (clock)
		json["clock"] = clock_name(clock);
}

void put_connection(Json &json, const Event &event)
{
	json["cookie"] = event.cookie;
	json["local"] = endpoint(event.local);
	json["peer"] = endpoint(event.peer);
	if (event.old_state)
		json["old_state"] = state_name(*event.old_state);
	if (event.new_state)
		json["new_state"] = state_name(*event.new_state);
	if (event.cause)
		json["cause"] = cause_name(event.cause);
	put_clock(json, event.clock);
	if (event.kind != Event::Kind::state)
		json["tries"] = event.tries;
	if (event.error)
		json["errno"] = errno_name(static_cast<int>(event.error));
	if (event.segment)
		json["segment"] = segment(*event.segment);
	put(json, "elapsed_ns", event.elapsed);
	put(json, "next_ns", event.next);
}

} // namespace

Json to_json(const Info &info)
{
	return {{"version", info.version},
		{"abi", info.abi},
		{"family", info.family},
		{"protocol", info.protocol}};
}

Json to_json(const rubato_schedule &schedule)
{
	if (schedule.flags & RUBATO_SCHED_AS)
		return {{"as", clock_name(schedule.as)}};
	Json json = {{"rto", (schedule.flags & RUBATO_SCHED_RTO) != 0}};
	json["gaps_ns"] = std::vector<std::uint64_t>(schedule.gap, schedule.gap + schedule.n_gaps);
	if (schedule.flags & RUBATO_SCHED_FACTOR)
		json["factor"] = thousandths(schedule.factor);
	if (schedule.flags & RUBATO_SCHED_MAX)
		json["max_ns"] = schedule.max;
	if (schedule.flags & RUBATO_SCHED_TRIES)
		json["tries"] = schedule.tries;
	if (schedule.flags & RUBATO_SCHED_GIVE_UP)
		json["give_up_ns"] = schedule.give_up;
	return json;
}

Json to_json(const ClockInfo &clock, const Setting &setting)
{
	Json json = {{"value", format_value(clock, setting.value)},
		     {"source", source_name(setting.source)},
		     {"configured", value_details(clock, setting.value)}};
	if (setting.effective)
		json["effective"] = value_details(clock, *setting.effective);
	return json;
}

Json to_json(const Policy &policy)
{
	Json all = Json::object();
	for (const auto &[id, setting] : policy.settings)
		if (const ClockInfo *clock = find_clock(id))
			all[std::string(clock->name)] = to_json(*clock, setting);
	return {{"generation", policy.generation},
		{"tempo", thousandths(policy.tempo)},
		{"clocks", all}};
}

Json to_json(const SocketEntry &socket)
{
	Json json = {{"state", state_name(socket.state)},
		     {"recv_queue", socket.recv_queue},
		     {"send_queue", socket.send_queue},
		     {"local", endpoint(socket.local)},
		     {"peer", endpoint(socket.peer)},
		     {"cookie", socket.cookie},
		     {"uid", socket.uid},
		     {"inode", socket.inode}};
	if (socket.clock) {
		put_clock(json, socket.clock);
		json["tries"] = socket.tries;
		put(json, "remaining_ns", socket.remaining);
	}
	put(json, "rto_ns", socket.rto);
	put(json, "srtt_ns", socket.srtt);
	put(json, "cwnd", socket.cwnd);
	put(json, "snd_una", socket.snd_una);
	put(json, "snd_nxt", socket.snd_nxt);
	put(json, "rcv_nxt", socket.rcv_nxt);
	return json;
}

Json to_json(const SocketList &list)
{
	Json sockets = Json::array();
	for (const SocketEntry &socket : list.sockets)
		sockets.push_back(to_json(socket));
	Json json = {{"sockets", sockets}, {"complete", list.complete}};
	put(json, "event_seq", list.event_seq);
	return json;
}

Json to_json(const Event &event)
{
	Json json = {{"event", kind_name(event.kind)}, {"seq", event.seq}, {"time_ns", event.time}};
	if (event.kind != Event::Kind::policy) {
		put_connection(json, event);
		return json;
	}
	put(json, "generation", event.generation);
	if (event.tempo)
		json["tempo"] = thousandths(*event.tempo);
	return json;
}

Json to_json(const Lost &lost)
{
	Json json = {{"event", "lost"}, {"count", nullptr}};
	put(json, "count", lost.count);
	return json;
}

Json to_json(const Stats &stats)
{
	Json counters = Json::object(), drops = Json::object();
	for (const Counter &counter : stats.counters)
		counters[std::string(counter.name)] = counter.value;
	for (const Drop &drop : stats.drops)
		drops[reason_name(drop.reason)] = drop.count;
	return {{"counters", counters}, {"drops", drops}};
}

} // namespace rubato

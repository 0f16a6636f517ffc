// SPDX-License-Identifier: GPL-2.0-only
// rubatoctl sockets: columns like those of ss, and the clock that runs.
#include "options.hpp"

#include <rubato/client.hpp>
#include <rubato/duration.hpp>
#include <rubato/json.hpp>
#include <rubato/names.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace rubatoctl
{
namespace
{

rubato::Result<rubato::SocketFilter> read_filter(const Options &options)
{
	rubato::SocketFilter filter;
	if (options.has("state")) {
		auto states = rubato::parse_states(options.get<std::string>("state"));
		if (!states)
			return states.error();
		filter.states = *states;
	}
	for (auto [name, side] : {std::pair{"local", &filter.local}, {"peer", &filter.peer}}) {
		if (!options.has(name))
			continue;
		auto parsed = rubato::parse_endpoint_filter(options.get<std::string>(name));
		if (!parsed)
			return rubato::error("--{}: {}", name, parsed.error().message);
		*side = *parsed;
	}
	if (filter.local.address && filter.peer.address &&
	    filter.local.address->family != filter.peer.address->family)
		return rubato::error("--local and --peer are of different address families");
	return filter;
}

// "syn 4.2s, 2 retries"; "2msl 31.5s".
std::string clock_text(const rubato::SocketEntry &socket)
{
	if (!socket.clock)
		return {};
	bool time_wait = socket.clock == RUBATO_CLOCK_MSL;
	std::string text = time_wait ? "2msl" : rubato::clock_name(socket.clock);
	if (socket.remaining)
		text += " " + rubato::brief_duration(*socket.remaining);
	if (socket.tries)
		text += fmt::format(", {} {}", socket.tries,
				    socket.tries == 1 ? "retry" : "retries");
	return text;
}

std::string extended_text(const rubato::SocketEntry &socket)
{
	std::string text =
		fmt::format("uid:{} ino:{} cookie:{:x}", socket.uid, socket.inode, socket.cookie);
	auto add = [&](std::string_view name, const std::string &value) {
		text += fmt::format(" {}:{}", name, value);
	};
	if (socket.rto)
		add("rto", rubato::brief_duration(*socket.rto));
	if (socket.srtt)
		add("srtt", rubato::brief_duration(*socket.srtt));
	if (socket.cwnd)
		add("cwnd", std::to_string(*socket.cwnd));
	if (socket.snd_una)
		add("snd_una", std::to_string(*socket.snd_una));
	if (socket.snd_nxt)
		add("snd_nxt", std::to_string(*socket.snd_nxt));
	if (socket.rcv_nxt)
		add("rcv_nxt", std::to_string(*socket.rcv_nxt));
	return text;
}

void print_list(const rubato::SocketList &list, bool extended)
{
	std::size_t local_width = 18, peer_width = 17;
	for (const rubato::SocketEntry &socket : list.sockets) {
		local_width = std::max(local_width, rubato::to_string(socket.local).size());
		peer_width = std::max(peer_width, rubato::to_string(socket.peer).size());
	}
	auto row = [&](std::string_view state, std::string_view recv, std::string_view send,
		       std::string_view local, std::string_view peer, std::string_view clock) {
		std::string line =
			fmt::format("{:<11} {:>7} {:>7}  {:>{}}  {:>{}}  {}", state, recv, send,
				    local, local_width, peer, peer_width, clock);
		line.erase(line.find_last_not_of(' ') + 1);
		fmt::print("{}\n", line);
	};
	row("State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Clock");
	for (const rubato::SocketEntry &socket : list.sockets) {
		row(rubato::state_name(socket.state), std::to_string(socket.recv_queue),
		    std::to_string(socket.send_queue), rubato::to_string(socket.local),
		    rubato::to_string(socket.peer), clock_text(socket));
		if (extended)
			fmt::print("\t{}\n", extended_text(socket));
	}
}

} // namespace

int sockets(const Command &command, const Arguments &arguments)
{
	Options options(command);
	options.add()("json,j", "as JSON")("state,s",
					   po::value<std::string>()->value_name("STATE,..."),
					   "only these states, as established,time-wait")(
		"local,l", po::value<std::string>()->value_name("ADDR[:PORT]"),
		"only this local side; ':PORT' for any address")(
		"peer,p", po::value<std::string>()->value_name("ADDR[:PORT]"), "only this peer")(
		"extended,e",
		"a second line: rto, srtt, cwnd, and sequence numbers with privilege");
	options.explain("Clock: the clock that runs, until its next try or its end, and the\n"
			"retransmissions so far: 'syn 4.2s, 2 retries'. TIME_WAIT runs '2msl'.\n");
	if (std::optional<int> code = options.parse(arguments))
		return *code;
	rubato::Result<rubato::SocketFilter> filter = read_filter(options);
	if (!filter)
		return misuse(command, filter.error());

	rubato::Result<rubato::Client> client = rubato::Client::open();
	if (!client)
		return fail(command, client.error());
	rubato::Result<rubato::SocketList> list = client->sockets(*filter);
	if (!list)
		return fail(command, list.error());
	if (options.has("json"))
		print_json(rubato::to_json(*list));
	else
		print_list(*list, options.has("extended"));
	if (!list->complete)
		fmt::print(stderr,
			   "rubatoctl sockets: the table changed while it was read: some may be "
			   "missing\n");
	return exit_ok;
}

} // namespace rubatoctl

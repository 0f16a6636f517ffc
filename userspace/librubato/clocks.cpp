// SPDX-License-Identifier: GPL-2.0-only
// Every clock and knob once. The kernel enforces the bounds; here they give an error that names
// the word before anything is sent.
#include <rubato/clocks.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace rubato
{
namespace
{

constexpr std::array<std::string_view, 2> on_off = {"off", "on"};
constexpr std::array<std::string_view, 2> congestion = {"cubic", "newreno"};
constexpr std::array<std::string_view, 3> bind_mode = {"linux", "bsd", "time-wait"};
constexpr std::array<std::string_view, 3> tw_rst = {"exact", "ignore", "after-challenge"};
constexpr std::array<std::string_view, 3> mtu_probing = {"off", "black-hole", "always"};

constexpr ClockInfo duration(rubato_clock id, std::string_view name, std::string_view doc,
			     std::uint64_t min = 0, std::uint64_t max = RUBATO_GAP_MAX)
{
	return {id, name, Kind::duration, doc, min, max, {}};
}

constexpr ClockInfo rto_bound(rubato_clock id, std::string_view name, std::string_view doc)
{
	return duration(id, name, doc, RUBATO_RTO_BOUND_MIN, RUBATO_RTO_BOUND_MAX);
}

constexpr ClockInfo schedule(rubato_clock id, std::string_view name, std::string_view doc)
{
	return {id, name, Kind::schedule, doc, 0, RUBATO_GAP_MAX, {}};
}

constexpr ClockInfo choice(rubato_clock id, std::string_view name, std::string_view doc,
			   std::span<const std::string_view> choices)
{
	return {id, name, Kind::choice, doc, 0, 0, choices};
}

constexpr std::array<ClockInfo, RUBATO_CLOCK_MAX> table = {{
	duration(RUBATO_CLOCK_MSL, "msl", "TIME_WAIT lasts 2 x msl; 0 for none, which is unsafe", 0,
		 RUBATO_MSL_MAX),
	schedule(RUBATO_CLOCK_SYN, "syn", "SYN of a connect"),
	schedule(RUBATO_CLOCK_SYNACK, "synack", "SYN+ACK of a half-open connection"),
	schedule(RUBATO_CLOCK_DATA, "data", "data and FIN while a process holds the socket"),
	schedule(RUBATO_CLOCK_FIN, "fin", "everything an orphan (no process) still has to send"),
	schedule(RUBATO_CLOCK_PERSIST, "persist", "zero-window probes; may be endless"),
	duration(RUBATO_CLOCK_KEEPALIVE_IDLE, "keepalive.idle", "silence before the first probe",
		 RUBATO_GAP_MIN, RUBATO_IDLE_MAX),
	schedule(RUBATO_CLOCK_KEEPALIVE_PROBES, "keepalive.probes", "keepalive probes"),
	duration(RUBATO_CLOCK_FIN_WAIT_2, "fin-wait-2", "an orphan waiting for the peer's FIN",
		 RUBATO_GAP_MIN, RUBATO_FIN_WAIT_2_MAX),
	duration(RUBATO_CLOCK_DELACK, "delack", "delayed acknowledgement, 0 for none", 0,
		 RUBATO_DELACK_MAX),
	duration(RUBATO_CLOCK_USER_TIMEOUT, "user-timeout",
		 "RFC 5482; caps data and keepalive, 0 for off", 0, RUBATO_USER_TIMEOUT_MAX),
	rto_bound(RUBATO_CLOCK_RTO_MIN, "rto-min", "the measured RTO is at least this"),
	rto_bound(RUBATO_CLOCK_RTO_MAX, "rto-max", "caps the RTO and its back-off"),
	rto_bound(RUBATO_CLOCK_RTO_INITIAL, "rto-initial", "the RTO before the first measurement"),
	choice(RUBATO_KNOB_TIMESTAMPS, "timestamps", "RFC 7323 timestamps", on_off),
	choice(RUBATO_KNOB_SACK, "sack", "RFC 2018 selective acknowledgement", on_off),
	choice(RUBATO_KNOB_WINDOW_SCALE, "window-scale", "RFC 7323 window scaling", on_off),
	choice(RUBATO_KNOB_ECN, "ecn", "RFC 3168 congestion notification", on_off),
	choice(RUBATO_KNOB_CONGESTION, "congestion", "congestion control", congestion),
	choice(RUBATO_KNOB_BIND_MODE, "bind-mode", "whose rules bind() follows", bind_mode),
	choice(RUBATO_KNOB_TW_RST, "tw-rst", "which RST ends TIME_WAIT", tw_rst),
	choice(RUBATO_KNOB_TW_REUSE, "tw-reuse", "connect may take over a TIME_WAIT", on_off),
	duration(RUBATO_CLOCK_TW_REUSE_DELAY, "tw-reuse-delay", "how old that TIME_WAIT must be", 0,
		 RUBATO_TW_REUSE_DELAY_MAX),
	choice(RUBATO_KNOB_KEEPALIVE_FORCE, "keepalive.force", "keepalive without SO_KEEPALIVE too",
	       on_off),
	{RUBATO_KNOB_ISN, "isn", Kind::isn, "keyed, or 'fixed N' for the lab", 0, 0, {}},
	choice(RUBATO_KNOB_MTU_PROBING, "mtu-probing", "RFC 4821 search for the path's MTU",
	       mtu_probing),
}};

constexpr bool numbered()
{
	for (std::size_t i = 0; i < table.size(); i++)
		if (table[i].id != i + 1)
			return false;
	return true;
}
static_assert(numbered(), "the table is in the order of enum rubato_clock, without gaps");

// How many letters to change, insert, drop or swap with their neighbour, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b)
{
	std::vector<std::vector<std::size_t>> d(a.size() + 1,
						std::vector<std::size_t>(b.size() + 1));
	for (std::size_t i = 0; i <= a.size(); i++) {
		for (std::size_t j = 0; j <= b.size(); j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1,
					    d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[a.size()][b.size()];
}

} // namespace

std::span<const ClockInfo> clocks()
{
	return table;
}

const ClockInfo *find_clock(std::uint32_t id)
{
	return id >= 1 && id <= table.size() ? &table[id - 1] : nullptr;
}

Result<const ClockInfo *> clock_by_name(std::string_view name)
{
	const ClockInfo *nearest = nullptr;
	std::size_t best = 3; // further away it is another word
	for (const ClockInfo &clock : table) {
		if (clock.name == name)
			return &clock;
		std::size_t d = distance(clock.name, name);
		if (d < best && d < clock.name.size() / 2 + 1) {
			best = d;
			nearest = &clock;
		}
	}
	if (name.empty())
		return error("the name of a clock is missing");
	if (nearest)
		return error("unknown clock '{}': did you mean {}?", name, nearest->name);
	return error("unknown clock '{}': 'rubatoctl show' lists them", name);
}

std::string clock_name(std::uint32_t id)
{
	const ClockInfo *clock = find_clock(id);
	return clock ? std::string(clock->name) : fmt::format("clock {}", id);
}

} // namespace rubato

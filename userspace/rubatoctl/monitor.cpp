// SPDX-License-Identifier: GPL-2.0-only
// rubatoctl monitor: one line per event, written at once. The first line says that it listens,
// so that a script knows when to begin.
#include "options.hpp"

#include <rubato/duration.hpp>
#include <rubato/event_text.hpp>
#include <rubato/json.hpp>
#include <rubato/monitor.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <limits>

namespace rubatoctl
{
namespace
{

// SIGINT and SIGTERM as something to poll for: the last line is always whole.
class Signals
{
public:
	Signals()
	{
		sigset_t set;
		sigemptyset(&set);
		sigaddset(&set, SIGINT);
		sigaddset(&set, SIGTERM);
		sigprocmask(SIG_BLOCK, &set, nullptr);
		fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	}
	~Signals()
	{
		if (fd_ >= 0)
			close(fd_);
	}
	Signals(const Signals &) = delete;
	Signals &operator=(const Signals &) = delete;

	int fd() const { return fd_; }

private:
	int fd_;
};

struct Limits {
	std::uint64_t count = std::numeric_limits<std::uint64_t>::max();
	int idle_ms = -1; // -1: for ever
};

class Printer
{
public:
	Printer(bool json, rubato::EventStyle style)
		: json_(json), since_first_(!style.since), text_(style)
	{
	}

	void begin(bool full)
	{
		const char *group = full ? "events-full" : "events";
		if (json_)
			write(nlohmann::ordered_json{{"event", "listening"}, {"group", group}}
				      .dump());
		else
			write(fmt::format("# listening; time in seconds since {}{}",
					  since_first_ ? "the first event" : "the moment given",
					  full ? ""
					       : "; no sequence numbers without CAP_NET_ADMIN"));
	}

	template <typename Item>
	void print(const Item &item)
	{
		write(json_ ? rubato::to_json(item).dump() : text_.line(item));
	}

private:
	static void write(const std::string &line)
	{
		fmt::print("{}\n", line);
		std::fflush(stdout);
	}

	bool json_, since_first_;
	rubato::EventText text_;
};

// True when the count is reached.
bool print_items(Printer &printer, const std::vector<rubato::Monitor::Item> &items, Limits &limits)
{
	for (const rubato::Monitor::Item &item : items) {
		std::visit([&](const auto &thing) { printer.print(thing); }, item);
		if (std::holds_alternative<rubato::Event>(item) && --limits.count == 0)
			return true;
	}
	return false;
}

rubato::Result<void> watch(rubato::Monitor &monitor, const Signals &signals, Printer &printer,
			   Limits limits)
{
	pollfd fds[] = {{monitor.fd(), POLLIN, 0}, {signals.fd(), POLLIN, 0}};
	for (;;) {
		int ready = poll(fds, std::size(fds), limits.idle_ms);
		if (ready < 0 && errno != EINTR)
			return rubato::error("poll: {}", strerror(errno));
		if (ready == 0 || std::ferror(stdout))
			return {};
		std::vector<rubato::Monitor::Item> items;
		rubato::Result<void> read = monitor.read(items);
		if (print_items(printer, items, limits) || !read || fds[1].revents)
			return read;
	}
}

rubato::Result<Limits> read_limits(const Options &options)
{
	Limits limits;
	if (options.has("count")) {
		limits.count = options.get<std::uint64_t>("count");
		if (!limits.count)
			return rubato::error("--count: expected at least 1");
	}
	if (options.has("until-idle")) {
		auto idle = rubato::parse_duration(options.get<std::string>("until-idle"));
		if (!idle)
			return rubato::error("--until-idle: {}", idle.error().message);
		std::uint64_t ms = *idle / RUBATO_NS_PER_MS + (*idle % RUBATO_NS_PER_MS != 0);
		if (ms > std::numeric_limits<int>::max())
			return rubato::error("--until-idle: '{}' is too long",
					     options.get<std::string>("until-idle"));
		limits.idle_ms = static_cast<int>(ms);
	}
	return limits;
}

} // namespace

int monitor(const Command &command, const Arguments &arguments)
{
	Options options(command);
	options.add()("json,j", "one JSON object per line")(
		"count,n", po::value<std::uint64_t>()->value_name("N"),
		"end after N events")("until-idle", po::value<std::string>()->value_name("TIME"),
				      "end when nothing has happened for this long, as 2s")(
		"relative,r", "sequence numbers count from each side's own start")(
		"since", po::value<std::string>()->value_name("TIME"),
		"count the time from this moment of CLOCK_MONOTONIC, as 12.5s");
	options.explain(
		"Ends at SIGINT or SIGTERM. The first line, '# listening' or the event\n"
		"'listening', says that nothing is missed from then on; if events are lost\n"
		"later, a line says so.\n");
	if (std::optional<int> code = options.parse(arguments))
		return *code;
	rubato::Result<Limits> limits = read_limits(options);
	if (!limits)
		return misuse(command, limits.error());
	rubato::EventStyle style{.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR"),
				 .relative = options.has("relative")};
	if (options.has("since")) {
		auto since = rubato::parse_duration(options.get<std::string>("since"));
		if (!since)
			return misuse(command, rubato::error("--since: {}", since.error().message));
		style.since = *since;
	}

	Signals signals;
	rubato::Result<rubato::Monitor> monitor = rubato::Monitor::open();
	if (!monitor)
		return fail(command, monitor.error());
	Printer printer(options.has("json"), style);
	printer.begin(monitor->full());
	rubato::Result<void> watched = watch(*monitor, signals, printer, *limits);
	return watched ? exit_ok : fail(command, watched.error());
}

} // namespace rubatoctl

// SPDX-License-Identifier: GPL-2.0-only
// rubatoctl run: a program with the preload library. What cannot be converted is refused before
// it starts, because it would silently talk plain TCP.
#include "options.hpp"

#include <linux/rubato.h>
#include <rubato/client.hpp>
#include <rubato/program.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace rubatoctl
{
namespace
{

namespace fs = std::filesystem;

constexpr const char *library_name = "librubato_preload.so";

// Beside this program: in the build tree, then where both were installed.
rubato::Result<fs::path> find_library()
{
	std::error_code failure;
	fs::path self = fs::read_symlink("/proc/self/exe", failure).parent_path();
	std::string looked;
	for (const fs::path &folder : {self / "../preload", self / ".." / RUBATO_LIBDIR}) {
		fs::path candidate = (folder / library_name).lexically_normal();
		if (access(candidate.c_str(), R_OK) == 0)
			return candidate;
		looked += (looked.empty() ? "" : " and ") + candidate.string();
	}
	return rubato::error("the preload library is missing: looked for {}", looked);
}

// Our library first, then what was there.
rubato::Result<void> prepare_environment(const fs::path &library, std::uint32_t protocol)
{
	if (library.string().find_first_of(" :") != std::string::npos)
		return rubato::error("{}: LD_PRELOAD cannot hold a path with a blank or a colon",
				     library.string());
	const char *before = getenv("LD_PRELOAD");
	std::string preload = library.string();
	if (before && *before)
		preload += fmt::format(":{}", before);
	if (setenv("LD_PRELOAD", preload.c_str(), 1) < 0)
		return rubato::error("{}", strerror(errno));
	int failed = protocol == IPPROTO_RUBATO
			     ? unsetenv("RUBATO_PROTOCOL")
			     : setenv("RUBATO_PROTOCOL", std::to_string(protocol).c_str(), 1);
	if (failed)
		return rubato::error("{}", strerror(errno));
	return {};
}

rubato::Result<std::uint32_t> loaded_protocol()
{
	rubato::Result<rubato::Client> client = rubato::Client::open();
	if (!client)
		return client.error();
	rubato::Result<rubato::Info> info = client->info();
	if (!info)
		return info.error();
	return info->protocol;
}

// Everything that must hold before the program starts; returns its path.
rubato::Result<fs::path> prepare(const std::string &name)
{
	const char *variable = getenv("PATH");
	std::string path = variable ? variable : "/usr/local/bin:/usr/bin:/bin";
	rubato::Result<fs::path> program = rubato::find_program(name, path);
	if (!program)
		return program;
	if (rubato::Result<void> fit = rubato::check_convertible(*program, path); !fit)
		return fit.error();
	rubato::Result<fs::path> library = find_library();
	if (!library)
		return library;
	rubato::Result<std::uint32_t> protocol = loaded_protocol();
	if (!protocol)
		return protocol.error();
	if (rubato::Result<void> ready = prepare_environment(*library, *protocol); !ready)
		return ready.error();
	return program;
}

} // namespace

int run(const Command &command, const Arguments &arguments)
{
	Options options(command);
	options.explain(
		"Its TCP sockets, and those of its children, become rubato's (LD_PRELOAD).\n"
		"Refused, because LD_PRELOAD has no effect on them: static programs, setuid\n"
		"programs and those with file capabilities, Go programs. Environment:\n"
		"RUBATO_PROTOCOL is set when the module uses another number than 253.\n");
	std::size_t first = 0;
	while (first < arguments.size() && arguments[first].starts_with('-') &&
	       arguments[first] != "--")
		first++;
	auto split = arguments.begin() + static_cast<std::ptrdiff_t>(first);
	if (std::optional<int> code = options.parse({arguments.begin(), split}))
		return *code;
	if (split != arguments.end() && *split == "--")
		++split;
	Arguments words(split, arguments.end());
	if (words.empty())
		return misuse(command, rubato::error("expected a command to run"));

	rubato::Result<fs::path> program = prepare(words.front());
	if (!program)
		return fail(command, program.error());
	std::vector<char *> argv;
	for (std::string &word : words)
		argv.push_back(word.data());
	argv.push_back(nullptr);
	execv(program->c_str(), argv.data());
	return fail(command, rubato::error("{}: {}", program->string(), strerror(errno)));
}

} // namespace rubatoctl

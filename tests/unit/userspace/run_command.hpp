// SPDX-License-Identifier: GPL-2.0-only
// Runs a shell command and keeps what it says.
#pragma once

#include <cstdio>
#include <string>
#include <sys/wait.h>

namespace test
{

struct Outcome {
	int code = -1;	    // exit code, or -1
	std::string output; // stdout, and stderr if the command joins them
};

inline Outcome run(const std::string &command)
{
	Outcome outcome;
	FILE *pipe = popen(command.c_str(), "r");
	if (!pipe)
		return outcome;
	char buffer[4096];
	for (std::size_t n; (n = fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
		outcome.output.append(buffer, n);
	int status = pclose(pipe);
	if (WIFEXITED(status))
		outcome.code = WEXITSTATUS(status);
	return outcome;
}

} // namespace test

// SPDX-License-Identifier: GPL-2.0-only
// In which ways what the core made of an event differs from the oracle's outcome.
#ifndef RUBATO_TESTS_ORACLE_ASPECTS_H
#define RUBATO_TESTS_ORACLE_ASPECTS_H

#include "core_host.h"

namespace oracle
{

// Differences in words that many rows share: "sent: ACK, core silence".
class Aspects
{
public:
	void words(const std::string &what, const std::string &oracle, const std::string &core)
	{
		if (oracle != core)
			list.push_back(what + ": " + oracle + ", core " + core);
	}
	void flag(const std::string &what, bool oracle, bool core)
	{
		words(what, oracle ? "yes" : "no", core ? "yes" : "no");
	}
	// Numbers would make a group of each row.
	void number(const std::string &what, std::uint32_t oracle, std::uint32_t core)
	{
		if (oracle != core)
			list.push_back(what + ": " + (oracle ? core ? "other" : "some" : "none") +
				       ", core " + (core ? oracle ? "another" : "some" : "none"));
	}

	std::vector<std::string> list;
};

// Its segments against the oracle's, of which some may be left out.
void compare_sent(Aspects &aspects, const Outcome &oracle, const Seen &core);

// `told`: there is a process that could be told of an error.
Aspects compare(const Row &row, const Outcome &oracle, const Seen &core, bool told);

} // namespace oracle

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* conformance.md section 3, written down cell by cell: a table, never a formula. */
#include "bind_table.h"

#include <string_view>

namespace bind_table
{

namespace
{

/*
 * Verdicts by options: a row for what the old socket has set, a column for the new one, each in
 * the order none, RA, RP, both. o: ok, X: EADDRINUSE.
 */
using Verdicts = std::array<std::string_view, N_OPTIONS>;

constexpr Verdicts NEVER{"XXXX", "XXXX", "XXXX", "XXXX"};

/* linux: either has no option; RA and RA, RP and RP share; RA and RP do not. */
constexpr Verdicts ONE_IN_COMMON{"XXXX", "XoXo", "XXoo", "Xooo"};

/* linux, LISTEN: RP alone shares. bsd: what does not connect, on the very same address. */
constexpr Verdicts RP_IN_COMMON{"XXXX", "XXXX", "XXoo", "XXoo"};

/* bsd: the old socket is not asked. */
constexpr Verdicts NEW_HAS_ANY{"Xooo", "Xooo", "Xooo", "Xooo"};

/* time-wait: only the new one's RA is asked. */
constexpr Verdicts NEW_HAS_RA{"XoXo", "XoXo", "XoXo", "XoXo"};

/* One row a mode and state: on the very same address, and on another that overlaps. */
struct Row {
	Verdicts same, overlapping;
};

using Table = std::array<Row, N_STATES>;

constexpr Table LINUX_TABLE{{
	/* BOUND */ {ONE_IN_COMMON, ONE_IN_COMMON},
	/* LISTEN */ {RP_IN_COMMON, RP_IN_COMMON},
	/* LISTEN with children */ {RP_IN_COMMON, RP_IN_COMMON},
	/* ESTABLISHED */ {ONE_IN_COMMON, ONE_IN_COMMON},
	/* CLOSE_WAIT */ {ONE_IN_COMMON, ONE_IN_COMMON},
	/* FIN_WAIT_2 */ {ONE_IN_COMMON, ONE_IN_COMMON},
	/* FIN_WAIT_2 orphan */ {ONE_IN_COMMON, ONE_IN_COMMON},
	/* TIME_WAIT */ {ONE_IN_COMMON, ONE_IN_COMMON},
}};

constexpr Table BSD_TABLE{{
	/* BOUND */ {RP_IN_COMMON, NEW_HAS_ANY},
	/* LISTEN */ {RP_IN_COMMON, NEW_HAS_ANY},
	/* LISTEN with children */ {RP_IN_COMMON, NEW_HAS_ANY},
	/* ESTABLISHED */ {NEW_HAS_ANY, NEW_HAS_ANY},
	/* CLOSE_WAIT */ {NEW_HAS_ANY, NEW_HAS_ANY},
	/* FIN_WAIT_2 */ {NEW_HAS_ANY, NEW_HAS_ANY},
	/* FIN_WAIT_2 orphan */ {NEW_HAS_ANY, NEW_HAS_ANY},
	/* TIME_WAIT */ {NEW_HAS_ANY, NEW_HAS_ANY},
}};

constexpr Table TIME_WAIT_TABLE{{
	/* BOUND */ {NEVER, NEVER},
	/* LISTEN */ {NEVER, NEVER},
	/* LISTEN with children */ {NEVER, NEVER},
	/* ESTABLISHED */ {NEVER, NEVER},
	/* CLOSE_WAIT */ {NEVER, NEVER},
	/* FIN_WAIT_2 */ {NEVER, NEVER},
	/* FIN_WAIT_2 orphan */ {NEVER, NEVER},
	/* TIME_WAIT */ {NEW_HAS_RA, NEW_HAS_RA},
}};

const Table &table(rubato_bind_mode mode)
{
	switch (mode) {
	case RUBATO_BIND_BSD:
		return BSD_TABLE;
	case RUBATO_BIND_TIME_WAIT:
		return TIME_WAIT_TABLE;
	default:
		return LINUX_TABLE;
	}
}

bool disjoint(const Pair &addresses)
{
	return addresses.old_one == Address::ONE && addresses.new_one == Address::OTHER;
}

std::string_view state_text(State state)
{
	constexpr std::array<std::string_view, N_STATES> texts{
		"BOUND",      "LISTEN",	    "LISTEN with children", "ESTABLISHED",
		"CLOSE_WAIT", "FIN_WAIT_2", "FIN_WAIT_2 orphan",    "TIME_WAIT"};

	return texts.at(state);
}

std::string_view address_text(Address address)
{
	switch (address) {
	case Address::ANY:
		return "any";
	case Address::ONE:
		return "A";
	default:
		return "B";
	}
}

std::string_view options_text(unsigned options)
{
	constexpr std::array<std::string_view, N_OPTIONS> texts{"none", "RA", "RP", "RA+RP"};

	return texts.at(options);
}

/* o: an address in common. Columns in the order of the rows. */
constexpr std::array<std::string_view, N_NAMES> OVERLAP{
	"oooooo---", /* V4_ANY */
	"oo-ooo---", /* V4_ONE */
	"o-oo-o---", /* V4_OTHER */
	"oooooo---", /* MAPPED_ANY */
	"oo-ooo---", /* MAPPED_ONE */
	"ooooooooo", /* V6_ANY: the only one of both families */
	"-----oooo", /* V6_ONLY */
	"-----oooo", /* V6_ONE */
	"-----oooo", /* V6_ONE_ONLY */
};

} // namespace

std::vector<Cell> all_cells()
{
	std::vector<Cell> cells;

	for (unsigned state = 0; state < N_STATES; state++)
		for (const Pair &addresses : PAIRS)
			for (unsigned old_options = 0; old_options < N_OPTIONS; old_options++)
				for (unsigned new_options = 0; new_options < N_OPTIONS;
				     new_options++)
					cells.push_back({static_cast<State>(state), addresses,
							 old_options, new_options});
	return cells;
}

bool allows(rubato_bind_mode mode, const Cell &cell)
{
	if (disjoint(cell.addresses))
		return true;
	const Row &row = table(mode).at(cell.state);
	const Verdicts &verdicts =
		cell.addresses.old_one == cell.addresses.new_one ? row.same : row.overlapping;

	return verdicts.at(cell.old_options).at(cell.new_options) == 'o';
}

std::string name(const Cell &cell)
{
	std::string text(state_text(cell.state));

	text.append(" on ").append(address_text(cell.addresses.old_one));
	text.append(" with ").append(options_text(cell.old_options));
	text.append(", new on ").append(address_text(cell.addresses.new_one));
	text.append(" with ").append(options_text(cell.new_options));
	return text;
}

std::string name(rubato_bind_mode mode)
{
	switch (mode) {
	case RUBATO_BIND_BSD:
		return "bsd";
	case RUBATO_BIND_TIME_WAIT:
		return "time-wait";
	default:
		return "linux";
	}
}

bool overlap(Name a, Name b)
{
	return OVERLAP.at(a).at(b) == 'o';
}

const char *text(Name name)
{
	constexpr std::array<const char *, N_NAMES> texts{
		"0.0.0.0", "127.0.0.1", "127.0.0.2", "::ffff:0.0.0.0", "::ffff:127.0.0.1",
		"::",	   ":: v6only", "::1",	     "::1 v6only"};

	return texts.at(name);
}

} // namespace bind_table

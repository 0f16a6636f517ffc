/* SPDX-License-Identifier: GPL-2.0-only */
#include "world.h"

#include <algorithm>

namespace sim
{

namespace
{

constexpr rub_ns LIMIT = 48 * 3600 * SEC;
constexpr u64 EVENTS_MAX = 2'000'000;

} // namespace

const char *state_name(u8 state)
{
	static const char *const names[] = {"state 0",	  "ESTABLISHED", "SYN_SENT",  "SYN_RCVD",
					    "FIN_WAIT_1", "FIN_WAIT_2",	 "TIME_WAIT", "CLOSED",
					    "CLOSE_WAIT", "LAST_ACK",	 "LISTEN",    "CLOSING"};

	return state < STATES ? names[state] : "?";
}

std::string flag_names(u8 flags)
{
	static const char *const names[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"};
	std::string s;

	for (u32 i = 0; i < 8; i++) {
		if (flags & (1U << i))
			s += (s.empty() ? "" : "|") + std::string(names[i]);
	}
	return s.empty() ? "no flags" : s;
}

World::World(const Plan &plan, bool verbose) : stage(plan, verbose)
{
	Random &r = stage.random;

	for (u8 side = 0; side < 2; side++) {
		config[side] = plan.host[side].config;
		rub_policy_compile(&config[side], RUBATO_TEMPO_ONE, &stage.policy[side]);
	}
	for (u16 i = 0; i < plan.pairs; i++) {
		auto tuple = std::make_unique<Tuple>();

		for (u8 side = 0; side < 2; side++)
			tuple->end[side] = std::make_unique<Endpoint>(
				stage, tuple->history, i, side, side && !plan.simultaneous);
		tuple->end[0]->meet(*tuple->end[1]);
		tuple->end[1]->meet(*tuple->end[0]);
		tuple->opens = stage.now + r.pick(0, 20) * MSEC;
		tuple->left = plan.incarnations;
		tuples.push_back(std::move(tuple));
	}
	mtu_at = stage.now + r.pick(100, 20000) * MSEC;
	if (plan.retunes)
		retune_at = stage.now + r.pick(10, 5000) * MSEC;
	if (plan.reboot_at)
		reboot_at = stage.now + plan.reboot_at;
}

void World::play()
{
	while (!over()) {
		const rub_ns at = next();

		require(4, at != RUB_NEVER, "nothing is due, and it is not over");
		require(4, at < Trace::START + LIMIT, "it is not over after two days");
		require(4, ++stage.totals.events < EVENTS_MAX, "it never ends");
		stage.now = std::max(stage.now, at);
		happen();
		check();
	}
	finish();
}

bool World::over() const
{
	for (const auto &t : tuples) {
		if (t->opens != RUB_NEVER || !t->end[0]->empty() || !t->end[1]->empty())
			return false;
	}
	return stage.network.empty();
}

rub_ns World::next()
{
	rub_ns at = std::min({stage.network.next(), retune_at, reboot_at});

	if (mtu_at != RUB_NEVER)
		at = std::min(at, mtu_at);
	for (const auto &t : tuples)
		at = std::min({at, t->opens, t->end[0]->next(), t->end[1]->next()});
	return at;
}

void World::happen()
{
	if (stage.network.next() <= stage.now) {
		const Packet p = stage.network.take();

		tuples[p.pair]->end[p.to]->arrive(p);
	}
	for (auto &t : tuples) {
		if (t->opens <= stage.now)
			open(*t);
		for (auto &end : t->end) {
			if (end->next() <= stage.now)
				end->wake();
		}
		plan_next(*t);
	}
	if (mtu_at <= stage.now) {
		mtu_at = RUB_NEVER;
		stage.network.change_mtu();
	}
	if (retune_at <= stage.now)
		tell();
	if (reboot_at <= stage.now) {
		reboot_at = RUB_NEVER;
		stage.did(Mechanism::REBOOT);
		for (auto &t : tuples)
			t->end[1]->reboot();
	}
}

void World::open(Tuple &t)
{
	const u32 incarnation = stage.plan.incarnations - t.left;

	while (t.history.streams.size() <= incarnation)
		t.history.streams.emplace_back();
	/* In TIME_WAIT still: later. */
	t.opens = stage.now + SEC;
	if (!t.end[0]->open(incarnation))
		return;
	if (stage.plan.simultaneous)
		t.end[1]->open(incarnation);
	t.left--;
	t.opens = RUB_NEVER;
}

/* A new incarnation once the old one ended with a TIME_WAIT somewhere. */
void World::plan_next(Tuple &t)
{
	Endpoint &a = *t.end[0], &b = *t.end[1];

	if (!t.left || t.opens != RUB_NEVER)
		return;
	if (a.aborted() || b.aborted())
		t.left = 0;
	else if ((a.waits() && b.empty()) || (a.empty() && b.waits()))
		t.opens = stage.now + stage.random.pick(0, 3000) * MSEC;
	else if (a.empty() && b.empty())
		t.left = 0;
}

/* Other clocks for a host, while everything runs. */
void World::tell()
{
	const u8 side = stage.random.percent(50);
	const u32 tempo =
		stage.random.percent(70) ? RUBATO_TEMPO_ONE : stage.random.number(200, 5000);

	stage.did(Mechanism::RETUNE);
	stage.retuned = true;
	retune_at = stage.random.percent(70) ? stage.now + stage.random.pick(10, 20000) * MSEC
					     : RUB_NEVER;
	retune(config[side], stage.random);
	/* Only the clocks: what was agreed on at the open stays. */
	rub_policy_compile(&config[side], tempo, &stage.policy[side]);
	for (auto &t : tuples)
		t->end[side]->retuned();
}

void World::check()
{
	for (const auto &t : tuples) {
		t->end[0]->check();
		t->end[1]->check();
		stage.totals.pairs.set(t->end[0]->state() * STATES + t->end[1]->state());
	}
	require(7, stage.half_open <= stage.plan.backlog + stage.plan.pairs,
		"more half-open entries than the backlog and the reincarnations");
}

void World::finish()
{
	require(12, !stage.half_open, "half-open entries are left over");
	require(12, !stage.nodes, "records are left over");
}

} // namespace sim

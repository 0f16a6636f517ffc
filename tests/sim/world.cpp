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

World::World(const Plan &plan, bool verbose, Picture *picture)
	: stage(plan, verbose, picture), forgeries(plan.forgeries)
{
	Random &r = stage.random;

	for (u8 side = 0; side < 2; side++)
		stage.tune(side);
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
	if (forgeries)
		forge_at = stage.now + r.pick(10, 3000) * MSEC;
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
	rub_ns at = std::min({stage.network.next(), retune_at, reboot_at, forge_at, mtu_at});

	for (const auto &t : tuples)
		at = std::min({at, t->opens, t->end[0]->next(), t->end[1]->next()});
	return at;
}

void World::happen()
{
	if (stage.network.next() <= stage.now) {
		const Packet p = stage.network.take();

		touched = p.pair;
		tuples[p.pair]->end[p.to]->arrive(p);
	}
	for (u16 i = 0; i < tuples.size(); i++)
		happen(*tuples[i]);
	if (mtu_at <= stage.now)
		change_mtu();
	if (retune_at <= stage.now)
		tell();
	if (forge_at <= stage.now)
		forge();
	if (reboot_at <= stage.now)
		reboot();
}

void World::happen(Tuple &t)
{
	if (t.opens <= stage.now)
		open(t);
	for (auto &end : t.end) {
		if (end->next() <= stage.now)
			end->wake();
	}
	plan_next(t);
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
	else if ((a.waits() && b.empty()) || (a.empty() && b.waits()) ||
		 (a.empty() && b.empty() && (a.waited() || b.waited())))
		t.opens = stage.now + stage.random.pick(0, 3000) * MSEC;
	else if (a.empty() && b.empty())
		t.left = 0;
}

void World::event(u8 side, const char *what)
{
	if (stage.picture)
		stage.picture->event(stage.now, side, what);
}

void World::change_mtu()
{
	const bool grows = stage.plan.path.mss_later > stage.network.fits();

	mtu_at = RUB_NEVER;
	stage.network.change_mtu();
	if (stage.plan.path.mss_later != stage.plan.path.mss)
		event(2, "MTU changes");
	for (auto &t : tuples) {
		if (grows) {
			t->end[0]->path_grew();
			t->end[1]->path_grew();
		}
	}
}

/* Other clocks for a host, while everything runs. */
void World::tell()
{
	const u8 side = stage.random.percent(50);
	const bool keeps_msl = stage.plan.incarnations > 1;

	stage.did(Mechanism::RETUNE);
	event(side, "retuned");
	retune_at = stage.random.percent(70) ? stage.now + stage.random.pick(10, 20000) * MSEC
					     : RUB_NEVER;
	/* Where incarnations follow one another nothing may outlive the MSL. */
	if (!keeps_msl)
		stage.tempo[side] = stage.random.percent(70) ? RUBATO_TEMPO_ONE
							     : stage.random.number(200, 5000);
	retune(stage.config[side], stage.random,
	       keeps_msl ? stage.plan.host[side].config.msl : SEC);
	stage.tune(side);
	for (auto &t : tuples)
		t->end[side]->retuned();
}

void World::forge()
{
	Tuple &t = *tuples[stage.random.pick(0, tuples.size() - 1)];

	forge_at = --forgeries ? stage.now + stage.random.pick(10, 3000) * MSEC : RUB_NEVER;
	t.end[stage.random.pick(0, 1)]->forged(stage.random.number(1, 40));
}

void World::reboot()
{
	reboot_at = RUB_NEVER;
	stage.did(Mechanism::REBOOT);
	event(1, "reboot");
	for (auto &t : tuples)
		t->end[1]->reboot();
}

void World::check()
{
	for (u16 i = 0; i < tuples.size(); i++) {
		Endpoint &a = *tuples[i]->end[0], &b = *tuples[i]->end[1];

		touched = i;
		a.check();
		b.check();
		stage.totals.pairs.set(a.state() * STATES + b.state());
	}
	require(7, stage.left.half_open <= stage.plan.backlog + stage.plan.pairs,
		"more half-open entries than the backlog and the reincarnations");
}

void World::finish()
{
	require(12, !stage.left.connections, "connections are left over");
	require(12, !stage.left.half_open, "half-open entries are left over");
	require(12, !stage.left.time_waits, "TIME_WAIT entries are left over");
	require(12, !stage.left.lent, "records are left over");
}

} // namespace sim

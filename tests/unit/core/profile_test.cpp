/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns of DESIGN.md section 3's table, played: what is sent when, and when it ends. */
#include "script.h"

using namespace script;

namespace
{

rub_ns in_ns(ns t)
{
	return static_cast<rub_ns>(t.count());
}

using Moments = std::vector<ns>;

struct Profile {
	const char *name;
	void (*tweak)(rub_config &);
	Moments syn; /* retransmissions, then the end */
	Moments data;
	ns idle, probe; /* keepalive */
	u32 probes;
};

void rfc9293(rub_config &c)
{
	c.msl = in_ns(2min);
	c.rto_min = in_ns(1s);
}

void bsd(rub_config &c)
{
	c.syn = schedule("6s 24s 45s");
	c.data = schedule("rto x2 max=64s tries=12");
	c.keepalive_probes = schedule("75s x1 tries=7");
	c.rto_max = in_ns(64s);
}

void linux_like(rub_config &c)
{
	c.syn = schedule("1s x2 tries=6");
	c.synack = schedule("1s x2 tries=5");
	c.data = schedule("rto x2 max=120s tries=15");
	c.persist = schedule("rto x2 max=120s");
}

void lan(rub_config &c)
{
	c.syn = schedule("200ms x2 give-up=5s");
	c.data = schedule("rto x2 max=1s give-up=10s");
	c.keepalive_idle = in_ns(10s);
	c.keepalive_probes = schedule("1s x1 tries=4");
	c.rto_min = in_ns(5ms);
	c.rto_max = in_ns(1s);
	c.rto_initial = in_ns(50ms);
}

void lab(rub_config &c)
{
	c.syn = schedule("20ms x2 tries=3");
	c.data = schedule("rto x2 max=100ms give-up=1s");
	c.keepalive_idle = in_ns(100ms);
	c.keepalive_probes = schedule("20ms x1 tries=3");
	c.rto_min = in_ns(5ms);
	c.rto_max = in_ns(100ms);
	c.rto_initial = in_ns(20ms);
}

/* A handshake of 100 ms: the measured RTO is 300 ms; caps never cut it. */
const Profile profiles[] = {
	{"default", [](rub_config &) {}, {1s, 3s, 7s, 15s, 31s, 63s, 127s, 180s},
	 {300ms, 900ms, 2100ms, 4500ms, 9300ms, 18900ms, 38100ms, 76500ms, 140500ms, 204500ms,
	  268500ms, 332500ms, 396500ms, 460500ms, 524500ms, 588500ms, 600s},
	 2h, 75s, 9},
	{"rfc9293", rfc9293, {1s, 3s, 7s, 15s, 31s, 63s, 127s, 180s},
	 {1s, 3s, 7s, 15s, 31s, 63s, 127s, 191s, 255s, 319s, 383s, 447s, 511s, 575s, 600s},
	 2h, 75s, 9},
	{"bsd", bsd, {6s, 30s, 75s},
	 {300ms, 900ms, 2100ms, 4500ms, 9300ms, 18900ms, 38100ms, 76500ms, 140500ms, 204500ms,
	  268500ms, 332500ms, 396500ms},
	 2h, 75s, 8},
	{"linux", linux_like, {1s, 3s, 7s, 15s, 31s, 63s, 127s},
	 {300ms, 900ms, 2100ms, 4500ms, 9300ms, 18900ms, 38100ms, 76500ms, 153300ms, 273300ms,
	  393300ms, 513300ms, 633300ms, 753300ms, 873300ms, 993300ms},
	 2h, 75s, 9},
	{"lan", lan, {200ms, 600ms, 1400ms, 3s, 5s},
	 {300ms, 900ms, 1900ms, 2900ms, 3900ms, 4900ms, 5900ms, 6900ms, 7900ms, 8900ms, 9900ms,
	  10s},
	 10s, 1s, 5},
	/* max=100ms caps the gap itself, below the measured RTO. */
	{"lab", lab, {20ms, 60ms, 140ms, 300ms},
	 {100ms, 200ms, 300ms, 400ms, 500ms, 600ms, 700ms, 800ms, 900ms, 1s}, 100ms, 20ms, 4},
};

class Profiles : public testing::TestWithParam<Profile>
{
};

} // namespace

TEST_P(Profiles, Syn)
{
	Script s(GetParam().tweak);
	const Moments &at = GetParam().syn;

	s.mark();
	s.open();
	s.expect(seg(SYN));
	for (u32 n = 0; n + 1 < at.size(); n++)
		s.expect_at(at[n], seg(SYN).retransmitted(n + 1).by(RUBATO_CLOCK_SYN));
	s.dies_at(at.back(), ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_SYN);
}

TEST_P(Profiles, Data)
{
	Script s([](rub_config &c) {
		GetParam().tweak(c);
		/* The handshake takes longer than some profiles wait; that is Syn's matter. */
		c.syn = schedule("10s 10s");
	});
	const Moments &at = GetParam().data;

	s.connect();
	s.write(MSS);
	s.expect(seg(ACK | PSH, 1, 1, MSS));
	for (u32 n = 0; n + 1 < at.size(); n++)
		s.expect_at(at[n],
			    seg(ACK | PSH, 1, 1, MSS).retransmitted(n + 1).by(RUBATO_CLOCK_DATA));
	s.dies_at(at.back(), ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_DATA);
}

TEST_P(Profiles, Keepalive)
{
	Script s([](rub_config &c) {
		GetParam().tweak(c);
		c.syn = schedule("10s 10s");
		c.knobs.keepalive_force = 1;
	});
	const Profile &p = GetParam();

	s.connect();
	for (u32 n = 0; n < p.probes; n++)
		s.expect_at(p.idle + n * p.probe,
			    seg(ACK, 0, 1).by(RUBATO_CLOCK_KEEPALIVE_PROBES));
	s.dies_at(p.idle + p.probes * p.probe, ETIMEDOUT);
	EXPECT_EQ(s.happened.clock, RUBATO_CLOCK_KEEPALIVE_PROBES);
}

INSTANTIATE_TEST_SUITE_P(Table, Profiles, testing::ValuesIn(profiles),
			 [](const auto &info) { return std::string(info.param.name); });

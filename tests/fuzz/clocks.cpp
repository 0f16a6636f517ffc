// SPDX-License-Identifier: GPL-2.0-only
#include "clocks.h"

#include <cstring>

namespace fuzz
{

namespace
{

constexpr rub_ns MSEC = 1'000'000, SEC = 1000 * MSEC;

/* What is likely to be allowed, the bounds, and what lies just beyond them. */
constexpr rub_ns DURATIONS[] = {0,
				1,
				MSEC - 1,
				MSEC,
				2 * MSEC,
				20 * MSEC,
				200 * MSEC,
				RUBATO_DELACK_MAX,
				RUBATO_DELACK_MAX + 1,
				SEC,
				10 * SEC,
				60 * SEC,
				RUBATO_MSL_MAX,
				RUBATO_MSL_MAX + 1,
				RUBATO_GAP_MAX,
				RUBATO_GAP_MAX + 1,
				RUB_NEVER};

rub_ns duration(Input &in)
{
	const u8 which = in.byte();

	return which < 0xf0 ? DURATIONS[which % (sizeof(DURATIONS) / sizeof(DURATIONS[0]))]
			    : in.wide();
}

/* Return: whether there is such a knob, and a value that it may have. */
bool turn(Input &in, rub_config &config, rubato_clock knob)
{
	u64 value = in.byte() % 4;

	if (knob == RUBATO_KNOB_ISN && value)
		value = RUBATO_ISN_FIXED + in.number();
	return rub_knob_set(&config.knobs, knob, value) == RUB_FLAW_NONE;
}

} // namespace

rubato_schedule schedule(Input &in)
{
	const u8 kind = in.byte();
	rubato_schedule s = {};

	s.flags = kind & RUBATO_SCHED_FLAGS;
	if (s.flags & RUBATO_SCHED_AS) {
		s.flags = RUBATO_SCHED_AS;
		s.as = in.byte();
		return s;
	}
	if (!(s.flags & RUBATO_SCHED_RTO)) {
		s.n_gaps = static_cast<u8>(in.byte() % (RUBATO_GAPS_MAX + 2));
		for (u32 i = 0; i < s.n_gaps && i < RUBATO_GAPS_MAX; i++)
			s.gap[i] = duration(in);
	}
	if (s.flags & RUBATO_SCHED_FACTOR)
		s.factor = in.flip() ? 2 * RUBATO_FACTOR_ONE : in.word();
	if (s.flags & RUBATO_SCHED_MAX)
		s.max = duration(in);
	if (s.flags & RUBATO_SCHED_TRIES)
		s.tries = in.flip() ? in.byte() : in.word();
	if (s.flags & RUBATO_SCHED_GIVE_UP)
		s.give_up = duration(in);
	if (kind & 0x80)
		s.reserved = in.byte();
	return s;
}

bool change(Input &in, rub_config &config)
{
	const rubato_clock which = static_cast<rubato_clock>(in.byte() % (RUBATO_CLOCK_MAX + 2));
	rub_config wanted = config;
	rubato_clock at;

	switch (rub_clock_kind(which)) {
	case RUB_KIND_SCHEDULE:
		*rub_config_schedule(&wanted, which) = schedule(in);
		break;
	case RUB_KIND_DURATION:
		*rub_config_duration(&wanted, which) = duration(in);
		break;
	default:
		if (!turn(in, wanted, which))
			return false;
	}
	const rub_flaw flaw = rub_config_check(&wanted, &at);

	if (flaw) {
		EXPECT(strcmp(rub_flaw_text(flaw), "unknown flaw") != 0);
		EXPECT(rub_clock_kind(at) != RUB_KIND_NONE);
		return false;
	}
	EXPECT(at == RUBATO_CLOCK_NONE);
	config = wanted;
	return true;
}

u32 tempo(Input &in)
{
	static constexpr u32 TEMPI[] = {RUBATO_TEMPO_ONE, RUBATO_TEMPO_MIN, RUBATO_TEMPO_MAX, 500,
					4000};

	return in.pick(TEMPI);
}

} // namespace fuzz

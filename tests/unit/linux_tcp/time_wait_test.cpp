/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conformance.md section 1 asked of Linux: the same segments to an entry of its TIME_WAIT and to
 * one of the core's. Where the table says "as Linux" both do the same; where it differs on purpose,
 * that they differ is asserted, too. RCV.NXT is 2, SND.NXT is 2, TS.Recent is R.
 */
#include <cerrno>
#include <chrono>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

#include <poll.h>

#include "core/core.h"
#include "namespace.h"
#include "sockets.h"
#include "wire.h"

using linux_tcp::Fd;
using linux_tcp::Wire;

namespace
{

constexpr u32 R = 70000, IRS = 5000;
constexpr u8 FIN = RUB_FIN, SYN = RUB_SYN, RST = RUB_RST, PSH = RUB_PSH, ACK = RUB_ACK;

/* What comes back, and what becomes of the entry. */
enum class Says { NOTHING, ACKS, NEW };
enum class Entry { WAITS, STARTS_AGAIN, ENDS };

struct Outcome {
	Says says;
	Entry entry;
	u32 echo = R; /* TSecr of an ACK */

	bool operator==(const Outcome &) const = default;
};

constexpr Outcome SILENT{Says::NOTHING, Entry::WAITS}, ACKED{Says::ACKS, Entry::WAITS},
	ENDED{Says::NOTHING, Entry::ENDS}, REBORN{Says::NEW, Entry::WAITS};
/* Linux restarts for whatever has an ACK or is old, and removes the entry at the SYN. */
constexpr Outcome SILENT_AGAIN{Says::NOTHING, Entry::STARTS_AGAIN},
	ACKED_AGAIN{Says::ACKS, Entry::STARTS_AGAIN}, REPLACED{Says::NEW, Entry::ENDS};

struct Row {
	const char *name;
	u8 flags;
	u32 seq, len;
	std::optional<u32> tsval;
	Outcome ours, linux;
	bool then = true; /* timestamps were agreed on */
	bool on = true;	  /* they are on now */
	bool rfc1337 = false;
	bool listener = true;
};

const Row rows[] = {
	/* "drop silently: as Linux" */
	{"RST beyond RCV.NXT", RST, 3, 0, R + 1, SILENT, SILENT},
	{"RST below RCV.NXT", RST, 1, 0, R + 1, SILENT, SILENT},
	{"RST beyond, no timestamp", RST, 3, 0, {}, SILENT, SILENT},
	/* tw-rst exact is tcp_rfc1337 0, ignore is 1 */
	{"RST at RCV.NXT, exact", RST, 2, 0, {}, ENDED, ENDED},
	{"RST at RCV.NXT, exact, TSval", RST, 2, 0, R + 1, ENDED, ENDED},
	{"RST at RCV.NXT, ignore", RST, 2, 0, {}, SILENT, SILENT, true, true, true},
	{"RST at RCV.NXT, ignore, TSval", RST, 2, 0, R + 1, SILENT, SILENT, true, true, true},
	{"RST beyond, ignore", RST, 3, 0, {}, SILENT, SILENT, true, true, true},
	{"RST at RCV.NXT, no timestamps", RST, 2, 0, {}, ENDED, ENDED, false},
	/* RFC 7323 section 5.3: PAWS never holds up an RST; Linux's does, for a minute */
	{"RST at RCV.NXT, older TSval", RST, 2, 0, R - 1, ENDED, SILENT},
	{"SYN+ACK, later TSval", SYN | ACK, 1000, 0, R + 1, ACKED, ACKED_AGAIN},
	{"SYN+ACK, no timestamps", SYN | ACK, 1000, 0, {}, ACKED, ACKED_AGAIN, false},
	/* Linux ends the entry at the SYN, here it stays until the handshake is complete */
	{"SYN, later TSval, below", SYN, 0, 0, R + 1, REBORN, REPLACED},
	{"SYN, later TSval, beyond", SYN, 1000, 0, R + 1, REBORN, REPLACED},
	{"SYN, same TSval, beyond", SYN, 3, 0, R, REBORN, REPLACED},
	/* "refused with a rate-limited ACK: as Linux" */
	{"SYN, same TSval, at RCV.NXT", SYN, 2, 0, R, ACKED, ACKED},
	{"SYN, same TSval, below", SYN, 0, 0, R, ACKED, ACKED},
	{"SYN, older TSval, beyond", SYN, 1000, 0, R - 1, ACKED, ACKED_AGAIN},
	{"SYN, older TSval, below", SYN, 0, 0, R - 1, ACKED, ACKED_AGAIN},
	/* RFC 7323 section 5.2: neither is later */
	{"SYN, opposite TSval", SYN, 0, 0, R + 0x80000000, ACKED, REPLACED},
	/* RFC 6191 */
	{"SYN with TSval, the old had none", SYN, 0, 0, R, REBORN, ACKED, false},
	{"SYN without TSval, beyond", SYN, 3, 0, {}, REBORN, REPLACED},
	{"SYN without TSval, at RCV.NXT", SYN, 2, 0, {}, ACKED, ACKED},
	{"SYN, no timestamps, beyond", SYN, 3, 0, {}, REBORN, REPLACED, false},
	{"SYN, no timestamps, at RCV.NXT", SYN, 2, 0, {}, ACKED, ACKED, false},
	{"SYN, later TSval, below, off now", SYN, 0, 0, R + 1, ACKED, ACKED, true, false},
	{"SYN, older TSval, beyond, off now", SYN, 3, 0, R - 1, REBORN, REPLACED, true, false},
	{"SYN, later TSval, nobody listens", SYN, 1000, 0, R + 1, ACKED, ACKED, true, true, false,
	 false},
	{"SYN, no timestamps, nobody listens",
	 SYN,
	 3,
	 0,
	 {},
	 ACKED,
	 ACKED,
	 false,
	 true,
	 false,
	 false},
	{"no ACK bit", 0, 2, 10, R + 1, SILENT, ACKED},
	{"FIN without ACK bit", FIN, 1, 0, R + 1, SILENT, ACKED},
	{"old by PAWS, FIN", FIN | ACK, 1, 0, R - 1, ACKED, ACKED_AGAIN},
	{"old by PAWS, data", ACK | PSH, 2, 10, R - 1, ACKED, ACKED_AGAIN},
	{"old by PAWS, bare ACK", ACK, 2, 0, R - 1, ACKED, ACKED_AGAIN},
	/* the only restart; Linux restarts too, but goes on to echo the old timestamp */
	{"FIN again, same TSval", FIN | ACK, 1, 0, R, ACKED_AGAIN, ACKED_AGAIN},
	{"FIN again, later TSval",
	 FIN | ACK,
	 1,
	 0,
	 R + 5,
	 {Says::ACKS, Entry::STARTS_AGAIN, R + 5},
	 ACKED_AGAIN},
	{"FIN again, no timestamps", FIN | ACK, 1, 0, {}, ACKED_AGAIN, ACKED_AGAIN, false},
	{"FIN again with data", FIN | ACK | PSH, 0xffffffce, 51, R, ACKED_AGAIN, ACKED_AGAIN},
	/* "Linux restarts: an attacker can pin the entry" */
	{"FIN beyond", FIN | ACK, 2, 0, R + 1, ACKED, ACKED_AGAIN},
	{"data at RCV.NXT", ACK | PSH, 2, 10, R + 1, ACKED, ACKED_AGAIN},
	{"data beyond", ACK | PSH, 3, 10, R + 1, ACKED, ACKED_AGAIN},
	{"data below, no timestamps", ACK | PSH, 1, 1, {}, ACKED, ACKED_AGAIN, false},
	{"bare ACK below", ACK, 1, 0, R + 1, ACKED, ACKED_AGAIN},
	{"bare ACK beyond", ACK, 3, 0, R + 1, ACKED, ACKED_AGAIN},
	{"bare ACK at RCV.NXT", ACK, 2, 0, R + 1, SILENT, SILENT_AGAIN},
	{"bare ACK at RCV.NXT, no timestamps", ACK, 2, 0, {}, SILENT, SILENT_AGAIN, false},
};

std::string text(const Outcome &o)
{
	const char *const says[] = {"nothing", "an ACK", "a new incarnation"};
	const char *const entry[] = {"waits", "starts again", "ends"};

	return std::string(says[static_cast<int>(o.says)]) + ", the entry " +
	       entry[static_cast<int>(o.entry)] +
	       (o.says == Says::ACKS ? ", TSecr " + std::to_string(o.echo) : "");
}

rub_seg segment(u8 flags, u32 seq, u32 ack, u32 len, std::optional<u32> tsval)
{
	rub_seg s{};

	s.flags = flags;
	s.seq = seq;
	s.ack = ack;
	s.len = len;
	s.wnd = 20000;
	if (tsval) {
		s.opts = RUB_OPT_TS;
		s.tsval = *tsval;
	}
	return s;
}

/* ---- The core. */

Outcome ask_core(const Row &row)
{
	constexpr rub_ns BEGAN = 1000'000'000'000, LATER = BEGAN + 20'000'000'000;
	const u32 nxt = 900;
	const rub_seg in = segment(row.flags, IRS + row.seq, nxt, row.len, row.tsval);
	rub_policy policy;
	rub_env env{};
	rub_tw tw{};
	rub_tx tx{};

	rub_policy_compile(&rub_config_builtin, RUBATO_TEMPO_ONE, &policy);
	policy.knobs.timestamps = row.on;
	policy.knobs.time_wait_rst = row.rfc1337 ? RUBATO_TW_RST_IGNORE : RUBATO_TW_RST_EXACT;
	env.policy = &policy;
	env.now = LATER;
	tw.snd_nxt = nxt;
	tw.rcv_nxt = IRS + 2;
	tw.opts = row.then ? RUB_OPT_TS : 0;
	tw.ts_recent = row.then ? R : 0;
	tw.ts_recent_at = tw.last = BEGAN;

	rub_verdict verdict = rub_tw_segment(&tw, &in, &env, &tx);
	const Entry entry = tw.last == BEGAN ? Entry::WAITS : Entry::STARTS_AGAIN;

	if (verdict == RUB_REINCARNATE && !row.listener)
		verdict = rub_tw_refuse(&tw, &env, &tx);
	switch (verdict) {
	case RUB_ANSWER:
		EXPECT_EQ(tx.flags, ACK);
		EXPECT_EQ(tx.seq, nxt);
		EXPECT_EQ(tx.ack, IRS + 2);
		return {Says::ACKS, entry, tx.opts & RUB_OPT_TS ? tx.tsecr : R};
	case RUB_REINCARNATE:
		return {Says::NEW, entry};
	case RUB_REMOVE:
		return ENDED;
	default:
		return {Says::NOTHING, entry};
	}
}

/* ---- Linux. */

constexpr uint16_t CLOSED_PORT = 1, MARKER_PORT = 60000;
/* In the hundredths of a second that time_left() counts. */
constexpr int OLDER = 8;
constexpr auto AT_ONCE = std::chrono::milliseconds(30);

class LinuxTimeWait : public linux_tcp::OwnNamespace
{
protected:
	void SetUp() override
	{
		OwnNamespace::SetUp();
		if (IsSkipped())
			return;
		static const Wire one;

		wire_ = &one;
		if (!wire_->why_not().empty())
			GTEST_SKIP() << "Linux's TCP is not asked, there is no TUN device: "
				     << wire_->why_not();
		/* Its limit of one answer in half a second is not what is asked about. */
		linux_tcp::set_sysctl("tcp_invalid_ratelimit", "0");
	}

	Outcome ask(const Row &row);

private:
	rub_seg next() const { return wire_->receive({port_, peer_}); }
	void say(u8 flags, u32 seq, u32 len, std::optional<u32> tsval) const
	{
		wire_->send({port_, peer_}, segment(flags, IRS + seq, iss_ + 2, len, tsval));
	}
	void establish_and_close(const Row &row, const Fd &listener);
	void wait_until_older() const;
	void make_entry(const Row &row, Fd &listener);
	bool answers_before_marker(rub_seg &answer) const;
	Outcome outcome(const Row &row, bool answered, const rub_seg &answer, int left) const;

	const Wire *wire_ = nullptr;
	uint16_t port_ = 0, peer_ = 0;
	u32 iss_ = 0;
};

/* The kernel's end closes first: it is in TIME_WAIT then, everything acknowledged. */
void LinuxTimeWait::establish_and_close(const Row &row, const Fd &listener)
{
	const std::optional<u32> ts = row.then ? std::optional(R) : std::nullopt;

	say(SYN, 0, 0, ts);
	const rub_seg synack = next();

	if (synack.flags != (SYN | ACK))
		throw std::runtime_error("no SYN+ACK");
	iss_ = synack.seq;
	wire_->send({port_, peer_}, segment(ACK, IRS + 1, iss_ + 1, 0, ts));
	linux_tcp::accept_one(listener).close();
	if (!(next().flags & FIN))
		throw std::runtime_error("no FIN");
	say(FIN | ACK, 1, 0, ts);
	next();
	linux_tcp::wait_for_state(port_, peer_, TCP_TIME_WAIT);
}

/* A restart can be told once the entry's clock has moved by more than asking takes. */
void LinuxTimeWait::wait_until_older() const
{
	const int full = linux_tcp::time_left(port_, peer_);

	while (linux_tcp::time_left(port_, peer_) > full - OLDER)
		poll(nullptr, 0, 5);
}

/* One more segment that is surely answered: what comes before that is the answer to the first. */
bool LinuxTimeWait::answers_before_marker(rub_seg &answer) const
{
	wire_->send({CLOSED_PORT, MARKER_PORT}, segment(SYN, 1, 0, 0, {}));
	return wire_->receive_before({port_, peer_}, {CLOSED_PORT, MARKER_PORT}, answer);
}

Outcome LinuxTimeWait::outcome(const Row &row, bool answered, const rub_seg &answer, int left) const
{
	const int now = linux_tcp::time_left(port_, peer_);
	const Entry entry = now < 0 ? Entry::ENDS : now > left ? Entry::STARTS_AGAIN : Entry::WAITS;

	if (!answered)
		return {Says::NOTHING, entry};
	if (answer.flags == (SYN | ACK)) {
		/* "Its ISS exceeds the old SND.NXT" */
		EXPECT_GT(static_cast<int32_t>(answer.seq - (iss_ + 2)), 0) << row.name;
		return {Says::NEW, entry};
	}
	EXPECT_EQ(answer.flags, ACK) << row.name;
	EXPECT_EQ(answer.seq, iss_ + 2) << row.name;
	EXPECT_EQ(answer.ack, IRS + 2) << row.name;
	return {Says::ACKS, entry, answer.opts & RUB_OPT_TS ? answer.tsecr : R};
}

/* Leaves a new entry, old enough, between ports that nobody has used. */
void LinuxTimeWait::make_entry(const Row &row, Fd &listener)
{
	static uint16_t fresh = 0;

	fresh++;
	port_ = static_cast<uint16_t>(20000 + fresh);
	peer_ = static_cast<uint16_t>(40000 + fresh);
	linux_tcp::set_sysctl("tcp_timestamps", "1");
	linux_tcp::set_sysctl("tcp_rfc1337", row.rfc1337 ? "1" : "0");
	linux_tcp::require(linux_tcp::bind_to(listener, linux_tcp::ANY, port_));
	linux_tcp::require(linux_tcp::listen_on(listener));
	establish_and_close(row, listener);
	linux_tcp::set_sysctl("tcp_timestamps", row.on ? "1" : "0");
	if (!row.listener)
		listener.close();
	wait_until_older();
}

/* Once more if this process was held up meanwhile: nothing could be told of a restart then. */
Outcome LinuxTimeWait::ask(const Row &row)
{
	using clock = std::chrono::steady_clock;

	for (;;) {
		Fd listener = linux_tcp::open_socket();
		rub_seg answer{};

		make_entry(row, listener);
		const auto began = clock::now();
		const int left = linux_tcp::time_left(port_, peer_);

		say(row.flags, row.seq, row.len, row.tsval);
		const bool answered = answers_before_marker(answer);
		const Outcome what = outcome(row, answered, answer, left);

		if (clock::now() - began < AT_ONCE)
			return what;
	}
}

} // namespace

TEST_F(LinuxTimeWait, EveryRow)
{
	unsigned asked = 0, differ = 0;

	for (const Row &row : rows) {
		const Outcome linux = ask(row), core = ask_core(row);

		asked++;
		differ += row.ours != row.linux;
		EXPECT_EQ(text(core), text(row.ours)) << "the core: " << row.name;
		EXPECT_EQ(text(linux), text(row.linux)) << "Linux: " << row.name;
	}
	std::cout << "TIME_WAIT: " << asked << " rows asked by a TUN device, " << differ
		  << " differ on purpose\n";
}

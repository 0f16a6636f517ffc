// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an administrator sees, over netlink: values with their sources, and refusals. Every
 * refusal names the attribute at fault and changes nothing: the whole policy is read again
 * after each and must be byte for byte what it was.
 */
#include <sys/wait.h>
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

FIXTURE(control) {
	struct nl *nl;
	struct nl_policy before;
};

FIXTURE_SETUP(control)
{
	ASSERT_LE(0, ns_new());
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
	ASSERT_EQ(0, nl_get_policy(self->nl, &self->before));
}

FIXTURE_TEARDOWN(control)
{
	nl_leave(self->nl);
}

static bool unchanged(FIXTURE_DATA(control) *self)
{
	static struct nl_policy after;

	return !nl_get_policy(self->nl, &after) && nl_policy_equal(&self->before, &after);
}

/* The request was refused with @error, the attribute @bad named, in words that hold @word. */
#define EXPECT_REFUSED(error, bad_, word, request)			\
	do {								\
		int err_ = (request);					\
									\
		EXPECT_EQ(-(error), err_);				\
		EXPECT_EQ((bad_), (int)self->nl->bad);			\
		EXPECT_NE(NULL, strstr(self->nl->text, (word))) {	\
			TH_LOG("said: '%s'", self->nl->text);		\
		}							\
		EXPECT_TRUE(unchanged(self));				\
	} while (0)

/* ---- values */

TEST_F(control, built_in_values)
{
	struct nl_policy *p = &self->before;
	const struct nlattr *syn = nl_policy_attr(p, RUBATO_A_POLICY, RUBATO_POLICY_SYN);
	const struct nlattr *fin = nl_policy_attr(p, RUBATO_A_POLICY, RUBATO_POLICY_FIN);

	/* The table's default column. */
	EXPECT_EQ(30 * SEC, nl_policy_number(p, RUBATO_A_POLICY, RUBATO_POLICY_MSL));
	EXPECT_EQ(60 * SEC, nl_policy_number(p, RUBATO_A_POLICY, RUBATO_POLICY_FIN_WAIT_2));
	EXPECT_EQ(200 * MS, nl_policy_number(p, RUBATO_A_POLICY, RUBATO_POLICY_RTO_MIN));
	EXPECT_EQ(120 * SEC, nl_policy_number(p, RUBATO_A_POLICY, RUBATO_POLICY_RTO_MAX));
	EXPECT_EQ(SEC, nl_policy_number(p, RUBATO_A_POLICY, RUBATO_POLICY_RTO_INITIAL));
	EXPECT_EQ(RUBATO_TEMPO_ONE, nl_policy_number(p, RUBATO_A_TEMPO, 0));
	EXPECT_EQ((uint64_t)RUBATO_SOURCE_BUILTIN,
		  nl_policy_number(p, RUBATO_A_SOURCE, RUBATO_POLICY_MSL));
	/* rto x2 give-up=180s */
	ASSERT_NE(NULL, syn);
	EXPECT_NE(NULL, nl_find(nl_data(syn), nl_size(syn), RUBATO_SCHEDULE_RTO));
	EXPECT_EQ(2000U, nl_number(nl_find(nl_data(syn), nl_size(syn), RUBATO_SCHEDULE_FACTOR)));
	EXPECT_EQ(180 * SEC, nl_number(nl_find(nl_data(syn), nl_size(syn),
					       RUBATO_SCHEDULE_GIVE_UP)));
	/* as data */
	ASSERT_NE(NULL, fin);
	EXPECT_EQ((uint64_t)RUBATO_CLOCK_DATA,
		  nl_number(nl_find(nl_data(fin), nl_size(fin), RUBATO_SCHEDULE_AS)));
}

TEST_F(control, set_value_is_read_back_with_its_source)
{
	struct nl_policy after;

	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, 5 * SEC));
	ASSERT_EQ(0, nl_get_policy(self->nl, &after));
	EXPECT_EQ(5 * SEC, nl_policy_number(&after, RUBATO_A_POLICY, RUBATO_POLICY_MSL));
	EXPECT_EQ(5 * SEC, nl_policy_number(&after, RUBATO_A_EFFECTIVE, RUBATO_POLICY_MSL));
	EXPECT_EQ((uint64_t)RUBATO_SOURCE_DEFAULT,
		  nl_policy_number(&after, RUBATO_A_SOURCE, RUBATO_POLICY_MSL));
	EXPECT_EQ((uint64_t)RUBATO_SOURCE_BUILTIN,
		  nl_policy_number(&after, RUBATO_A_SOURCE, RUBATO_POLICY_SYN));
	EXPECT_EQ(nl_policy_number(&self->before, RUBATO_A_GENERATION, 0) + 1,
		  nl_policy_number(&after, RUBATO_A_GENERATION, 0));
}

/* Tempo divides what was configured; zero stays, less than a millisecond is raised to one. */
TEST_F(control, tempo_compiles_what_was_configured)
{
	struct nl_policy after;

	ASSERT_EQ(0, nl_set_duration(self->nl, RUBATO_POLICY_MSL, 0));
	ASSERT_EQ(0, nl_set_tempo(self->nl, 1000 * RUBATO_TEMPO_ONE));
	ASSERT_EQ(0, nl_get_policy(self->nl, &after));
	EXPECT_EQ(60 * SEC, nl_policy_number(&after, RUBATO_A_POLICY, RUBATO_POLICY_FIN_WAIT_2));
	EXPECT_EQ(60 * MS, nl_policy_number(&after, RUBATO_A_EFFECTIVE, RUBATO_POLICY_FIN_WAIT_2));
	EXPECT_EQ(0U, nl_policy_number(&after, RUBATO_A_EFFECTIVE, RUBATO_POLICY_MSL));
	EXPECT_EQ(MS, nl_policy_number(&after, RUBATO_A_EFFECTIVE, RUBATO_POLICY_RTO_MIN));
}

TEST_F(control, policy_event_tells_a_change)
{
	struct nl *events = nl_open();
	struct nl_event e;

	ASSERT_NE(NULL, events);
	ASSERT_EQ(0, nl_join(events, 0));
	ASSERT_EQ(0, nl_set_tempo(self->nl, 2 * RUBATO_TEMPO_ONE));
	ASSERT_EQ(0, nl_event(events, &e));
	EXPECT_EQ(RUBATO_CMD_POLICY_EVENT, e.cmd);
	EXPECT_EQ(2 * RUBATO_TEMPO_ONE, e.tempo);
	EXPECT_EQ(nl_policy_number(&self->before, RUBATO_A_GENERATION, 0) + 1, e.generation);
	nl_close(events);
}

/* ---- refusals */

static int set_tempo(struct nl *nl, uint32_t tempo)
{
	return nl_set_tempo(nl, tempo);
}

TEST_F(control, out_of_range)
{
	EXPECT_REFUSED(ERANGE, RUBATO_POLICY_MSL, "msl",
		       nl_set_duration(self->nl, RUBATO_POLICY_MSL, RUBATO_MSL_MAX + 1));
	EXPECT_REFUSED(ERANGE, RUBATO_POLICY_RTO_MIN, "rto-min",
		       nl_set_duration(self->nl, RUBATO_POLICY_RTO_MIN, MS - 1));
	EXPECT_REFUSED(ERANGE, RUBATO_POLICY_RTO_MAX, "rto-max",
		       nl_set_duration(self->nl, RUBATO_POLICY_RTO_MAX, ~0ULL));
	EXPECT_REFUSED(ERANGE, RUBATO_POLICY_FIN_WAIT_2, "fin-wait-2",
		       nl_set_duration(self->nl, RUBATO_POLICY_FIN_WAIT_2,
				       RUBATO_FIN_WAIT_2_MAX + 1));
	EXPECT_EQ(-ERANGE, set_tempo(self->nl, RUBATO_TEMPO_MIN - 1));
	EXPECT_EQ(RUBATO_A_TEMPO, self->nl->bad);
	EXPECT_EQ(-ERANGE, set_tempo(self->nl, RUBATO_TEMPO_MAX + 1));
	EXPECT_EQ(RUBATO_A_TEMPO, self->nl->bad);
	EXPECT_TRUE(unchanged(self));
}

TEST_F(control, bounds_in_the_wrong_order)
{
	EXPECT_REFUSED(EINVAL, RUBATO_POLICY_RTO_MIN, "rto-m",
		       nl_set_duration(self->nl, RUBATO_POLICY_RTO_MIN, 121 * SEC));
}

/* Every knob, and every duration that is not a bound of the RTO: the last value and one more. */
static const struct {
	int attr, size;
	uint64_t builtin, most;
	const char *name;
} settable[] = {
	{ RUBATO_POLICY_KEEPALIVE_IDLE, 8, 7200 * SEC, RUBATO_IDLE_MAX, "keepalive.idle" },
	{ RUBATO_POLICY_DELACK, 8, 40 * MS, RUBATO_DELACK_MAX, "delack" },
	{ RUBATO_POLICY_USER_TIMEOUT, 8, 0, RUBATO_USER_TIMEOUT_MAX, "user-timeout" },
	{ RUBATO_POLICY_TIMESTAMPS, 4, 1, 1, "timestamps" },
	{ RUBATO_POLICY_SACK, 4, 1, 1, "sack" },
	{ RUBATO_POLICY_WINDOW_SCALE, 4, 1, 1, "window-scale" },
	{ RUBATO_POLICY_ECN, 4, 1, 1, "ecn" },
	{ RUBATO_POLICY_CONGESTION, 4, RUBATO_CONGESTION_CUBIC, RUBATO_CONGESTION_MAX,
	  "congestion" },
	{ RUBATO_POLICY_BIND_MODE, 4, RUBATO_BIND_LINUX, RUBATO_BIND_MAX, "bind-mode" },
	{ RUBATO_POLICY_TW_RST, 4, RUBATO_TW_RST_EXACT, RUBATO_TW_RST_MAX, "tw-rst" },
	{ RUBATO_POLICY_TW_REUSE, 4, 0, 1, "tw-reuse" },
	{ RUBATO_POLICY_TW_REUSE_DELAY, 8, SEC, RUBATO_TW_REUSE_DELAY_MAX, "tw-reuse-delay" },
	{ RUBATO_POLICY_KEEPALIVE_FORCE, 4, 0, 1, "keepalive.force" },
	{ RUBATO_POLICY_ISN, 8, RUBATO_ISN_KEYED, RUBATO_ISN_MAX, "isn" },
	{ RUBATO_POLICY_MTU_PROBING, 4, RUBATO_MTU_PROBING_BLACK_HOLE, RUBATO_MTU_PROBING_MAX,
	  "mtu-probing" },
};

static int set_value(struct nl *nl, unsigned int i, uint64_t value)
{
	struct nlattr *policy = nl_set_begin(nl);

	/* Little endian: the low half of a u64 comes first. */
	nl_put(nl, settable[i].attr, &value, settable[i].size);
	return nl_set_commit(nl, policy);
}

TEST_F(control, every_knob_is_set_and_read_back)
{
	struct nl_policy after;
	unsigned int i;

	for (i = 0; i < sizeof(settable) / sizeof(settable[0]); i++) {
		EXPECT_EQ(settable[i].builtin,
			  nl_policy_number(&self->before, RUBATO_A_POLICY, settable[i].attr));
		ASSERT_EQ(0, set_value(self->nl, i, settable[i].most));
		ASSERT_EQ(0, nl_get_policy(self->nl, &after));
		EXPECT_EQ(settable[i].most,
			  nl_policy_number(&after, RUBATO_A_POLICY, settable[i].attr));
		EXPECT_EQ(settable[i].most,
			  nl_policy_number(&after, RUBATO_A_EFFECTIVE, settable[i].attr));
		EXPECT_EQ((uint64_t)RUBATO_SOURCE_DEFAULT,
			  nl_policy_number(&after, RUBATO_A_SOURCE, settable[i].attr));
	}
}

TEST_F(control, every_knob_has_a_bound)
{
	unsigned int i;

	for (i = 0; i < sizeof(settable) / sizeof(settable[0]); i++)
		EXPECT_REFUSED(ERANGE, settable[i].attr, settable[i].name,
			       set_value(self->nl, i, settable[i].most + 1));
	/* Between "keyed" and the first fixed one lies nothing. */
	EXPECT_REFUSED(ERANGE, RUBATO_POLICY_ISN, "isn",
		       nl_set_duration(self->nl, RUBATO_POLICY_ISN, 1));
	EXPECT_REFUSED(ERANGE, RUBATO_POLICY_KEEPALIVE_IDLE, "keepalive.idle",
		       nl_set_duration(self->nl, RUBATO_POLICY_KEEPALIVE_IDLE, 0));
}

TEST_F(control, keepalive_probes_are_a_schedule)
{
	struct nlattr *policy = nl_set_begin(self->nl), *schedule;
	const struct nlattr *probes;
	struct nl_policy after;

	schedule = nl_nest(self->nl, RUBATO_POLICY_KEEPALIVE_PROBES);
	nl_u64(self->nl, RUBATO_SCHEDULE_GAP, SEC);
	nl_u64(self->nl, RUBATO_SCHEDULE_GAP, 2 * SEC);
	nl_end(self->nl, schedule);
	ASSERT_EQ(0, nl_set_commit(self->nl, policy));
	ASSERT_EQ(0, nl_get_policy(self->nl, &after));
	probes = nl_policy_attr(&after, RUBATO_A_EFFECTIVE, RUBATO_POLICY_KEEPALIVE_PROBES);
	ASSERT_NE(NULL, probes);
	EXPECT_EQ(SEC, nl_number(nl_find(nl_data(probes), nl_size(probes),
					 RUBATO_SCHEDULE_GAP)));
}

TEST_F(control, unknown_attributes)
{
	struct nlattr *policy, *schedule;

	nl_begin(self->nl, self->nl->family, RUBATO_CMD_POLICY_SET, NLM_F_ACK);
	nl_u32(self->nl, RUBATO_A_MAX + 1, 1);
	EXPECT_REFUSED(EINVAL, RUBATO_A_MAX + 1, "", nl_call(self->nl, NULL, NULL));

	policy = nl_set_begin(self->nl);
	nl_u64(self->nl, RUBATO_POLICY_MAX + 1, SEC);
	EXPECT_REFUSED(EINVAL, RUBATO_POLICY_MAX + 1, "", nl_set_commit(self->nl, policy));

	policy = nl_set_begin(self->nl);
	schedule = nl_nest(self->nl, RUBATO_POLICY_SYN);
	nl_u64(self->nl, RUBATO_SCHEDULE_GAP, SEC);
	nl_u64(self->nl, RUBATO_SCHEDULE_MAX + 1, SEC);
	nl_end(self->nl, schedule);
	EXPECT_REFUSED(EINVAL, RUBATO_SCHEDULE_MAX + 1, "", nl_set_commit(self->nl, policy));

	/* A request that takes none. */
	nl_begin(self->nl, self->nl->family, RUBATO_CMD_STATS_GET, NLM_F_ACK);
	nl_u32(self->nl, RUBATO_A_TEMPO, 1);
	EXPECT_EQ(-EINVAL, nl_call(self->nl, NULL, NULL));

	/* A command that is none. */
	nl_begin(self->nl, self->nl->family, RUBATO_CMD_MAX + 1, NLM_F_ACK);
	EXPECT_EQ(-EOPNOTSUPP, nl_call(self->nl, NULL, NULL));
}

TEST_F(control, wrong_lengths_and_types)
{
	struct nlattr *policy;
	uint32_t four = 4;

	policy = nl_set_begin(self->nl);
	nl_put(self->nl, RUBATO_POLICY_MSL, &four, sizeof(four));
	EXPECT_REFUSED(EINVAL, RUBATO_POLICY_MSL, "msl", nl_set_commit(self->nl, policy));

	/* A duration where a schedule belongs: not a nest. */
	policy = nl_set_begin(self->nl);
	nl_u64(self->nl, RUBATO_POLICY_SYN, SEC);
	EXPECT_REFUSED(EINVAL, RUBATO_POLICY_SYN, "syn", nl_set_commit(self->nl, policy));

	/* An attribute that runs past the end of its nest. */
	policy = nl_set_begin(self->nl);
	nl_u64(self->nl, RUBATO_POLICY_MSL, SEC);
	nl_end(self->nl, policy);
	((struct nlattr *)nl_data(policy))->nla_len = 200;
	EXPECT_EQ(-EINVAL, nl_call(self->nl, NULL, NULL));
	EXPECT_TRUE(unchanged(self));

	/* The clock's nest without the mark of a nest. */
	nl_begin(self->nl, self->nl->family, RUBATO_CMD_POLICY_SET, NLM_F_ACK);
	nl_put(self->nl, RUBATO_A_POLICY, NULL, 0);
	EXPECT_EQ(-EINVAL, nl_call(self->nl, NULL, NULL));
	EXPECT_TRUE(unchanged(self));
}

TEST_F(control, nothing_to_set)
{
	struct nlattr *policy;

	nl_begin(self->nl, self->nl->family, RUBATO_CMD_POLICY_SET, NLM_F_ACK);
	EXPECT_REFUSED(EINVAL, 0, "nothing", nl_call(self->nl, NULL, NULL));
	policy = nl_set_begin(self->nl);
	EXPECT_REFUSED(EINVAL, 0, "nothing", nl_set_commit(self->nl, policy));
}

TEST_F(control, a_clock_given_twice)
{
	struct nlattr *policy = nl_set_begin(self->nl);

	nl_u64(self->nl, RUBATO_POLICY_MSL, SEC);
	nl_u64(self->nl, RUBATO_POLICY_MSL, 2 * SEC);
	EXPECT_REFUSED(EINVAL, RUBATO_POLICY_MSL, "msl", nl_set_commit(self->nl, policy));
}

/* A schedule of what is put between these two. */
static struct nlattr *schedule_of(struct nl *nl, int clock, struct nlattr **policy)
{
	*policy = nl_set_begin(nl);
	return nl_nest(nl, clock);
}

static int schedule_commit(struct nl *nl, struct nlattr *policy, struct nlattr *schedule)
{
	nl_end(nl, schedule);
	return nl_set_commit(nl, policy);
}

#define REFUSE_SCHEDULE(error, clock, bad_, word, fill)				\
	do {									\
		struct nlattr *policy_, *schedule_;				\
		struct nl *nl = self->nl;					\
										\
		schedule_ = schedule_of(nl, clock, &policy_);			\
		fill;								\
		EXPECT_REFUSED(error, bad_, word,				\
			       schedule_commit(nl, policy_, schedule_));	\
	} while (0)

TEST_F(control, malformed_schedules)
{
	int i;

	REFUSE_SCHEDULE(EINVAL, RUBATO_POLICY_SYN, RUBATO_POLICY_SYN, "syn", );
	REFUSE_SCHEDULE(EINVAL, RUBATO_POLICY_SYN, RUBATO_SCHEDULE_GAP, "16",
			for (i = 0; i < RUBATO_GAPS_MAX + 1; i++)
				nl_u64(nl, RUBATO_SCHEDULE_GAP, SEC));
	REFUSE_SCHEDULE(ERANGE, RUBATO_POLICY_SYN, RUBATO_SCHEDULE_GAP, "syn",
			nl_u64(nl, RUBATO_SCHEDULE_GAP, 0));
	REFUSE_SCHEDULE(ERANGE, RUBATO_POLICY_SYN, RUBATO_SCHEDULE_GAP, "syn",
			nl_u64(nl, RUBATO_SCHEDULE_GAP, RUBATO_GAP_MAX + 1));
	REFUSE_SCHEDULE(ERANGE, RUBATO_POLICY_DATA, RUBATO_SCHEDULE_FACTOR, "data",
			nl_u64(nl, RUBATO_SCHEDULE_GAP, SEC);
			nl_u32(nl, RUBATO_SCHEDULE_FACTOR, RUBATO_FACTOR_ONE - 1));
	REFUSE_SCHEDULE(ERANGE, RUBATO_POLICY_DATA, RUBATO_SCHEDULE_TRIES, "data",
			nl_u64(nl, RUBATO_SCHEDULE_GAP, SEC);
			nl_u32(nl, RUBATO_SCHEDULE_FACTOR, 2000);
			nl_u32(nl, RUBATO_SCHEDULE_TRIES, RUBATO_TRIES_MAX + 1));
	/* max and tries only with growth; rto only alone. */
	REFUSE_SCHEDULE(EINVAL, RUBATO_POLICY_SYN, RUBATO_SCHEDULE_MAX_GAP, "syn",
			nl_u64(nl, RUBATO_SCHEDULE_GAP, SEC);
			nl_u64(nl, RUBATO_SCHEDULE_MAX_GAP, 2 * SEC));
	REFUSE_SCHEDULE(EINVAL, RUBATO_POLICY_SYN, RUBATO_SCHEDULE_RTO, "rto",
			nl_u64(nl, RUBATO_SCHEDULE_GAP, SEC);
			nl_put(nl, RUBATO_SCHEDULE_RTO, NULL, 0);
			nl_u32(nl, RUBATO_SCHEDULE_FACTOR, 2000));
	/* Only persist may be endless. */
	REFUSE_SCHEDULE(EINVAL, RUBATO_POLICY_SYN, RUBATO_POLICY_SYN, "syn",
			nl_put(nl, RUBATO_SCHEDULE_RTO, NULL, 0);
			nl_u32(nl, RUBATO_SCHEDULE_FACTOR, 2000));
	/* A reference to itself, and to what is no schedule. */
	REFUSE_SCHEDULE(EINVAL, RUBATO_POLICY_SYN, RUBATO_SCHEDULE_AS, "syn",
			nl_u32(nl, RUBATO_SCHEDULE_AS, RUBATO_CLOCK_SYN));
	REFUSE_SCHEDULE(EINVAL, RUBATO_POLICY_SYN, RUBATO_SCHEDULE_AS, "syn",
			nl_u32(nl, RUBATO_SCHEDULE_AS, RUBATO_CLOCK_MSL));
	/* A circle: synack is `as syn` already. */
	REFUSE_SCHEDULE(EINVAL, RUBATO_POLICY_SYN, RUBATO_SCHEDULE_AS, "syn",
			nl_u32(nl, RUBATO_SCHEDULE_AS, RUBATO_CLOCK_SYNACK));
}

/* One wrong clock, and the right ones beside it are not taken either. */
TEST_F(control, all_or_nothing)
{
	static const uint64_t gaps[] = { SEC, 2 * SEC, 0 };
	struct nlattr *policy = nl_set_begin(self->nl);

	nl_u64(self->nl, RUBATO_POLICY_FIN_WAIT_2, 7 * SEC);
	nl_put_gaps(self->nl, RUBATO_POLICY_SYN, gaps);
	nl_u64(self->nl, RUBATO_POLICY_MSL, RUBATO_MSL_MAX + 1);
	nl_end(self->nl, policy);
	nl_u32(self->nl, RUBATO_A_TEMPO, 5 * RUBATO_TEMPO_ONE);
	EXPECT_REFUSED(ERANGE, RUBATO_POLICY_MSL, "msl", nl_call(self->nl, NULL, NULL));
}

/* ---- privilege */

/* Runs @job as a user without capabilities, in our namespace. Return: its exit status. */
static int unprivileged(int (*job)(void))
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (setgid(65534) || setuid(65534))
			_exit(100);
		_exit(job());
	}
	return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 101;
}

static int may_not_write(void)
{
	struct nl *nl = nl_open();

	if (!nl)
		return 1;
	if (nl_set_duration(nl, RUBATO_POLICY_MSL, SEC) != -EPERM)
		return 2;
	if (nl_set_tempo(nl, 2 * RUBATO_TEMPO_ONE) != -EPERM)
		return 3;
	return 0;
}

TEST_F(control, writing_needs_the_capability)
{
	EXPECT_EQ(0, unprivileged(may_not_write));
	EXPECT_TRUE(unchanged(self));
}

static int may_read(void)
{
	struct nl *nl = nl_open();
	struct nl_policy policy;
	struct nl_stats stats;
	struct conn c;

	if (!nl || nl_get_policy(nl, &policy) || nl_stats(nl, &stats))
		return 1;
	if (connect_here(&c))
		return 2;
	if (nl_state(nl, local_port(c.client), c.port) != RUBATO_ESTABLISHED)
		return 3;
	/* Sequence numbers would help a blind attacker. */
	return nl_sock(nl, local_port(c.client), c.port)->seqs ? 4 : 0;
}

TEST_F(control, reading_needs_nothing_but_hides_sequence_numbers)
{
	struct conn c;

	EXPECT_EQ(0, unprivileged(may_read));
	ASSERT_EQ(0, connect_here(&c));
	EXPECT_TRUE(nl_sock(self->nl, local_port(c.client), c.port)->seqs);
}

static int may_join_one_group(void)
{
	struct nl *nl = nl_open();

	if (!nl || !nl->group[0] || !nl->group[1])
		return 1;
	if (nl_join(nl, 1) != -EPERM)
		return 2;
	return nl_join(nl, 0) ? 3 : 0;
}

TEST_F(control, full_events_need_the_capability)
{
	EXPECT_EQ(0, unprivileged(may_join_one_group));
	EXPECT_EQ(0, nl_join(self->nl, 1));
}

/* ---- listing */

TEST_F(control, listing_is_filtered_in_the_kernel)
{
	uint32_t listening = 1U << RUBATO_LISTEN;
	struct nl_socks all;
	struct conn c, d;
	uint16_t port;

	ASSERT_EQ(0, connect_here(&c));
	ASSERT_EQ(0, connect_here(&d));
	ASSERT_EQ(0, nl_list(self->nl, &all, 0, NULL, 0));
	EXPECT_EQ(6, all.n);
	ASSERT_EQ(0, nl_list(self->nl, &all, RUBATO_SOCKET_STATES, &listening, 4));
	ASSERT_EQ(2, all.n);
	EXPECT_EQ((uint32_t)RUBATO_LISTEN, all.sock[0].state);
	EXPECT_EQ((uint32_t)RUBATO_LISTEN, all.sock[1].state);
	port = c.port;
	ASSERT_EQ(0, nl_list(self->nl, &all, RUBATO_SOCKET_LOCAL_PORT, &port, 2));
	ASSERT_EQ(2, all.n);
	EXPECT_EQ(port, all.sock[0].local_port);
	EXPECT_EQ(port, all.sock[1].local_port);
	ASSERT_EQ(0, nl_list(self->nl, &all, RUBATO_SOCKET_PEER_PORT, &port, 2));
	ASSERT_EQ(1, all.n);
	EXPECT_EQ(local_port(c.client), all.sock[0].local_port);
}

/* More than fits one message: complete, and nothing twice. */
TEST_F(control, long_listing_is_complete)
{
	static struct nl_socks all;
	int i, j, fd;

	for (i = 0; i < 400; i++) {
		fd = listen_on("127.0.0.1", 10000 + i);
		ASSERT_LE(0, fd);
	}
	ASSERT_EQ(0, nl_list(self->nl, &all, 0, NULL, 0));
	ASSERT_EQ(400, all.n);
	for (i = 0; i < all.n; i++)
		for (j = 0; j < i; j++)
			ASSERT_NE(all.sock[i].cookie, all.sock[j].cookie);
}

TEST_HARNESS_MAIN

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's netlink family, byte by byte, so that a test can also say what no library
 * would: wrong lengths, unknown attributes, malformed nests. Functions answer 0 or a
 * negative errno; what an extended acknowledgement named is left in struct nl.
 */
#ifndef RUBATO_TEST_NETLINK_H
#define RUBATO_TEST_NETLINK_H

#include <sys/socket.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/rubato.h>
#include <linux/rubato_netlink.h>
#include "test_net.h"

#define NL_BUFFER 32768

struct nl_msg {
	union {
		struct nlmsghdr hdr;
		char bytes[NL_BUFFER];
	};
};

/**
 * struct nl - a netlink socket in the namespace that it was opened in
 * @bad: attribute that the last refusal named, 0 for none
 * @text: what it said
 */
struct nl {
	int fd;
	uint16_t family;
	uint32_t group[2];	/* events, events-full */
	uint32_t seq;
	uint16_t bad;
	char text[160];
	struct nl_msg out, in;
};

/* ---- building */

static inline void nl_begin(struct nl *nl, uint16_t family, uint8_t cmd, uint16_t flags)
{
	struct genlmsghdr *g;

	memset(&nl->out, 0, sizeof(nl->out));
	nl->out.hdr.nlmsg_type = family;
	nl->out.hdr.nlmsg_flags = NLM_F_REQUEST | flags;
	nl->out.hdr.nlmsg_seq = ++nl->seq;
	nl->out.hdr.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	g = NLMSG_DATA(&nl->out.hdr);
	g->cmd = cmd;
	g->version = 1;
}

static inline void nl_put(struct nl *nl, int type, const void *data, int len)
{
	struct nlattr *a = (void *)(nl->out.bytes + NLMSG_ALIGN(nl->out.hdr.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + len;
	if (len)
		memcpy((char *)a + NLA_HDRLEN, data, len);
	nl->out.hdr.nlmsg_len = NLMSG_ALIGN(nl->out.hdr.nlmsg_len) + NLA_ALIGN(a->nla_len);
}

static inline void nl_u32(struct nl *nl, int type, uint32_t value)
{
	nl_put(nl, type, &value, sizeof(value));
}

static inline void nl_u64(struct nl *nl, int type, uint64_t value)
{
	nl_put(nl, type, &value, sizeof(value));
}

static inline struct nlattr *nl_nest(struct nl *nl, int type)
{
	struct nlattr *a = (void *)(nl->out.bytes + NLMSG_ALIGN(nl->out.hdr.nlmsg_len));

	nl_put(nl, type | NLA_F_NESTED, NULL, 0);
	return a;
}

static inline void nl_end(struct nl *nl, struct nlattr *nest)
{
	nest->nla_len = nl->out.bytes + nl->out.hdr.nlmsg_len - (char *)nest;
}

/* ---- reading */

#define nl_for_each(a, head, size)						\
	for ((a) = (head);							\
	     (char *)(a) + NLA_HDRLEN <= (char *)(head) + (size) &&		\
	     (a)->nla_len >= NLA_HDRLEN;					\
	     (a) = (struct nlattr *)((char *)(a) + NLA_ALIGN((a)->nla_len)))

static inline int nl_type(const struct nlattr *a)
{
	return a->nla_type & NLA_TYPE_MASK;
}

static inline int nl_size(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

static inline void *nl_data(const struct nlattr *a)
{
	return (char *)a + NLA_HDRLEN;
}

/* A number of whatever width. */
static inline uint64_t nl_number(const struct nlattr *a)
{
	uint64_t value = 0;

	memcpy(&value, nl_data(a), nl_size(a) < 8 ? nl_size(a) : 8);
	return value;
}

static inline struct nlattr *nl_attrs(const struct nlmsghdr *hdr, int *size)
{
	*size = hdr->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return (struct nlattr *)((char *)NLMSG_DATA(hdr) + GENL_HDRLEN);
}

static inline const struct nlattr *nl_find(const struct nlattr *head, int size, int type)
{
	const struct nlattr *a;

	nl_for_each(a, head, size)
		if (nl_type(a) == type)
			return a;
	return NULL;
}

/* Keeps what an extended acknowledgement says: the attribute it points at, and its words. */
static inline void nl_keep_error(struct nl *nl, const struct nlmsghdr *hdr)
{
	const struct nlmsgerr *e = NLMSG_DATA(hdr);
	const struct nlattr *a, *head;
	int skip = sizeof(*e), size;

	nl->bad = 0;
	nl->text[0] = 0;
	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += e->msg.nlmsg_len - sizeof(e->msg);
	head = (const struct nlattr *)((const char *)e + NLMSG_ALIGN(skip));
	size = (const char *)hdr + hdr->nlmsg_len - (const char *)head;
	nl_for_each(a, head, size) {
		if (nl_type(a) == NLMSGERR_ATTR_OFFS)
			nl->bad = nl_type((struct nlattr *)(nl->out.bytes + nl_number(a)));
		if (nl_type(a) == NLMSGERR_ATTR_MSG)
			snprintf(nl->text, sizeof(nl->text), "%s", (char *)nl_data(a));
	}
}

/*
 * Sends what was built and hands each answer to @each until the acknowledgement or the end
 * of the dump. Return: what the kernel answered.
 */
typedef void nl_each(const struct nlmsghdr *hdr, void *arg);
static inline int nl_call(struct nl *nl, nl_each *each, void *arg)
{
	struct nlmsghdr *hdr;
	ssize_t n;

	if (send(nl->fd, &nl->out, nl->out.hdr.nlmsg_len, 0) < 0)
		return -errno;
	for (;;) {
		n = recv(nl->fd, &nl->in, sizeof(nl->in), 0);
		if (n < 0)
			return -errno;
		for (hdr = &nl->in.hdr; NLMSG_OK(hdr, (unsigned int)n); hdr = NLMSG_NEXT(hdr, n)) {
			if (hdr->nlmsg_seq != nl->seq)
				continue;
			if (hdr->nlmsg_type == NLMSG_ERROR) {
				nl_keep_error(nl, hdr);
				return ((struct nlmsgerr *)NLMSG_DATA(hdr))->error;
			}
			if (hdr->nlmsg_type == NLMSG_DONE)
				return *(int *)NLMSG_DATA(hdr);
			if (each)
				each(hdr, arg);
		}
	}
}

/* ---- finding the family */

static inline void nl_family_attrs(const struct nlmsghdr *hdr, void *arg)
{
	const struct nlattr *a, *g, *name, *id;
	struct nl *nl = arg;
	int size;
	const struct nlattr *head = nl_attrs(hdr, &size);

	a = nl_find(head, size, CTRL_ATTR_FAMILY_ID);
	if (a)
		nl->family = nl_number(a);
	a = nl_find(head, size, CTRL_ATTR_MCAST_GROUPS);
	if (!a)
		return;
	nl_for_each(g, (struct nlattr *)nl_data(a), nl_size(a)) {
		name = nl_find(nl_data(g), nl_size(g), CTRL_ATTR_MCAST_GRP_NAME);
		id = nl_find(nl_data(g), nl_size(g), CTRL_ATTR_MCAST_GRP_ID);
		if (!name || !id)
			continue;
		if (!strcmp(nl_data(name), RUBATO_MCGRP_EVENTS))
			nl->group[0] = nl_number(id);
		if (!strcmp(nl_data(name), RUBATO_MCGRP_EVENTS_FULL))
			nl->group[1] = nl_number(id);
	}
}

/* A netlink socket in the current namespace. NULL: errno says why. */
static inline struct nl *nl_open(void)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	struct nl *nl = calloc(1, sizeof(*nl));
	struct timeval patience = { .tv_sec = PATIENCE / SEC };
	int on = 1, err;

	if (!nl)
		return NULL;
	nl->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (nl->fd < 0 || bind(nl->fd, (struct sockaddr *)&any, sizeof(any)))
		goto fail;
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	setsockopt(nl->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	nl_begin(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	nl_put(nl, CTRL_ATTR_FAMILY_NAME, RUBATO_GENL_NAME, sizeof(RUBATO_GENL_NAME));
	err = nl_call(nl, nl_family_attrs, nl);
	if (!err && nl->family)
		return nl;
	errno = err ? -err : ENOENT;
fail:
	err = errno;
	if (nl->fd >= 0)
		close(nl->fd);
	free(nl);
	errno = err;
	return NULL;
}

static inline void nl_close(struct nl *nl)
{
	close(nl->fd);
	free(nl);
}

/* ---- policy */

/* nl_set(): what was put between begin and commit. */
static inline struct nlattr *nl_set_begin(struct nl *nl)
{
	nl_begin(nl, nl->family, RUBATO_CMD_POLICY_SET, NLM_F_ACK);
	return nl_nest(nl, RUBATO_A_POLICY);
}

static inline int nl_set_commit(struct nl *nl, struct nlattr *policy)
{
	nl_end(nl, policy);
	return nl_call(nl, NULL, NULL);
}

static inline int nl_set_duration(struct nl *nl, int clock, uint64_t ns)
{
	struct nlattr *policy = nl_set_begin(nl);

	nl_u64(nl, clock, ns);
	return nl_set_commit(nl, policy);
}

/* A plain list of gaps: N of them, 0 ends it. */
static inline void nl_put_gaps(struct nl *nl, int clock, const uint64_t *gap)
{
	struct nlattr *schedule = nl_nest(nl, clock);

	for (; *gap; gap++)
		nl_u64(nl, RUBATO_SCHEDULE_GAP, *gap);
	nl_end(nl, schedule);
}

static inline int nl_set_gaps(struct nl *nl, int clock, const uint64_t *gap)
{
	struct nlattr *policy = nl_set_begin(nl);

	nl_put_gaps(nl, clock, gap);
	return nl_set_commit(nl, policy);
}

static inline int nl_set_tempo(struct nl *nl, uint32_t thousandths)
{
	nl_begin(nl, nl->family, RUBATO_CMD_POLICY_SET, NLM_F_ACK);
	nl_u32(nl, RUBATO_A_TEMPO, thousandths);
	return nl_call(nl, NULL, NULL);
}

/*
 * The end of a test: whatever its sockets leave behind in their namespace (an orphan whose peer
 * hears nothing, SYN_SENT) is over in a second, so that the module can be unloaded.
 */
static inline void nl_leave(struct nl *nl)
{
	nl_set_tempo(nl, RUBATO_TEMPO_MAX);
	nl_close(nl);
}

/* The same for both hosts. */
static inline void hosts_leave(const struct hosts *h)
{
	const int ns[] = { h->b, h->a };
	struct nl *nl;
	int i;

	for (i = 0; i < 2; i++) {
		nl = ns_enter(ns[i]) ? NULL : nl_open();
		if (nl)
			nl_leave(nl);
	}
}

/* A whole answer to policy-get, to be compared or read. */
struct nl_policy {
	int size;
	char bytes[NL_BUFFER];
};

static inline void nl_keep_policy(const struct nlmsghdr *hdr, void *arg)
{
	struct nl_policy *p = arg;
	const struct nlattr *head = nl_attrs(hdr, &p->size);

	memcpy(p->bytes, head, p->size);
}

static inline int nl_get_policy(struct nl *nl, struct nl_policy *p)
{
	memset(p, 0, sizeof(*p));
	nl_begin(nl, nl->family, RUBATO_CMD_POLICY_GET, NLM_F_ACK);
	return nl_call(nl, nl_keep_policy, p);
}

static inline bool nl_policy_equal(const struct nl_policy *a, const struct nl_policy *b)
{
	return a->size && a->size == b->size && !memcmp(a->bytes, b->bytes, a->size);
}

static inline const struct nlattr *nl_policy_attr(const struct nl_policy *p, int set, int clock)
{
	const struct nlattr *a = nl_find((const void *)p->bytes, p->size, set);

	return a && clock ? nl_find(nl_data(a), nl_size(a), clock) : a;
}

/* A number in @set (RUBATO_A_POLICY, _SOURCE, _EFFECTIVE), or a top attribute (@clock 0). */
static inline uint64_t nl_policy_number(const struct nl_policy *p, int set, int clock)
{
	const struct nlattr *a = nl_policy_attr(p, set, clock);

	return a ? nl_number(a) : ~0ULL;
}

/* ---- sockets */

struct nl_sock {
	uint64_t cookie, inode, remaining;	/* remaining: ~0 if no clock runs */
	uint32_t state, clock, tries, recv_queue, send_queue, uid;
	uint32_t local, peer;		/* addresses, network order */
	uint16_t local_port, peer_port;
	bool seqs;
	uint32_t snd_una, snd_nxt, rcv_nxt;
};

struct nl_socks {
	int n;
	struct nl_sock sock[512];
};

static inline void nl_read_sock(struct nl_sock *s, const struct nlattr *a)
{
	switch (nl_type(a)) {
	case RUBATO_SOCKET_COOKIE: s->cookie = nl_number(a); break;
	case RUBATO_SOCKET_STATE: s->state = nl_number(a); break;
	case RUBATO_SOCKET_LOCAL_ADDRESS: s->local = nl_number(a); break;
	case RUBATO_SOCKET_PEER_ADDRESS: s->peer = nl_number(a); break;
	case RUBATO_SOCKET_LOCAL_PORT: s->local_port = nl_number(a); break;
	case RUBATO_SOCKET_PEER_PORT: s->peer_port = nl_number(a); break;
	case RUBATO_SOCKET_UID: s->uid = nl_number(a); break;
	case RUBATO_SOCKET_INODE: s->inode = nl_number(a); break;
	case RUBATO_SOCKET_CLOCK: s->clock = nl_number(a); break;
	case RUBATO_SOCKET_TRIES: s->tries = nl_number(a); break;
	case RUBATO_SOCKET_REMAINING: s->remaining = nl_number(a); break;
	case RUBATO_SOCKET_RECV_QUEUE: s->recv_queue = nl_number(a); break;
	case RUBATO_SOCKET_SEND_QUEUE: s->send_queue = nl_number(a); break;
	case RUBATO_SOCKET_SND_UNA: s->snd_una = nl_number(a); s->seqs = true; break;
	case RUBATO_SOCKET_SND_NXT: s->snd_nxt = nl_number(a); s->seqs = true; break;
	case RUBATO_SOCKET_RCV_NXT: s->rcv_nxt = nl_number(a); s->seqs = true; break;
	}
}

static inline void nl_keep_sock(const struct nlmsghdr *hdr, void *arg)
{
	struct nl_socks *all = arg;
	const struct nlattr *a, *head;
	struct nl_sock *s;
	int size;

	if (all->n == (int)(sizeof(all->sock) / sizeof(all->sock[0])))
		return;
	s = &all->sock[all->n++];
	memset(s, 0, sizeof(*s));
	s->remaining = ~0ULL;
	head = nl_attrs(hdr, &size);
	nl_for_each(a, head, size)
		nl_read_sock(s, a);
}

/* Everything in the namespace, or what the filter @attr = @value lets through (@attr 0: all). */
static inline int nl_list(struct nl *nl, struct nl_socks *all, int attr, const void *value, int len)
{
	all->n = 0;
	nl_begin(nl, nl->family, RUBATO_CMD_SOCKET_GET, NLM_F_DUMP);
	if (attr)
		nl_put(nl, attr, value, len);
	return nl_call(nl, nl_keep_sock, all);
}

/* The socket with these ports, -1 for any; NULL if none. Valid until the next call. */
static inline const struct nl_sock *nl_sock(struct nl *nl, int local, int peer)
{
	static struct nl_socks all;
	int i;

	if (nl_list(nl, &all, 0, NULL, 0))
		return NULL;
	for (i = 0; i < all.n; i++) {
		if (local >= 0 && all.sock[i].local_port != local)
			continue;
		if (peer >= 0 && all.sock[i].peer_port != peer)
			continue;
		return &all.sock[i];
	}
	return NULL;
}

/* Its state, 0 if there is none. */
static inline int nl_state(struct nl *nl, int local, int peer)
{
	const struct nl_sock *s = nl_sock(nl, local, peer);

	return s ? (int)s->state : 0;
}

/* How many are in @state. */
static inline int nl_count(struct nl *nl, int state)
{
	static struct nl_socks all;
	int i, n = 0;

	if (nl_list(nl, &all, 0, NULL, 0))
		return -1;
	for (i = 0; i < all.n; i++)
		n += all.sock[i].state == (uint32_t)state;
	return n;
}

/* ---- counters */

struct nl_stats {
	uint64_t count[RUBATO_STATS_MAX + 1];
	uint64_t drop[RUBATO_REASON_MAX + 1];
};

static inline void nl_keep_stats(const struct nlmsghdr *hdr, void *arg)
{
	const struct nlattr *a, *reason, *count, *head;
	struct nl_stats *s = arg;
	int size;

	head = nl_attrs(hdr, &size);
	nl_for_each(a, head, size) {
		if (nl_type(a) > RUBATO_STATS_MAX)
			continue;
		if (nl_type(a) != RUBATO_STATS_DROP) {
			s->count[nl_type(a)] = nl_number(a);
			continue;
		}
		reason = nl_find(nl_data(a), nl_size(a), RUBATO_DROP_REASON);
		count = nl_find(nl_data(a), nl_size(a), RUBATO_DROP_COUNT);
		if (reason && count && nl_number(reason) <= RUBATO_REASON_MAX)
			s->drop[nl_number(reason)] = nl_number(count);
	}
}

static inline int nl_stats(struct nl *nl, struct nl_stats *s)
{
	memset(s, 0, sizeof(*s));
	nl_begin(nl, nl->family, RUBATO_CMD_STATS_GET, NLM_F_ACK);
	return nl_call(nl, nl_keep_stats, s);
}

/* One counter now; ~0 if it could not be read. */
static inline uint64_t nl_counter(struct nl *nl, int counter)
{
	struct nl_stats s;

	return nl_stats(nl, &s) ? ~0ULL : s.count[counter];
}

static inline uint64_t nl_drops(struct nl *nl, int reason)
{
	struct nl_stats s;

	return nl_stats(nl, &s) ? ~0ULL : s.drop[reason];
}

/* ---- events; they need a socket of their own */

struct nl_event {
	int cmd;
	uint64_t seq, time, cookie, elapsed, next;
	uint32_t old_state, new_state, cause, clock, tries, error, flags, len;
	uint32_t seg_seq, seg_ack, generation, tempo;
	uint16_t local_port, peer_port;
	bool has_seqs;
};

static inline int nl_join(struct nl *nl, int group)
{
	return setsockopt(nl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &nl->group[group],
			  sizeof(nl->group[group])) ? -errno : 0;
}

static inline void nl_read_event(struct nl_event *e, const struct nlattr *a)
{
	switch (nl_type(a)) {
	case RUBATO_EVENT_SEQ: e->seq = nl_number(a); break;
	case RUBATO_EVENT_TIME: e->time = nl_number(a); break;
	case RUBATO_EVENT_COOKIE: e->cookie = nl_number(a); break;
	case RUBATO_EVENT_LOCAL_PORT: e->local_port = nl_number(a); break;
	case RUBATO_EVENT_PEER_PORT: e->peer_port = nl_number(a); break;
	case RUBATO_EVENT_OLD_STATE: e->old_state = nl_number(a); break;
	case RUBATO_EVENT_NEW_STATE: e->new_state = nl_number(a); break;
	case RUBATO_EVENT_CAUSE: e->cause = nl_number(a); break;
	case RUBATO_EVENT_CLOCK: e->clock = nl_number(a); break;
	case RUBATO_EVENT_TRIES: e->tries = nl_number(a); break;
	case RUBATO_EVENT_ERRNO: e->error = nl_number(a); break;
	case RUBATO_EVENT_SEG_FLAGS: e->flags = nl_number(a); break;
	case RUBATO_EVENT_SEG_LEN: e->len = nl_number(a); break;
	case RUBATO_EVENT_SEG_SEQ: e->seg_seq = nl_number(a); e->has_seqs = true; break;
	case RUBATO_EVENT_SEG_ACK: e->seg_ack = nl_number(a); e->has_seqs = true; break;
	case RUBATO_EVENT_ELAPSED: e->elapsed = nl_number(a); break;
	case RUBATO_EVENT_NEXT: e->next = nl_number(a); break;
	case RUBATO_EVENT_GENERATION: e->generation = nl_number(a); break;
	case RUBATO_EVENT_TEMPO: e->tempo = nl_number(a); break;
	}
}

/* The next event. Return: 0, or -EAGAIN when none came in PATIENCE. */
static inline int nl_event(struct nl *nl, struct nl_event *e)
{
	const struct nlattr *a, *head;
	int size;

	if (recv(nl->fd, &nl->in, sizeof(nl->in), 0) < 0)
		return -errno;
	memset(e, 0, sizeof(*e));
	e->cmd = ((struct genlmsghdr *)NLMSG_DATA(&nl->in.hdr))->cmd;
	head = nl_attrs(&nl->in.hdr, &size);
	nl_for_each(a, head, size)
		nl_read_event(e, a);
	return 0;
}

/* The next event of this kind on this local port. Others are passed over. */
static inline int nl_event_of(struct nl *nl, int cmd, int port, struct nl_event *e)
{
	int err;

	do
		err = nl_event(nl, e);
	while (!err && (e->cmd != cmd || e->local_port != port));
	return err;
}

/* The next change of state on this local port. Return: the state entered, or -errno. */
static inline int nl_next_state(struct nl *nl, int port, struct nl_event *e)
{
	int err = nl_event_of(nl, RUBATO_CMD_STATE_EVENT, port, e);

	return err ? err : (int)e->new_state;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments made by hand on a raw socket: what is malformed is dropped, counted by its
 * reason and never answered (RFC 9293 sections 3.1, 3.2); what belongs to nobody is answered
 * by RST (section 3.10.7.1), with exactly the numbers of the RFC.
 */
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include "kselftest_harness.h"
#include "test_netlink.h"
#include "test_sock.h"

#define FIN 0x01
#define SYN 0x02
#define RST 0x04
#define ACK 0x10

#define SERVER 5000	/* somebody listens */
#define NOBODY 5001
#define OURS 40000	/* of the hand-made segments; no socket has it */

/* A TCP header with room for options and data. */
struct segment {
	union {
		struct tcphdr tcp;
		unsigned char bytes[128];
	};
	int len;
};

static uint32_t sum(uint32_t total, const void *data, int len)
{
	const unsigned char *p = data;
	int i;

	for (i = 0; i < len; i++)
		total += i & 1 ? p[i] : p[i] << 8;
	return total;
}

/* RFC 9293 section 3.1: over the pseudo-header of protocol 6, whatever IP says. */
static uint16_t checksum(uint32_t from, uint32_t to, const void *data, int len)
{
	uint32_t total = sum(sum(6 + len, &from, 4), &to, 4);

	total = sum(total, data, len);
	while (total >> 16)
		total = (total & 0xffff) + (total >> 16);
	return htons(~total);
}

static struct segment make(int port, int flags, uint32_t seq, uint32_t ack)
{
	struct segment s = { .len = sizeof(struct tcphdr) };

	s.tcp.source = htons(OURS);
	s.tcp.dest = htons(port);
	s.tcp.seq = htonl(seq);
	s.tcp.ack_seq = htonl(ack);
	s.tcp.doff = 5;
	s.bytes[13] = flags;
	s.tcp.window = htons(4096);
	return s;
}

static void finish(struct segment *s, uint32_t from, uint32_t to)
{
	s->tcp.check = 0;
	s->tcp.check = checksum(from, to, s->bytes, s->len);
}

/*
 * The segments come from an address that no host has, so that nobody but us answers what is
 * sent there; what is sent there we hear on the wire.
 */
#define STRANGER ADDR_DEAD

FIXTURE(wire) {
	struct hosts hosts;
	struct nl *nl;
	int raw, tap, listener;
	uint32_t stranger, server;
};

/* Checksums on the wire as they are meant to be, none left for a device to complete. */
static int no_checksum_offload(const char *dev)
{
	struct ethtool_value off = { .cmd = ETHTOOL_STXCSUM };
	struct ifreq request = { .ifr_data = (void *)&off };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), err;

	strcpy(request.ifr_name, dev);
	err = ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
	close(fd);
	return err;
}

static int open_tap(const char *dev)
{
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP),
				  .sll_ifindex = if_nametoindex(dev) };
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));

	return bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -errno : fd;
}

FIXTURE_SETUP(wire)
{
	ASSERT_EQ(0, hosts_new(&self->hosts));
	self->nl = nl_open();
	ASSERT_NE(NULL, self->nl);
	self->listener = listen_on(ADDR_A, SERVER);
	ASSERT_LE(0, self->listener);
	ASSERT_EQ(0, no_checksum_offload("va"));
	ASSERT_EQ(0, ns_enter(self->hosts.b));
	self->raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);	/* with IP headers of ours */
	ASSERT_LE(0, self->raw);
	self->tap = open_tap("vb");
	ASSERT_LE(0, self->tap);
	ASSERT_EQ(0, set_timeout(self->tap, SO_RCVTIMEO, PATIENCE));
	self->stranger = inet_addr(STRANGER);
	self->server = inet_addr(ADDR_A);
}

FIXTURE_TEARDOWN(wire)
{
	hosts_leave(&self->hosts);
	nl_close(self->nl);
}

static int emit_to(int raw, uint32_t from, const char *ip, const struct segment *s)
{
	struct sockaddr_in to = address(ip, 0);
	struct {
		struct iphdr ip;
		unsigned char bytes[sizeof(s->bytes)];
	} packet = {
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_RUBATO,
			.saddr = from, .daddr = to.sin_addr.s_addr },
	};
	int len = sizeof(packet.ip) + s->len;

	memcpy(packet.bytes, s->bytes, s->len);
	return sendto(raw, &packet, len, 0, (struct sockaddr *)&to, sizeof(to)) == len ? 0 : -errno;
}

static int emit(FIXTURE_DATA(wire) *self, const struct segment *s)
{
	return emit_to(self->raw, self->stranger, ADDR_A, s);
}

/* The next segment that was sent to the stranger, whatever its ports. Return: 0 or -EAGAIN. */
static int hear(FIXTURE_DATA(wire) *self, struct segment *s)
{
	unsigned char packet[256];
	struct iphdr *ip = (void *)packet;
	ssize_t n;

	for (;;) {
		n = recv(self->tap, packet, sizeof(packet), 0);
		if (n < 0)
			return -errno;
		if (n < (ssize_t)sizeof(*ip) || ip->daddr != self->stranger)
			continue;
		s->len = ntohs(ip->tot_len) - ip->ihl * 4;
		if (s->len < (int)sizeof(struct tcphdr) || s->len > (int)sizeof(s->bytes))
			continue;
		memcpy(s->bytes, packet + ip->ihl * 4, s->len);
		return 0;
	}
}

/* The next segment, which must be from @port to ours. */
static int receive(FIXTURE_DATA(wire) *self, int port, struct segment *s)
{
	int err = hear(self, s);

	if (err)
		return err;
	return ntohs(s->tcp.source) == port && ntohs(s->tcp.dest) == OURS ? 0 : -EPROTO;
}

/* No answer is on its way: what is asked for now comes first. */
static bool silent(FIXTURE_DATA(wire) *self)
{
	struct segment s = make(NOBODY, ACK, 1, 2);

	s.tcp.source = htons(OURS + 1);
	finish(&s, self->stranger, self->server);
	return !emit(self, &s) && !hear(self, &s) && ntohs(s.tcp.dest) == OURS + 1;
}

/* One malformed segment, a SYN to the listener: dropped, counted, not answered, no trace. */
static bool dropped(FIXTURE_DATA(wire) *self, const struct segment *s, int reason)
{
	uint64_t before = nl_drops(self->nl, reason);

	return !emit(self, s) && BECOMES(nl_drops(self->nl, reason) == before + 1, PATIENCE) &&
	       silent(self) && !nl_count(self->nl, RUBATO_SYN_RCVD);
}

TEST_F(wire, well_formed_syn_is_answered)
{
	struct segment s = make(SERVER, SYN, 1000, 0), got;

	/* So that the cases below differ from a good one by one thing only. */
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, SERVER, &got));
	EXPECT_EQ(SYN | ACK, got.bytes[13]);
	EXPECT_EQ(1001U, ntohl(got.tcp.ack_seq));
	EXPECT_EQ(0, checksum(self->server, self->stranger, got.bytes, got.len));
}

TEST_F(wire, bad_checksum)
{
	struct segment s = make(SERVER, SYN, 1000, 0);

	finish(&s, self->stranger, self->server);
	s.tcp.check ^= htons(1);
	EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_BAD_CHECKSUM));
}

/* As protocol 253 would have it: the pseudo-header says 6. */
TEST_F(wire, checksum_over_the_wrong_protocol)
{
	struct segment s = make(SERVER, SYN, 1000, 0);
	uint32_t total;

	finish(&s, self->stranger, self->server);
	/* One's complement: the checksum of a sum that is 253 - 6 higher is that much lower. */
	total = ntohs(s.tcp.check) + 0xffff - (IPPROTO_RUBATO - IPPROTO_TCP);
	s.tcp.check = htons((total & 0xffff) + (total >> 16));
	EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_BAD_CHECKSUM));
}

TEST_F(wire, bad_data_offset)
{
	int doff;

	for (doff = 0; doff < 5; doff++) {
		struct segment s = make(SERVER, SYN, 1000, 0);

		s.tcp.doff = doff;
		finish(&s, self->stranger, self->server);
		EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_BAD_OFFSET));
	}
}

TEST_F(wire, shorter_than_a_header)
{
	int len;

	for (len = 0; len < (int)sizeof(struct tcphdr); len++) {
		struct segment s = make(SERVER, SYN, 1000, 0);

		s.len = len;
		EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_TOO_SHORT));
	}
}

TEST_F(wire, shorter_than_its_header_says)
{
	struct segment s = make(SERVER, SYN, 1000, 0);

	s.tcp.doff = 15;
	finish(&s, self->stranger, self->server);
	EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_TOO_SHORT));
}

TEST_F(wire, bad_option_length)
{
	/* MSS with these lengths, in a header of two option words: past the end, or none. */
	static const unsigned char length[] = { 0, 1, 9, 255 };
	unsigned int i;

	for (i = 0; i < sizeof(length); i++) {
		struct segment s = make(SERVER, SYN, 1000, 0);

		s.tcp.doff = 7;
		s.len = 28;
		s.bytes[20] = 2;
		s.bytes[21] = length[i];
		finish(&s, self->stranger, self->server);
		EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_BAD_OPTION));
	}
	/* A kind as the very last byte, its length beyond the header. */
	struct segment s = make(SERVER, SYN, 1000, 0);

	s.tcp.doff = 6;
	s.len = 24;
	memcpy(s.bytes + 20, "\1\1\1\2", 4);
	finish(&s, self->stranger, self->server);
	EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_BAD_OPTION));
}

/* RFC 9293 MUST-6: options that we do not know are passed over. */
TEST_F(wire, unknown_options_are_passed_over)
{
	struct segment s = make(SERVER, SYN, 1000, 0), got;

	s.tcp.doff = 8;
	s.len = 32;
	memcpy(s.bytes + 20, "\375\006abcd\1\1\2\4\2\30", 12);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, SERVER, &got));
	EXPECT_EQ(SYN | ACK, got.bytes[13]);
}

/* Text on a SYN is not acknowledged, so that it comes again; the statistics say so. */
TEST_F(wire, text_on_a_syn_is_counted)
{
	struct segment s = make(SERVER, SYN, 1000, 0), got;

	memcpy(s.bytes + 20, "early", 5);
	s.len = 25;
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, SERVER, &got));
	EXPECT_EQ(SYN | ACK, got.bytes[13]);
	EXPECT_EQ(1001U, ntohl(got.tcp.ack_seq));
	EXPECT_EQ(1U, nl_drops(self->nl, RUBATO_REASON_SYN_TEXT));
}

/* ---- a flood of SYNs: SYN cookies (RFC 4987 section 3.6) */

/* What a listener keeps of half-open connections, whatever its backlog. */
#define HALVES_MAX 1024

/* One each from as many ports as it takes to leave no room. */
static int flood(FIXTURE_DATA(wire) *self)
{
	int room = 1 << 22, i, err;

	/* Their SYN+ACKs must not crowd out what is listened for. */
	if (setsockopt(self->tap, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)))
		return -errno;
	for (i = 0; i < HALVES_MAX; i++) {
		struct segment s = make(SERVER, SYN, 1000, 0);

		s.tcp.source = htons(20000 + i);
		finish(&s, self->stranger, self->server);
		err = emit(self, &s);
		if (err)
			return err;
	}
	if (!BECOMES(nl_counter(self->nl, RUBATO_STATS_HALF_OPEN) == HALVES_MAX, PATIENCE))
		return -ETIMEDOUT;
	return nl_counter(self->nl, RUBATO_STATS_SYNCOOKIES_SENT) ? -EBUSY : 0;
}

/* The next segment to our own port, between those that the flood's ports get. */
static int receive_ours(FIXTURE_DATA(wire) *self, struct segment *s)
{
	int err;

	do
		err = hear(self, s);
	while (!err && ntohs(s->tcp.dest) != OURS);
	return err;
}

TEST_F(wire, others_get_through_a_flood_of_syns)
{
	int fd, child;
	char bytes[5];

	ASSERT_EQ(0, flood(self));
	fd = open_socket();
	ASSERT_EQ(0, impatient(fd));
	ASSERT_EQ(0, connect_to(fd, ADDR_A, SERVER));
	ASSERT_EQ(0, impatient(self->listener));
	child = accept_one(self->listener);
	ASSERT_LE(0, child);
	ASSERT_EQ(5, send(fd, "hello", 5, 0));
	ASSERT_EQ(5, recv(child, bytes, 5, MSG_WAITALL));
	EXPECT_EQ(0, memcmp(bytes, "hello", 5));
	EXPECT_EQ(1U, nl_counter(self->nl, RUBATO_STATS_SYNCOOKIES_SENT));
	EXPECT_EQ(1U, nl_counter(self->nl, RUBATO_STATS_SYNCOOKIES_RECEIVED));
	EXPECT_EQ(HALVES_MAX, nl_counter(self->nl, RUBATO_STATS_HALF_OPEN));
}

/* What only looks like an answer to a cookie is refused as if nobody had said anything. */
TEST_F(wire, forged_cookie_is_reset)
{
	struct segment s = make(SERVER, SYN, 1000, 0), got;
	uint32_t cookie;

	ASSERT_EQ(0, flood(self));
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive_ours(self, &got));
	ASSERT_EQ(SYN | ACK, got.bytes[13]);
	cookie = ntohl(got.tcp.seq);
	ASSERT_EQ(1U, nl_counter(self->nl, RUBATO_STATS_SYNCOOKIES_SENT));

	s = make(SERVER, ACK, 1001, (cookie ^ 0x400) + 1);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive_ours(self, &got));
	EXPECT_EQ(RST, got.bytes[13]);
	EXPECT_EQ((cookie ^ 0x400) + 1, ntohl(got.tcp.seq));
	EXPECT_EQ(1U, nl_drops(self->nl, RUBATO_REASON_BAD_COOKIE));
	EXPECT_EQ(0U, nl_counter(self->nl, RUBATO_STATS_SYNCOOKIES_RECEIVED));

	s = make(SERVER, ACK, 1001, cookie + 1);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, impatient(self->listener));
	EXPECT_LE(0, accept_one(self->listener));
}

/* ---- nobody there: RST, with the numbers of RFC 9293 section 3.10.7.1 */

TEST_F(wire, syn_to_nobody)
{
	struct segment s = make(NOBODY, SYN, 1000, 0), got;

	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, NOBODY, &got));
	EXPECT_EQ(RST | ACK, got.bytes[13]);
	EXPECT_EQ(0U, ntohl(got.tcp.seq));
	EXPECT_EQ(1001U, ntohl(got.tcp.ack_seq));
	EXPECT_EQ(0, checksum(self->server, self->stranger, got.bytes, got.len));
}

TEST_F(wire, data_and_fin_to_nobody)
{
	struct segment s = make(NOBODY, FIN, 1000, 0), got;

	s.len += 10;
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, NOBODY, &got));
	EXPECT_EQ(RST | ACK, got.bytes[13]);
	EXPECT_EQ(0U, ntohl(got.tcp.seq));
	EXPECT_EQ(1011U, ntohl(got.tcp.ack_seq));
}

TEST_F(wire, ack_to_nobody)
{
	struct segment s = make(NOBODY, ACK, 1000, 2000), got;

	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, NOBODY, &got));
	EXPECT_EQ(RST, got.bytes[13]);
	EXPECT_EQ(2000U, ntohl(got.tcp.seq));
}

TEST_F(wire, reset_is_never_answered)
{
	struct segment s = make(NOBODY, RST, 1000, 0);

	finish(&s, self->stranger, self->server);
	EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_NO_SOCKET));
}

/* ---- the listener (section 3.10.7.2) */

TEST_F(wire, listener_resets_an_ack)
{
	struct segment s = make(SERVER, ACK, 1000, 2000), got;

	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, SERVER, &got));
	EXPECT_EQ(RST, got.bytes[13]);
	EXPECT_EQ(2000U, ntohl(got.tcp.seq));
	EXPECT_EQ(RUBATO_LISTEN, nl_state(self->nl, SERVER, -1));
}

TEST_F(wire, listener_ignores_a_reset_and_a_segment_without_flags)
{
	struct segment s = make(SERVER, RST, 1000, 0);

	finish(&s, self->stranger, self->server);
	EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_LISTEN_RST));
	s = make(SERVER, 0, 1000, 0);
	finish(&s, self->stranger, self->server);
	EXPECT_TRUE(dropped(self, &s, RUBATO_REASON_LISTEN_NO_SYN));
}

/* ---- a half-open connection and an established one, by hand */

/* Leaves a half-open connection behind; @got is its SYN+ACK. */
static int half_open(FIXTURE_DATA(wire) *self, struct segment *got)
{
	struct segment s = make(SERVER, SYN, 1000, 0);

	finish(&s, self->stranger, self->server);
	return emit(self, &s) ?: receive(self, SERVER, got);
}

/* A reset in SYN_RCVD of a passive open goes back to LISTEN, and the process is not told. */
TEST_F(wire, reset_ends_a_half_open_connection)
{
	struct segment s = make(SERVER, RST, 1001, 0), got;

	ASSERT_EQ(0, half_open(self, &got));
	ASSERT_EQ(1, nl_count(self->nl, RUBATO_SYN_RCVD));
	/* One number off is not believed (RFC 5961). */
	s.tcp.seq = htonl(1002);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, SERVER, &got));
	EXPECT_EQ(ACK, got.bytes[13]);
	EXPECT_EQ(1, nl_count(self->nl, RUBATO_SYN_RCVD));
	s.tcp.seq = htonl(1001);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	EXPECT_TRUE(BECOMES(!nl_count(self->nl, RUBATO_SYN_RCVD), PATIENCE));
	ASSERT_EQ(0, nonblocking(self->listener, true));
	EXPECT_EQ(-EAGAIN, accept_one(self->listener));
}

TEST_F(wire, third_ack_with_data_makes_a_connection)
{
	struct segment s, got;
	char text[4] = {};
	int fd;

	ASSERT_EQ(0, half_open(self, &got));
	s = make(SERVER, ACK, 1001, ntohl(got.tcp.seq) + 1);
	memcpy(s.bytes + 20, "abc", 3);
	s.len += 3;
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, impatient(self->listener));
	fd = accept_one(self->listener);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, impatient(fd));
	ASSERT_EQ(0, recv_all(fd, text, 3));
	EXPECT_STREQ("abc", text);

	/* RFC 5961: only a reset at exactly RCV.NXT ends it. */
	s = make(SERVER, RST, 1003, 0);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	s = make(SERVER, RST, 1005, 0);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	EXPECT_EQ(RUBATO_ESTABLISHED, nl_state(self->nl, SERVER, OURS));
	s = make(SERVER, RST, 1004, 0);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	EXPECT_EQ(-ECONNRESET, recv_some(fd, text, 1));
	EXPECT_EQ(0, nl_state(self->nl, SERVER, OURS));
}

/* A wrong ACK in SYN_RCVD is reset, and the half-open connection stays. */
TEST_F(wire, wrong_third_ack_is_reset)
{
	struct segment s, got, reset;

	ASSERT_EQ(0, half_open(self, &got));
	s = make(SERVER, ACK, 1001, ntohl(got.tcp.seq) + 7);
	finish(&s, self->stranger, self->server);
	ASSERT_EQ(0, emit(self, &s));
	ASSERT_EQ(0, receive(self, SERVER, &reset));
	EXPECT_EQ(RST, reset.bytes[13]);
	EXPECT_EQ(ntohl(got.tcp.seq) + 7, ntohl(reset.tcp.seq));
	EXPECT_EQ(1, nl_count(self->nl, RUBATO_SYN_RCVD));
}

/*
 * ---- not from one host either (MUST-63): TCP or IP ignores it. A SYN like it from the stranger is
 * answered (well_formed_syn_is_answered).
 */

TEST_F(wire, syn_from_no_host)
{
	static const char *const froms[] = { "224.0.0.1", "255.255.255.255", "127.0.0.1" };
	unsigned int i;

	for (i = 0; i < sizeof(froms) / sizeof(froms[0]); i++) {
		struct segment s = make(SERVER, SYN, 1000, 0);

		finish(&s, inet_addr(froms[i]), self->server);
		ASSERT_EQ(0, emit_to(self->raw, inet_addr(froms[i]), ADDR_A, &s));
		EXPECT_TRUE(silent(self));
		EXPECT_EQ(0, nl_count(self->nl, RUBATO_SYN_RCVD));
	}
}

/* ---- not from one host to one host (RFC 9293 MUST-57) */

TEST(broadcast_is_dropped)
{
	struct hosts hosts;
	struct segment s = make(SERVER, SYN, 1000, 0);
	struct nl *nl;
	int raw;

	ASSERT_EQ(0, hosts_new(&hosts));
	nl = nl_open();
	ASSERT_NE(NULL, nl);
	ASSERT_LE(0, listen_on("0.0.0.0", SERVER));
	ASSERT_EQ(0, ns_enter(hosts.b));
	raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	ASSERT_EQ(0, set_int(raw, SOL_SOCKET, SO_BROADCAST, 1));
	finish(&s, inet_addr(ADDR_B), inet_addr("10.0.0.255"));
	ASSERT_EQ(0, emit_to(raw, inet_addr(ADDR_B), "10.0.0.255", &s));
	EXPECT_TRUE(BECOMES(nl_drops(nl, RUBATO_REASON_BAD_ADDRESS) == 1, PATIENCE));
	EXPECT_EQ(0, nl_count(nl, RUBATO_SYN_RCVD));
	nl_close(nl);
}

TEST_HARNESS_MAIN

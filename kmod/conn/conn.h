/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection as a kernel object: lock, queues, timer, the way in and the way out. conn/
 * alone drives the core. socket/ sees struct rubato_sock and the calls below; control/
 * sees snapshots.
 *
 * Locks: the socket lock (lock_sock() in process context, bh_lock_sock() and the backlog in
 * softirq) guards tcb, queues and policy of a connection. accept.lock guards a listener's
 * queue of children and its half-open connections. Order: socket lock -> accept.lock ->
 * table buckets -> queue locks. The whole order is in Documentation/locking.md.
 */
#ifndef RUBATO_CONN_H
#define RUBATO_CONN_H

#include <linux/hrtimer.h>
#include <net/inet_sock.h>
#include "core/core.h"
#include "policy/policy.h"
#include "table/table.h"

/**
 * struct rubato_accept - what a listener has
 * @lock: guards the rest; softirq-safe
 * @children: established, waiting for accept(); linked by rubato_sock.accept_link
 * @halves: half-open connections of this listener
 * @n_children: length of @children
 * @n_halves: length of @halves
 * @backlog: of listen(); children beyond it are refused as TCP does (n > backlog)
 * @cookie_sent: when a SYN cookie left last, monotonic ns; 0 for never; without the lock
 * @closed: no more children
 */
struct rubato_accept {
	spinlock_t lock;
	struct list_head children, halves;
	u32 n_children, n_halves, backlog;
	rub_ns cookie_sent;
	bool closed;
};

/**
 * struct rubato_sock - a socket of the family
 * @inet: first, so that it is a struct sock
 * @tcb: the protocol's state; read by accessors, written by core/ only
 * @policy: the clocks that hold, with a reference
 * @node: in the connection table
 * @listener: in the listener table
 * @binding: holds the local port
 * @accept: while it listens
 * @accept_link: in its listener's @accept.children
 * @timer: one soft hrtimer for rub_due()
 * @timer_lock: guards @armed, and the setting of @timer
 * @armed: what @timer is set to; it holds a reference then. 0: it is not
 * @ooo: skbs beyond RCV.NXT, by sequence number
 * @copied_seq: sequence number of the next byte that the process will read
 * @queued_seq: sequence number behind the last byte of sk_receive_queue
 * @write_len: bytes in sk_write_queue
 * @fresh: of these, appended and not yet told to the core
 * @cookie: names the connection in listings and events, unique since load
 * @isn_hash: of the four-tuple (RFC 6528)
 * @ts_offset: of the address pair (RFC 7323 section 5.4)
 * @error: what a dying connection tells its process
 * @reincarnates: connect() took the tuple of a TIME_WAIT
 * @old_nxt: its SND.NXT
 * @mtu: what ICMP said, while a process held the lock
 * @soft_error: likewise
 * @pending: RUB_RX_TIME_WAIT and RUB_RX_DEAD, to be done when the core was drained
 * @wake: RUBATO_WAKE_*, likewise
 * @live: the core has a connection: hashed, clocks may run
 * @orphan: no process has it, and it holds a reference to itself while it lives
 * @synced: copied_seq and queued_seq are valid
 * @peer_fin: the peer's FIN was reached: end of file behind what is queued
 * @deferred: RUBATO_DEFER_* for release_cb
 *
 * sk_write_queue holds what is queued and not acknowledged, first byte rub_first(tcb);
 * sk_receive_queue holds bytes in order from copied_seq on.
 */
struct rubato_sock {
	struct inet_sock inet;
	struct rub_tcb tcb;
	struct rubato_policy *policy;
	struct rubato_node node;
	struct rubato_listener listener;
	struct rubato_binding binding;
	struct rubato_accept accept;
	struct list_head accept_link;
	struct hrtimer timer;
	spinlock_t timer_lock;
	rub_ns armed;
	struct sk_buff_head ooo;
	u32 copied_seq, queued_seq;
	u32 write_len, fresh;
	u64 cookie, isn_hash;
	u32 ts_offset;
	int error;
	u32 mtu;
	int soft_error;
	u32 pending;
	u8 wake;
	u32 old_nxt;
	bool live, orphan, synced, peer_fin, reincarnates;
	unsigned long deferred;
};

static inline struct rubato_sock *rubato_sk(const struct sock *sk)
{
	return (struct rubato_sock *)sk;
}

extern struct proto rubato_prot;	/* conn/sock.c: "RUBATO" in /proc/net/protocols */
extern unsigned int rubato_protocol;	/* the IP protocol number, module parameter */
extern unsigned int rubato_time_wait_max; /* TIME_WAIT entries per namespace, likewise */

/* A new socket's part, after sock_init_data(). Return: 0 or -errno. */
int rubato_conn_init_sock(struct sock *sk);

/*
 * Calls of a process. All with the socket lock held, but for accept's.
 */
/* bind(): address checked by socket/; takes the port. @port host order. */
int rubato_conn_bind(struct sock *sk, __be32 local, u16 port);
int rubato_conn_listen(struct sock *sk, int backlog);	/* also changes the backlog */
/*
 * Sends the SYN and returns; the caller waits for it to leave SYN_SENT. On failure the socket
 * is as it was.
 */
int rubato_conn_connect(struct sock *sk, __be32 peer, u16 port);
/*
 * Takes the first child off a listener, or NULL. Its socket has no struct socket yet; the
 * caller owns its reference and locks it before looking at it.
 */
struct sock *rubato_conn_accept(struct sock *listener);
bool rubato_conn_accept_ready(const struct sock *listener);
/*
 * Copies what fits into sk_write_queue and sets @copied, whatever it returns. 0 with less
 * than @len copied: the send buffer is full, push and wait for memory. -EFAULT, -ENOMEM.
 */
int rubato_conn_append(struct sock *sk, struct msghdr *msg, size_t len, size_t *copied);
/* Data was appended; send what may be sent. */
void rubato_conn_push(struct sock *sk);
/*
 * Copies out of sk_receive_queue from copied_seq on and frees what was read; with @peek from
 * @offset bytes behind copied_seq on, and @offset moves instead. Without @msg nothing is copied,
 * only passed over. Return: bytes, 0 if none are there, or -EFAULT if none could be copied.
 */
int rubato_conn_copy(struct sock *sk, struct msghdr *msg, size_t len, bool peek, u32 *offset);
/* The process has read: perhaps a window update. */
void rubato_conn_consumed(struct sock *sk);
int rubato_conn_shutdown(struct sock *sk);	/* SHUT_WR */
/*
 * close(): the process lets go (sock_orphan()); the connection lives on as an orphan while it
 * has to, with a reference of its own. The caller puts the process's after release_sock().
 */
void rubato_conn_close(struct sock *sk);
/* RST and gone: linger 0, kill, disconnect. */
void rubato_conn_abort(struct sock *sk, int error);
/*
 * Back to a new socket in CLOSED that may bind, connect and listen: a live connection is
 * aborted with RST, a listener stops and its children are reset, queues are emptied,
 * sk_shutdown and SOCK_DONE are cleared, the peer's address goes. The local address and
 * port stay only if the process chose them (sk_userlocks). A failed connect() ends so too.
 */
void rubato_conn_disconnect(struct sock *sk);

/* @sk is locked. What an option held back leaves when it no longer does. */
void rubato_conn_set(struct sock *sk, enum rub_option option, bool on);
bool rubato_conn_is_set(const struct sock *sk, enum rub_option option);
/* Largest payload of a segment now; 0 before the handshake. */
u32 rubato_conn_mss(const struct sock *sk);

/* Unread bytes in order. poll() asks without the lock: then it may be outdated, no worse. */
u32 rubato_conn_unread(const struct sock *sk);

/**
 * struct rubato_info - a snapshot of a socket, half-open connection or TIME_WAIT entry
 * @seqs: snd_una, snd_nxt and rcv_nxt are valid
 */
struct rubato_info {
	u64 cookie;
	u8 state;
	struct rub_tuple tuple;
	u32 uid;
	u64 inode;
	u8 clock;
	u32 tries;
	rub_ns remaining;	/* RUB_NEVER: no clock runs */
	u32 recv_queue, send_queue;
	rub_ns rto, srtt;	/* 0: none */
	u32 cwnd;
	bool seqs;
	u32 snd_una, snd_nxt, rcv_nxt;
};

/* The snapshot of one socket, socket lock held. */
void rubato_conn_describe(struct sock *sk, struct rubato_info *info);

/**
 * rubato_conn_list - snapshots of everything in a namespace: listeners, then connections
 * @pos: where to go on, zeroed to start
 * @visit: false stops; the next call visits the same one again
 *
 * Sockets that are only bound are listed as CLOSED nowhere: as ss does.
 * Return: true when complete.
 */
struct rubato_list_pos {
	struct rubato_walk walk;
	bool listeners_done;
};
bool rubato_conn_list(struct net *net, struct rubato_list_pos *pos,
		      bool (*visit)(const struct rubato_info *info, void *arg), void *arg);

int rubato_conn_init(void);
void rubato_conn_exit(void);

#endif

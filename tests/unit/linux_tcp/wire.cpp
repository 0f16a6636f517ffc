/* SPDX-License-Identifier: GPL-2.0-only */
#include "wire.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/core.h"

namespace linux_tcp
{

namespace
{

using Bytes = std::vector<uint8_t>;

constexpr size_t IP_SIZE = 20, TCP_SIZE = 20;
constexpr uint16_t MSS = 1000;

std::string why(const char *what)
{
	return std::string(what) + ": " + strerror(errno);
}

sockaddr address(uint32_t host)
{
	sockaddr_in in{};
	sockaddr any{};

	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(host);
	memcpy(&any, &in, sizeof(any));
	return any;
}

void put16(Bytes &bytes, size_t at, uint16_t value)
{
	bytes[at] = static_cast<uint8_t>(value >> 8);
	bytes[at + 1] = static_cast<uint8_t>(value);
}

void put32(Bytes &bytes, size_t at, uint32_t value)
{
	put16(bytes, at, static_cast<uint16_t>(value >> 16));
	put16(bytes, at + 2, static_cast<uint16_t>(value));
}

uint16_t get16(std::span<const uint8_t> bytes, size_t at)
{
	return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

uint32_t get32(std::span<const uint8_t> bytes, size_t at)
{
	return static_cast<uint32_t>(get16(bytes, at)) << 16 | get16(bytes, at + 2);
}

/* RFC 1071, over what @sum has seen already. */
uint16_t checksum(std::span<const uint8_t> bytes, uint32_t sum)
{
	for (size_t i = 0; i < bytes.size(); i++)
		sum += i % 2 ? bytes[i] : static_cast<uint32_t>(bytes[i]) << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return static_cast<uint16_t>(~sum);
}

Bytes options_of(const rub_seg &seg)
{
	rub_tx tx{};

	tx.mss = seg.flags & RUB_SYN ? MSS : 0;
	tx.opts = seg.opts;
	tx.tsval = seg.tsval;
	tx.tsecr = seg.tsecr;
	Bytes bytes(rub_options_len(&tx));

	rub_options_write(&tx, bytes.data());
	return bytes;
}

Bytes packet_of(Ports ports, const rub_seg &seg)
{
	const Bytes options = options_of(seg);
	const size_t header = TCP_SIZE + options.size(), size = IP_SIZE + header + seg.len;
	Bytes p(size);

	p[0] = 0x45;
	put16(p, 2, static_cast<uint16_t>(size));
	p[8] = 64;
	p[9] = IPPROTO_TCP;
	put32(p, 12, Wire::PEER);
	put32(p, 16, Wire::KERNEL);
	put16(p, 10, checksum(std::span(p).first(IP_SIZE), 0));
	put16(p, IP_SIZE, ports.peer);
	put16(p, IP_SIZE + 2, ports.kernel);
	put32(p, IP_SIZE + 4, seg.seq);
	put32(p, IP_SIZE + 8, seg.flags & RUB_ACK ? seg.ack : 0);
	p[IP_SIZE + 12] = static_cast<uint8_t>(header / 4 << 4);
	p[IP_SIZE + 13] = seg.flags;
	put16(p, IP_SIZE + 14, seg.wnd);
	std::copy(options.begin(), options.end(), p.begin() + IP_SIZE + TCP_SIZE);
	/* The pseudo-header: both addresses, the protocol, the length. */
	uint32_t sum = IPPROTO_TCP + static_cast<uint32_t>(size - IP_SIZE);

	for (size_t at = 12; at < IP_SIZE; at += 2)
		sum += get16(p, at);
	put16(p, IP_SIZE + 16, checksum(std::span(p).subspan(IP_SIZE), sum));
	return p;
}

/* False if it is none between these ports. */
bool parse(std::span<const uint8_t> p, Ports ports, rub_seg &seg)
{
	if (p.size() < IP_SIZE + TCP_SIZE || p[0] != 0x45 || p[9] != IPPROTO_TCP)
		return false;
	const std::span<const uint8_t> tcp = p.subspan(IP_SIZE);
	const size_t header = static_cast<size_t>(tcp[12] >> 4) * 4;

	if (get16(tcp, 0) != ports.kernel || get16(tcp, 2) != ports.peer || header > tcp.size())
		return false;
	seg.seq = get32(tcp, 4);
	seg.ack = get32(tcp, 8);
	seg.flags = tcp[13];
	seg.wnd = get16(tcp, 14);
	seg.len = static_cast<uint32_t>(tcp.size() - header);
	return rub_options_parse(tcp.data() + TCP_SIZE, static_cast<uint32_t>(header - TCP_SIZE),
				 &seg);
}

std::string bring_up(const char *name)
{
	const Fd control(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	ifreq request{};

	strcpy(request.ifr_name, name);
	request.ifr_addr = address(Wire::KERNEL);
	if (ioctl(control.get(), SIOCSIFADDR, &request))
		return why("the TUN device's address");
	request.ifr_netmask = address(0xffffff00);
	if (ioctl(control.get(), SIOCSIFNETMASK, &request))
		return why("the TUN device's mask");
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(control.get(), SIOCSIFFLAGS, &request) ? why("the TUN device") : "";
}

} // namespace

Wire::Wire() : why_not_(open()) {}

std::string Wire::open()
{
	ifreq request{};

	tun_ = Fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
	if (tun_.get() < 0)
		return why("/dev/net/tun");
	strcpy(request.ifr_name, "wire");
	request.ifr_flags = IFF_TUN | IFF_NO_PI;
	if (ioctl(tun_.get(), TUNSETIFF, &request))
		return why("TUNSETIFF");
	return bring_up("wire");
}

void Wire::send(Ports ports, const rub_seg &seg) const
{
	const Bytes packet = packet_of(ports, seg);

	if (write(tun_.get(), packet.data(), packet.size()) != static_cast<ssize_t>(packet.size()))
		throw std::system_error(errno, std::generic_category(), "TUN write");
}

rub_seg Wire::receive(Ports ports) const
{
	rub_seg seg{};

	if (!receive_before(ports, {}, seg))
		throw std::logic_error("port 0 sends");
	return seg;
}

bool Wire::receive_before(Ports ports, Ports others, rub_seg &seg) const
{
	using clock = std::chrono::steady_clock;
	const clock::time_point deadline = clock::now() + std::chrono::seconds(10);
	std::array<uint8_t, 2048> buffer;

	while (clock::now() < deadline) {
		const ssize_t n = read(tun_.get(), buffer.data(), buffer.size());

		if (n > 0) {
			const auto packet = std::span(buffer).first(static_cast<size_t>(n));
			rub_seg other{};

			if (parse(packet, ports, seg))
				return true;
			if (parse(packet, others, other))
				return false;
			continue;
		}
		pollfd wait{tun_.get(), POLLIN, 0};

		poll(&wait, 1, 100);
	}
	throw std::runtime_error("the kernel sends nothing from port " +
				 std::to_string(ports.kernel));
}

} // namespace linux_tcp

/* SPDX-License-Identifier: GPL-2.0-only */
#include "picture.h"

#include "network.h"

namespace sim
{
void Picture::sent(rub_ns, u8, const Packet &, u32, bool, bool, u32) {}
void Picture::acked(rub_ns, u8, const Packet &, u32, u32) {}
void Picture::state(rub_ns, u16, u8, u8) {}
void Picture::event(rub_ns, u8, const std::string &) {}
} // namespace sim

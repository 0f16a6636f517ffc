// SPDX-License-Identifier: GPL-2.0-only
// The same structs as JSON, with keys that do not change: durations as integers in keys that end
// in _ns, values also as the text that rubatoctl set takes.
#pragma once

#include <rubato/model.hpp>

#include <nlohmann/json_fwd.hpp>

namespace rubato
{

nlohmann::ordered_json to_json(const Info &info);
nlohmann::ordered_json to_json(const rubato_schedule &schedule);
nlohmann::ordered_json to_json(const ClockInfo &clock, const Setting &setting);
nlohmann::ordered_json to_json(const Policy &policy);
nlohmann::ordered_json to_json(const SocketEntry &socket);
nlohmann::ordered_json to_json(const SocketList &list);
nlohmann::ordered_json to_json(const Event &event);
nlohmann::ordered_json to_json(const Lost &lost);
nlohmann::ordered_json to_json(const Stats &stats);

} // namespace rubato

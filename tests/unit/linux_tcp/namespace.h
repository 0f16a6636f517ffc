/* SPDX-License-Identifier: GPL-2.0-only */
/* A network namespace of this process's own, so that nothing else holds a port in it. */
#ifndef RUBATO_TESTS_LINUX_TCP_NAMESPACE_H
#define RUBATO_TESTS_LINUX_TCP_NAMESPACE_H

#include <string>

#include <gtest/gtest.h>

namespace linux_tcp
{

/* Every test runs in it; where none is to be had, each is skipped and says so. */
class OwnNamespace : public testing::Test
{
protected:
	void SetUp() override;
};

/* Writes below /proc/sys/net/ipv4; throws if that is refused. */
void set_sysctl(const std::string &name, const std::string &value);

} // namespace linux_tcp

#endif
